#include "data/feature_counts.hpp"

#include <algorithm>
#include <bit>
#include <functional>
#include <iterator>
#include <utility>

namespace hogwild::data {

FeatureCounts& FeatureCounts::operator+=(FeatureCounts other) {
    if (size() == 0) return *this = std::move(other);
    if (other.size() == 0) return *this;
    if (column == other.column) {  // also where parts of one set hold the same features
        std::ranges::transform(count, other.count, count.begin(), std::plus<>());
        return *this;
    }
    FeatureCounts sum;
    for (std::size_t a = 0, b = 0; a < size() || b < other.size();) {
        const bool from_a = b == other.size() || (a < size() && column[a] <= other.column[b]);
        const bool from_b = a == size() || (b < other.size() && other.column[b] <= column[a]);
        sum.column.push_back(from_a ? column[a] : other.column[b]);
        sum.count.push_back((from_a ? count[a] : 0) + (from_b ? other.count[b] : 0));
        a += from_a ? 1 : 0;
        b += from_b ? 1 : 0;
    }
    return *this = std::move(sum);
}

FeatureCounter::FeatureCounter(std::int64_t features)
    : features_(static_cast<std::size_t>(features)) {
    constexpr std::size_t kSmallArray = std::size_t{1} << 20;  // elements
    constexpr std::size_t kFirstSlots = std::size_t{1} << 16;
    if (features_ <= kSmallArray) {
        counts_.resize(features_);
    } else {
        keys_.assign(kFirstSlots, kFree);
        counts_.resize(kFirstSlots);
    }
}

/// Where the column is, or a free slot for it.
std::size_t FeatureCounter::slot_of(std::uint32_t column) const noexcept {
    constexpr std::uint64_t kMultiplier = 0x9e3779b97f4a7c15U;  // 2^64 / golden ratio (Knuth)
    std::size_t slot = (column * kMultiplier) >> (64 - std::countr_zero(keys_.size()));
    while (keys_[slot] != kFree && keys_[slot] != column) slot = (slot + 1) & (keys_.size() - 1);
    return slot;
}

void FeatureCounter::add_to_table(std::uint32_t column) {
    const std::size_t slot = slot_of(column);
    ++counts_[slot];
    if (keys_[slot] == column) return;
    keys_[slot] = column;
    if (4 * ++used_ > 3 * keys_.size()) grow();
}

/// Doubles the table, or makes an array of it where that is not larger.
void FeatureCounter::grow() {
    const std::vector<std::uint32_t> keys = std::exchange(keys_, {});
    const std::vector<std::int64_t> counts = std::exchange(counts_, {});
    const bool by_column = features_ * sizeof(std::int64_t) <= 2 * keys.size() * kSlot;
    if (!by_column) keys_.assign(2 * keys.size(), kFree);
    counts_.resize(by_column ? features_ : keys_.size());
    for (std::size_t old = 0; old < keys.size(); ++old) {
        if (keys[old] == kFree) continue;
        const std::size_t place = by_column ? keys[old] : slot_of(keys[old]);
        if (!by_column) keys_[place] = keys[old];
        counts_[place] = counts[old];
    }
}

FeatureCounts FeatureCounter::counts() const {
    FeatureCounts all;
    if (keys_.empty()) {
        for (std::size_t u = 0; u < counts_.size(); ++u) {
            if (counts_[u] == 0) continue;
            all.column.push_back(static_cast<std::uint32_t>(u));
            all.count.push_back(counts_[u]);
        }
        return all;
    }
    std::ranges::copy_if(keys_, std::back_inserter(all.column),
                         [](std::uint32_t key) { return key != kFree; });
    std::ranges::sort(all.column);
    all.count.reserve(all.size());
    for (const std::uint32_t u : all.column) all.count.push_back(counts_[slot_of(u)]);
    return all;
}

}  // namespace hogwild::data
