#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "data/random.hpp"

namespace hogwild::train {

/// How many documents that are neighbours in memory an epoch keeps together, so that the processor
/// fetches them before they are needed: 64, 128 or 256, where that leaves at least 2,048 blocks to
/// shuffle, else 1. Smaller sets fit into the caches, and their objective would suffer: by half a
/// per cent with 312 blocks (20,000 documents).
/// @param rows      of the ranks that share weights, >= 0; held-out rows do not count.
/// @param shuffled  the rows are in random order; neighbours in other files may be alike.
constexpr std::int64_t block_for(std::int64_t rows, bool shuffled) noexcept {
    constexpr std::int64_t kBlocks = 2048;
    std::int64_t block = 256;
    while (block >= 64 && rows < kBlocks * block) block /= 2;
    return shuffled && block >= 64 ? block : 1;
}

/// Shuffles single elements.
inline void shuffle(std::vector<std::uint32_t>& order, const data::CounterRandom& random) {
    for (std::size_t k = order.size(); k > 1; --k) {
        std::swap(order[k - 1], order[static_cast<std::size_t>(random.below(k, k))]);
    }
}

/// Shuffles blocks of consecutive elements, whose order is kept. The first block is shorter by a
/// random number of elements: each shuffle has other blocks.
/// @param block  elements, >= 1; 1: shuffles single elements.
inline void shuffle_blocks(std::vector<std::uint32_t>& order, std::int64_t block,
                           const data::CounterRandom& random) {
    if (block == 1) {
        shuffle(order, random);
        return;
    }
    const auto size = static_cast<std::size_t>(block);
    const std::size_t missing = static_cast<std::size_t>(random.below(0, size));
    std::vector<std::uint32_t> blocks((order.size() + missing + size - 1) / size);
    std::iota(blocks.begin(), blocks.end(), 0U);
    shuffle(blocks, random);
    std::vector<std::uint32_t> shuffled;
    shuffled.reserve(order.size());
    const auto element = [&](std::size_t position) {
        const std::size_t k = std::clamp(position, missing, order.size() + missing) - missing;
        return order.begin() + static_cast<std::ptrdiff_t>(k);
    };
    for (const std::size_t b : blocks) {
        shuffled.insert(shuffled.end(), element(b * size), element((b + 1) * size));
    }
    order = std::move(shuffled);
}

}  // namespace hogwild::train
