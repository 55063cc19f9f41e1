#pragma once
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace hogwild::data {

/// Of each document the outputs whose label is +1; all others are -1, or nothing is known. For
/// documents with several topics, and for one of many classes.
class LabelSets {
public:
    static constexpr std::size_t kMostOutputs = 65'536;

    /// @param outputs  that exist, at most kMostOutputs.
    explicit LabelSets(std::size_t outputs = 0) : positives_(outputs) {}

    std::size_t outputs() const noexcept { return positives_.size(); }
    /// Documents.
    std::int64_t size() const noexcept { return static_cast<std::int64_t>(offsets_.size()) - 1; }
    std::span<const std::uint16_t> of(std::int64_t document) const noexcept {
        assert(document >= 0 && document < size());
        const auto i = static_cast<std::size_t>(document);
        return {members_.data() + offsets_[i], offsets_[i + 1] - offsets_[i]};
    }
    /// Whether the document has labels that can be compared with; else of() is empty.
    bool is_known(std::int64_t document) const noexcept {
        const auto i = static_cast<std::size_t>(document);
        return i >= unknown_.size() || !unknown_[i];
    }
    /// Number of documents labelled +1, by output.
    std::span<const std::int64_t> positives() const noexcept { return positives_; }

    /// Appends a document. @param labels  each below outputs(), none twice.
    void append(std::span<const std::uint16_t> labels) {
        for (const std::uint16_t output : labels) ++positives_[output];
        members_.insert(members_.end(), labels.begin(), labels.end());
        offsets_.push_back(members_.size());
    }
    /// Appends a document of which no label is known.
    void append_unknown() {
        unknown_.resize(static_cast<std::size_t>(size()));
        unknown_.push_back(true);
        append({});
    }

    /// The same documents with other outputs.
    /// @param number   of each output among the new ones; -1: it is left out.
    /// @param outputs  that there are then.
    LabelSets renumbered(std::span<const std::int32_t> number, std::size_t outputs) const {
        LabelSets out(outputs);
        std::vector<std::uint16_t> kept;
        for (std::int64_t i = 0; i < size(); ++i) {
            kept.clear();
            for (const std::uint16_t output : of(i)) {
                if (number[output] >= 0) kept.push_back(static_cast<std::uint16_t>(number[output]));
            }
            out.append(kept);
        }
        out.unknown_ = unknown_;
        return out;
    }

    /// The same documents where each output has become several, which follow each other.
    LabelSets repeated(std::size_t times) const {
        LabelSets out(times * outputs());
        std::vector<std::uint16_t> own;
        for (std::int64_t i = 0; i < size(); ++i) {
            own.clear();
            for (const std::uint16_t output : of(i)) {
                for (std::size_t k = 0; k < times; ++k) {
                    own.push_back(static_cast<std::uint16_t>(output * times + k));
                }
            }
            out.append(own);
        }
        out.unknown_ = unknown_;
        return out;
    }

private:
    std::vector<std::int64_t> positives_;
    std::vector<std::size_t> offsets_{0};
    std::vector<std::uint16_t> members_;
    std::vector<bool> unknown_;  ///< of the first documents; of those behind them labels are known
};

}  // namespace hogwild::data
