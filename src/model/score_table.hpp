#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "data/label_sets.hpp"
#include "model/ranking.hpp"

namespace hogwild::model {

/// The scores of documents for all outputs, with what they should be: 4 bytes a score. For what
/// needs all documents of an output at once.
class ScoreTable {
public:
    /// @param outputs  as LabelSets takes them.
    explicit ScoreTable(std::size_t outputs) : labels_(outputs) {}

    std::size_t outputs() const noexcept { return labels_.outputs(); }
    std::int64_t documents() const noexcept { return labels_.size(); }
    const data::LabelSets& labels() const noexcept { return labels_; }
    /// The scores of a document, outputs() of them.
    std::span<const float> scores(std::int64_t document) const noexcept {
        return std::span(scores_).subspan(static_cast<std::size_t>(document) * outputs(),
                                          outputs());
    }

    /// Appends a document. @param scores  outputs() of them. @param labels  as LabelSets::append().
    void append(std::span<const float> scores, std::span<const std::uint16_t> labels, float weight);
    /// The same of a document without known labels, which copy_output() leaves out.
    void append_unknown(std::span<const float> scores);
    /// Appends all documents of one output, in their order.
    void copy_output(std::size_t output, std::vector<LabelledScore>& to) const;

private:
    std::vector<float> scores_;  ///< row by row
    std::vector<float> weight_;  ///< of the documents
    data::LabelSets labels_;
};

}  // namespace hogwild::model
