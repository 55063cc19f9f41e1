#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <vector>

#include "train/sampling/block_shuffle.hpp"

namespace hogwild::train {
namespace {

std::vector<std::uint32_t> ascending(std::size_t n) {
    std::vector<std::uint32_t> order(n);
    std::iota(order.begin(), order.end(), 0U);
    return order;
}

std::vector<std::uint32_t> shuffled(std::size_t n, std::int64_t block, std::uint64_t seed) {
    std::vector<std::uint32_t> order = ascending(n);
    shuffle_blocks(order, block, data::CounterRandom(seed, 1));
    return order;
}

/// Elements that do not follow their predecessor.
std::vector<std::uint32_t> block_starts(const std::vector<std::uint32_t>& order) {
    std::vector<std::uint32_t> starts;
    for (std::size_t k = 0; k < order.size(); ++k) {
        if (k == 0 || order[k] != order[k - 1] + 1) starts.push_back(order[k]);
    }
    return starts;
}

TEST(BlockShuffle, KeepsEveryElementWhateverTheSizes) {
    for (const std::size_t n : {0U, 1U, 7U, 63U, 64U, 65U, 1000U}) {
        for (const std::int64_t block : {1, 2, 64, 1000, 5000}) {
            for (std::uint64_t seed = 0; seed < 20; ++seed) {
                std::vector<std::uint32_t> order = shuffled(n, block, seed);
                std::ranges::sort(order);
                EXPECT_EQ(order, ascending(n)) << n << " elements, blocks of " << block;
            }
        }
    }
}

TEST(BlockShuffle, NeighboursStayTogetherAndTheBlocksDoNot) {
    const std::vector<std::uint32_t> order = shuffled(6400, 64, 3);
    const std::vector<std::uint32_t> starts = block_starts(order);
    EXPECT_GE(starts.size(), 90U);  // of 100 or 101: a block may follow its neighbour by chance
    EXPECT_LE(starts.size(), 101U);
    EXPECT_FALSE(std::ranges::is_sorted(starts));
}

/// The same documents would meet in every epoch otherwise.
TEST(BlockShuffle, EachShuffleHasOtherBlocks) {
    std::set<std::uint32_t> edges;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        for (const std::uint32_t start : block_starts(shuffled(6400, 64, seed))) {
            edges.insert(start % 64);
        }
    }
    EXPECT_GT(edges.size(), 50U);
}

/// 64 blocks of 8 elements, or 65 with a shorter first and last one.
TEST(BlockShuffle, EveryBlockMayComeFirst) {
    std::vector<int> first(65);
    for (std::uint64_t seed = 0; seed < 20'000; ++seed) {
        ++first[(shuffled(512, 8, seed).front() + 7) / 8];
    }
    // 308 expected, 269 of the last one, standard deviation 18
    EXPECT_GT(*std::ranges::min_element(first), 269 - 90);
    EXPECT_LT(*std::ranges::max_element(first), 308 + 90);
}

TEST(BlockShuffle, BlocksAreForManyRowsInRandomOrder) {
    EXPECT_EQ(block_for(131'072, true), 64);
    EXPECT_EQ(block_for(262'143, true), 64);
    EXPECT_EQ(block_for(262'144, true), 128);
    EXPECT_EQ(block_for(1'000'000'000, true), 256);
    EXPECT_EQ(block_for(131'071, true), 1);
    EXPECT_EQ(block_for(131'072, false), 1);
    EXPECT_EQ(block_for(0, true), 1);
}

}  // namespace
}  // namespace hogwild::train
