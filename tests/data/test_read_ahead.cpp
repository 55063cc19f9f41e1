#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "data/read_ahead.hpp"

namespace hogwild::data {
namespace {

using Block = std::vector<int>;

/// Blocks {k, k, …}, `count` of them.
ReadAhead<Block>::Produce blocks(int count) {
    return [k = 0, count](Block& block) mutable {
        block.assign(1000, k);
        return k++ < count;
    };
}

/// The first elements of all blocks that come.
std::vector<int> take_all(ReadAhead<Block>& ahead) {
    std::vector<int> firsts;
    Block block;
    while (ahead.next(block)) {
        EXPECT_EQ(block, Block(1000, block.front()));
        firsts.push_back(block.front());
    }
    return firsts;
}

std::vector<int> up_to(int count) {
    std::vector<int> numbers(static_cast<std::size_t>(count));
    std::iota(numbers.begin(), numbers.end(), 0);
    return numbers;
}

TEST(ReadAheadTest, GivesEverythingInOrder) {
    for (const int count : {0, 1, 2, 3, 500}) {
        ReadAhead<Block> ahead(blocks(count));
        EXPECT_EQ(take_all(ahead), up_to(count));
        Block block;
        EXPECT_FALSE(ahead.next(block)) << "the end stays the end";
    }
}

TEST(ReadAheadTest, AnErrorComesAfterTheItemsBeforeIt) {
    ReadAhead<Block> ahead([k = 0](Block& block) mutable {
        if (k == 10) throw std::runtime_error("damaged");
        block.assign(1000, k++);
        return true;
    });
    Block block;
    for (int k = 0; k < 10; ++k) {
        ASSERT_TRUE(ahead.next(block));
        EXPECT_EQ(block.front(), k);
    }
    EXPECT_THROW(ahead.next(block), std::runtime_error);
    EXPECT_FALSE(ahead.next(block)) << "once";
}

TEST(ReadAheadTest, MayBeLeftBeforeTheEnd) {
    for (int taken = 0; taken < 5; ++taken) {
        ReadAhead<Block> ahead(blocks(1'000'000));
        Block block;
        for (int k = 0; k < taken; ++k) EXPECT_TRUE(ahead.next(block));
    }
}

TEST(ReadAheadTest, IsNeverFarAhead) {
    std::atomic<int> made = 0;
    ReadAhead<Block> ahead([&](Block&) { return ++made <= 100; });
    Block block;
    for (int taken = 1; ahead.next(block); ++taken) EXPECT_LE(made, taken + 3);
}

TEST(ReadAheadTest, UsesMemoryAgain) {
    std::atomic<int> fresh = 0;
    ReadAhead<Block> ahead([&, k = 0](Block& block) mutable {
        if (block.capacity() == 0) ++fresh;
        block.assign(1000, k);
        return k++ < 200;
    });
    EXPECT_EQ(take_all(ahead), up_to(200));
    EXPECT_LE(fresh, 4);
}

}  // namespace
}  // namespace hogwild::data
