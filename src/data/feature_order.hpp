#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "data/numbering.hpp"

namespace hogwild::data {

/// A renumbering of the features that puts the most frequent ones first, by falling frequency, and
/// leaves the others in their order.
///
/// The first ones are contiguous, as the private copy of their weights needs. The others keep their
/// order: packed by frequency, weights that different ranks write at the same time would share a
/// cache line. The bias, which follows the features, keeps its position.
class FeatureOrder {
public:
    /// Renumbers nothing.
    FeatureOrder() = default;
    /// @param counts    documents per feature.
    /// @param n_first   how many features to put first; features with count 0 stay.
    FeatureOrder(std::span<const std::int64_t> counts, std::size_t n_first);

    /// Number of features at the front.
    std::size_t first() const noexcept { return n_first_; }
    std::uint32_t operator()(std::uint32_t feature) const noexcept {
        return feature < new_of_.size() ? new_of_[feature] : feature;
    }

    /// Values by feature, renumbered.
    template <class T>
    std::vector<T> apply(std::span<const T> by_old) const {
        std::vector<T> by_new(by_old.begin(), by_old.end());
        for (std::size_t u = 0; u < new_of_.size() && u < by_old.size(); ++u) {
            by_new[new_of_[u]] = by_old[u];
        }
        return by_new;
    }
    /// The inverse of apply. @param by_new  at least as long as `counts` was.
    template <class T>
    std::vector<T> undo(std::span<const T> by_new) const {
        std::vector<T> by_old(by_new.begin(), by_new.end());
        for (std::size_t u = 0; u < new_of_.size(); ++u) by_old[u] = by_new[new_of_[u]];
        return by_old;
    }

    /// Appends the documents [first, end) of `others`, renumbered: in each the front features come
    /// first, both groups in the document's order.
    void append(NumberedRows<Numbering::training>& rows,
                const NumberedRows<Numbering::file>& others, std::int64_t first, std::int64_t end);

private:
    void append_row(Rows& rows, SparseRow x, int y);

    std::size_t n_first_ = 0;
    std::vector<std::uint32_t> new_of_;  ///< by old number; empty: unchanged
    std::vector<std::uint32_t> index_;
    std::vector<float> value_;
};

}  // namespace hogwild::data
