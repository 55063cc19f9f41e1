#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "data/label_sets.hpp"
#include "model/evaluation.hpp"
#include "model/matrix_model.hpp"

namespace hogwild::model {

/// Sums over documents of how well the scores of one document order its labels. Documents count by
/// their weights; without labels, or with all, a document has no order.
struct LabelOrder {
    double labelled = 0.0;  ///< documents with a label
    double exact = 0.0;     ///< of all documents: predicted are exactly the labels
    /// Outputs down the ranking until all labels are covered (scikit-learn's coverage_error).
    double coverage = 0.0;
    double ordered = 0.0;  ///< documents with a label and an output that is none
    /// Share of their pairs that are not in order (scikit-learn's label_ranking_loss).
    double ranking_loss = 0.0;
    double best_is_label = 0.0;  ///< documents whose highest score is that of a label
    double single = 0.0;         ///< documents with exactly one label
    double best_of_single = 0.0;

    static constexpr std::size_t kNumbers = 8;
};

/// Sums over evaluated documents: of one block, of one rank, or of all ranks. They can be added.
class MatrixTally {
public:
    explicit MatrixTally(std::size_t outputs = 0) : outputs_(outputs) {}

    std::vector<Tally>& outputs() noexcept { return outputs_; }
    std::span<const Tally> outputs() const noexcept { return outputs_; }
    LabelOrder& order() noexcept { return order_; }
    const LabelOrder& order() const noexcept { return order_; }

    /// The sums as numbers, for sending.
    std::vector<double> pack() const;
    static MatrixTally unpack(std::span<const double> numbers);

private:
    std::vector<Tally> outputs_;
    LabelOrder order_;
};

/// The scores of some documents, with what they should be.
struct ScoreTable {
    std::vector<float> scores;   ///< documents x outputs
    data::LabelSets labels;      ///< of the documents
    std::vector<float> weights;  ///< of the documents
};

/// Adds the documents of `rows` to a tally, as evaluate() does for one output.
/// @param labels  of row i those of document `first` + i.
/// @param table   takes the documents' scores, if it is given; made for as many outputs.
template <data::Numbering kNumbering>
void evaluate(const MatrixModel<kNumbering>& model, const data::NumberedRows<kNumbering>& rows,
              const data::LabelSets& labels, std::int64_t first, MatrixTally& tally,
              ScoreTable* table = nullptr);

}  // namespace hogwild::model
