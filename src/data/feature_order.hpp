#pragma once
#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "data/feature_set.hpp"
#include "data/numbering.hpp"

namespace hogwild::data {

/// The numbering of the features in training. Only the features of a list, those that occur, have
/// a number: time and memory grow with them, and not with the largest column. The most frequent
/// ones come first, by falling frequency; the others keep their order.
///
/// The first ones are contiguous, as the private copy of their weights needs. The others keep their
/// order: packed by frequency, weights that different ranks write at the same time would share a
/// cache line. The bias follows the features.
class FeatureOrder {
public:
    /// Without features.
    FeatureOrder() = default;
    /// @param columns  the features that have numbers.
    /// @param counts   documents of each, in the order of the columns; may be empty if none is to
    ///                 come first.
    /// @param n_first  how many features to put first; features with count 0 stay.
    FeatureOrder(FeatureSet columns, std::span<const std::int64_t> counts, std::size_t n_first);

    const FeatureSet& columns() const noexcept { return columns_; }
    /// Number of features at the front.
    std::size_t first() const noexcept { return front_.size(); }
    /// The number of the feature at this place in the list; of the bias, which follows the list,
    /// the same as its place.
    std::uint32_t operator()(std::uint32_t place) const noexcept {
        if (front_.empty()) return place;
        const FeatureSet::Place among = front_places_.find(place);
        if (among.member) return front_[among.smaller];
        return static_cast<std::uint32_t>(front_.size()) + place - among.smaller;
    }

    /// Values in the order of the list, renumbered in place. What follows the features stays.
    /// @param per_feature  values of one feature, which are contiguous.
    template <class T>
    std::vector<T> apply(std::vector<T> values, std::size_t per_feature = 1) const {
        assert(values.size() >= columns_.size() * per_feature || front_.empty());
        std::vector<T> front(front_.size() * per_feature);
        const std::span<const T> listed(values);
        // a number of a feature behind the front is at least its place: from the last one on,
        // nothing is overwritten before it was moved
        for (std::size_t place = front_.empty() ? 0 : columns_.size(); place-- > 0;) {
            const std::size_t number = (*this)(static_cast<std::uint32_t>(place));
            auto& to = number < front_.size() ? front : values;
            move_feature(listed.subspan(place * per_feature, per_feature), to, number);
        }
        std::ranges::copy(front, values.begin());
        return values;
    }
    /// The inverse of apply.
    template <class T>
    std::vector<T> undo(std::vector<T> values, std::size_t per_feature = 1) const {
        const auto front_size = static_cast<std::ptrdiff_t>(front_.size() * per_feature);
        const std::vector<T> front(values.begin(), values.begin() + front_size);
        for (std::size_t place = 0; place < (front_.empty() ? 0 : columns_.size()); ++place) {
            const std::size_t number = (*this)(static_cast<std::uint32_t>(place));
            const std::span<const T> from(number < front_.size() ? front : values);
            move_feature(from.subspan(number * per_feature, per_feature), values, place);
        }
        return values;
    }

    /// Appends the documents [first, end) of `others`, renumbered: in each the front features come
    /// first, both groups in the document's order.
    /// @throws Error: bad_data for a feature that has no number.
    void append(NumberedRows<Numbering::training>& rows,
                const NumberedRows<Numbering::file>& others, std::int64_t first, std::int64_t end);

private:
    template <class T>
    static void move_feature(std::span<const T> from, std::vector<T>& to, std::size_t feature) {
        if (from.size() == 1) {
            to[feature] = from.front();
        } else {
            std::copy(from.begin(), from.end(),
                      to.begin() + static_cast<std::ptrdiff_t>(feature * from.size()));
        }
    }
    void make_table();
    bool number(std::span<std::uint32_t> columns) const;
    void append_row(Rows& rows, SparseRow x, int y, float weight);

    FeatureSet columns_;
    FeatureSet front_places_;           ///< of the features at the front, in the list
    std::vector<std::uint32_t> front_;  ///< their numbers
    /// By column, where these are few, the feature's number; one more for those beyond. Only that
    /// one: the table would be too large. Empty: not made yet.
    std::vector<std::uint32_t> table_;
    std::vector<std::uint32_t> number_;
    std::vector<std::uint32_t> index_;
    std::vector<float> value_;
};

}  // namespace hogwild::data
