#include "data/feature_set.hpp"

#include <cassert>
#include <utility>

namespace hogwild::data {

FeatureSet::FeatureSet(std::vector<std::uint32_t> members) : size_(members.size()) {
    if (members.empty()) return;
    assert(std::ranges::is_sorted(members) && members.back() != kAbsent);
    const std::size_t words = (members.back() >> 6) + std::size_t{1};
    if (words * sizeof(Word) > members.size() * sizeof members[0]) {
        members_ = std::move(members);
        members_.shrink_to_fit();
        make_directory();
        return;
    }
    words_.resize(words);
    for (const std::uint32_t column : members) {
        words_[column >> 6].bits |= std::uint64_t{1} << (column & 63);
    }
    count_words();
}

FeatureSet FeatureSet::of(std::span<const std::uint32_t> columns) {
    std::vector<std::uint64_t> bits;
    for (const std::uint32_t column : columns) {
        const std::size_t at = column >> 6;
        if (at >= bits.size()) bits.resize(std::max(at + 1, 2 * bits.size()));
        bits[at] |= std::uint64_t{1} << (column & 63);
    }
    std::vector<std::uint32_t> members;
    for (std::size_t at = 0; at < bits.size(); ++at) {
        for (std::uint64_t left = bits[at]; left != 0; left &= left - 1) {
            members.push_back(static_cast<std::uint32_t>(
                at * 64 + static_cast<std::size_t>(std::countr_zero(left))));
        }
    }
    return FeatureSet(std::move(members));
}

std::size_t FeatureSet::number(std::span<std::uint32_t> columns) const {
    const auto none = static_cast<std::uint32_t>(size_);
    std::size_t absent = 0;
    const std::size_t range = words_.size() * 64;
    if (range == 0 || range > columns.size()) {
        for (std::uint32_t& column : columns) {
            const Place place = find(column);
            absent += place.member ? 0 : 1;
            column = place.member ? place.smaller : none;
        }
        return absent;
    }
    // a table costs less than what it saves: each find() counts bits
    std::vector<std::uint32_t> table(range, none);
    std::uint32_t next = 0;
    for_each([&](std::uint32_t member) { table[member] = next++; });
    for (std::uint32_t& column : columns) {
        column = column < range ? table[column] : none;
        absent += column == none ? 1 : 0;
    }
    return absent;
}

void FeatureSet::count_words() {
    std::uint32_t before = 0;
    for (Word& word : words_) {
        word.before = before;
        before += ones(word.bits);
    }
}

/// About eight members for every entry.
void FeatureSet::make_directory() {
    constexpr std::size_t kPerBucket = 8;
    const std::size_t largest = members_.back();
    while ((largest >> shift_) > size_ / kPerBucket) ++shift_;
    starts_.resize((largest >> shift_) + 2);
    std::size_t bucket = 0;
    for (std::size_t k = 0; k < size_; ++k) {
        for (; bucket <= std::size_t{members_[k]} >> shift_; ++bucket) {
            starts_[bucket] = static_cast<std::uint32_t>(k);
        }
    }
    starts_.back() = static_cast<std::uint32_t>(size_);
}

}  // namespace hogwild::data
