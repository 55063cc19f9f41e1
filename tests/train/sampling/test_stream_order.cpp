#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <vector>

#include "train/sampling/stream_order.hpp"

namespace hogwild::train {
namespace {

std::vector<std::int64_t> blocks_of_epoch(const StreamOrder& order, std::int64_t epoch) {
    std::vector<std::int64_t> all;
    for (std::int64_t window = 0; window < order.windows(); ++window) {
        const std::vector<std::int64_t> some = order.blocks_of(epoch, window);
        all.insert(all.end(), some.begin(), some.end());
    }
    return all;
}

TEST(StreamOrder, EachEpochVisitsEveryBlockOnceInANewOrder) {
    const StreamOrder order({.documents = 1003, .block = 10, .window = 8});
    ASSERT_EQ(order.blocks(), 101);
    ASSERT_EQ(order.windows(), 13);
    std::set<std::vector<std::int64_t>> orders;
    for (std::int64_t epoch = 0; epoch < 5; ++epoch) {
        std::vector<std::int64_t> blocks = blocks_of_epoch(order, epoch);
        orders.insert(blocks);
        EXPECT_EQ(blocks.back(), 100) << "the short one comes last";
        std::ranges::sort(blocks);
        std::vector<std::int64_t> all(101);
        std::iota(all.begin(), all.end(), 0);
        EXPECT_EQ(blocks, all);
    }
    EXPECT_EQ(orders.size(), 5U);
    EXPECT_EQ(order.documents_of(100).begin, 1000);
    EXPECT_EQ(order.documents_of(100).size(), 3);
}

TEST(StreamOrder, SeedAndRankChangeTheOrderAndNothingElseDoes) {
    const StreamOrder::Plan plan{.documents = 5000, .block = 10, .window = 16, .seed = 3};
    const auto order = blocks_of_epoch(StreamOrder(plan), 2);
    EXPECT_EQ(order, blocks_of_epoch(StreamOrder(plan), 2));
    StreamOrder::Plan other = plan;
    other.seed = 4;
    EXPECT_NE(order, blocks_of_epoch(StreamOrder(other), 2));
    other = plan;
    other.rank = 1;
    EXPECT_NE(order, blocks_of_epoch(StreamOrder(other), 2));
    EXPECT_NE(StreamOrder(plan).random_of(0, 1).bits(0), StreamOrder(plan).random_of(1, 0).bits(0));
}

TEST(StreamOrder, FewDocumentsAreOneBlockAndNoneAreNone) {
    const StreamOrder few({.documents = 7, .block = 10, .window = 8});
    EXPECT_EQ(blocks_of_epoch(few, 0), std::vector<std::int64_t>{0});
    const StreamOrder none({.documents = 0, .block = 10, .window = 8});
    EXPECT_EQ(none.windows(), 0);
}

}  // namespace
}  // namespace hogwild::train
