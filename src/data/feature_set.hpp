#pragma once
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace hogwild::data {

/// A set of feature columns that knows how many of its members are smaller than a given one.
///
/// It takes at most about 4.5 bytes per member, whatever the largest column: a bitmap with counts
/// (a quarter of a byte per column) where the members are dense, else the sorted members with a
/// directory by their leading bits, so that a look-up compares with a handful of neighbours.
class FeatureSet {
public:
    static constexpr std::uint32_t kAbsent = ~std::uint32_t{0};

    FeatureSet() = default;
    /// @param members  ascending, each once, below 2^32 - 1.
    explicit FeatureSet(std::vector<std::uint32_t> members);
    /// The columns that occur in `columns`, in any order and any number of times. Needs an eighth
    /// of a byte for every column up to the largest: for columns of a compact numbering.
    static FeatureSet of(std::span<const std::uint32_t> columns);

    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }
    /// Bytes of memory.
    std::size_t bytes() const noexcept {
        return words_.size() * sizeof(Word) + members_.size() * sizeof(std::uint32_t) +
               starts_.size() * sizeof(std::uint32_t);
    }

    /// Where a column is, or would be, among the members.
    struct Place {
        std::uint32_t smaller = 0;  ///< members that are smaller
        bool member = false;
    };
    Place find(std::uint32_t column) const noexcept {
        if (!words_.empty()) {
            const std::size_t at = column >> 6;
            if (at >= words_.size()) return {static_cast<std::uint32_t>(size_), false};
            const Word& word = words_[at];
            const std::uint64_t bit = std::uint64_t{1} << (column & 63);
            return {word.before + ones(word.bits & (bit - 1)), (word.bits & bit) != 0};
        }
        const std::size_t bucket = std::size_t{column} >> shift_;
        if (bucket + 1 >= starts_.size()) return {static_cast<std::uint32_t>(size_), false};
        const auto first = members_.begin() + starts_[bucket];
        const auto last = members_.begin() + starts_[bucket + 1];
        const auto found = std::lower_bound(first, last, column);
        return {static_cast<std::uint32_t>(found - members_.begin()),
                found != last && *found == column};
    }
    /// How many members are smaller than `column`, or kAbsent if it is no member.
    std::uint32_t position(std::uint32_t column) const noexcept {
        const Place place = find(column);
        return place.member ? place.smaller : kAbsent;
    }
    /// Replaces every column by its position; columns that are no members, by size().
    /// @return how many are no members.
    /// Of many columns, faster than find() for each.
    std::size_t number(std::span<std::uint32_t> columns) const;
    /// The members, ascending.
    std::vector<std::uint32_t> members() const {
        std::vector<std::uint32_t> all;
        all.reserve(size_);
        for_each([&](std::uint32_t column) { all.push_back(column); });
        return all;
    }

    /// Calls `visit(column)` for every member in ascending order.
    template <class Visit>
    void for_each(Visit&& visit) const {
        for (const std::uint32_t column : members_) visit(column);
        for (std::size_t at = 0; at < words_.size(); ++at) {
            for (std::uint64_t bits = words_[at].bits; bits != 0; bits &= bits - 1) {
                visit(static_cast<std::uint32_t>(at * 64) +
                      static_cast<std::uint32_t>(std::countr_zero(bits)));
            }
        }
    }

private:
    struct Word {
        std::uint64_t bits = 0;
        std::uint32_t before = 0;  ///< members in the words before this one
    };
    /// How many bits are 1. Without -mpopcnt, as in our builds, std::popcount is a library call.
    static std::uint32_t ones(std::uint64_t bits) noexcept {
        bits -= (bits >> 1) & 0x5555555555555555U;
        bits = (bits & 0x3333333333333333U) + ((bits >> 2) & 0x3333333333333333U);
        bits = (bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0fU;
        return static_cast<std::uint32_t>((bits * 0x0101010101010101U) >> 56);
    }
    void count_words();
    void make_directory();

    std::size_t size_ = 0;
    std::vector<Word> words_;  ///< or:
    std::vector<std::uint32_t> members_;
    std::vector<std::uint32_t> starts_;  ///< by leading bits: the first member that has them
    int shift_ = 0;                      ///< a column's leading bits are those from here on
};

}  // namespace hogwild::data
