#pragma once
#include <algorithm>
#include <cstddef>
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
    /// @param by_old       may be shorter or longer than there are features.
    /// @param per_feature  values of one feature, which are contiguous.
    template <class T>
    std::vector<T> apply(std::span<const T> by_old, std::size_t per_feature = 1) const {
        std::vector<T> by_new(by_old.begin(), by_old.end());
        const std::size_t n = std::min(new_of_.size(), by_old.size() / per_feature);
        for (std::size_t u = 0; u < n; ++u) {
            std::ranges::copy(
                by_old.subspan(u * per_feature, per_feature),
                by_new.begin() + static_cast<std::ptrdiff_t>(new_of_[u] * per_feature));
        }
        return by_new;
    }
    /// The inverse of apply. @param by_new  at least as long as `counts` was, times `per_feature`.
    template <class T>
    std::vector<T> undo(std::span<const T> by_new, std::size_t per_feature = 1) const {
        std::vector<T> by_old(by_new.begin(), by_new.end());
        for (std::size_t u = 0; u < new_of_.size(); ++u) {
            std::ranges::copy(by_new.subspan(new_of_[u] * per_feature, per_feature),
                              by_old.begin() + static_cast<std::ptrdiff_t>(u * per_feature));
        }
        return by_old;
    }

    /// Appends the documents [first, end) of `others`, renumbered: in each the front features come
    /// first, both groups in the document's order.
    void append(NumberedRows<Numbering::training>& rows,
                const NumberedRows<Numbering::file>& others, std::int64_t first, std::int64_t end);

private:
    void append_row(Rows& rows, SparseRow x, int y, float weight);

    std::size_t n_first_ = 0;
    std::vector<std::uint32_t> new_of_;  ///< by old number; empty: unchanged
    std::vector<std::uint32_t> index_;
    std::vector<float> value_;
};

}  // namespace hogwild::data
