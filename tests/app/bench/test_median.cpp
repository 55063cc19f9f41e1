#include <gtest/gtest.h>

#include <cmath>

#include "app/bench/median.hpp"

namespace hogwild::app {
namespace {

TEST(MedianTest, IsTheMiddleOrTheMeanOfTwo) {
    EXPECT_EQ(median({3.0}), 3.0);
    EXPECT_EQ(median({9.0, 1.0, 2.0}), 2.0);
    EXPECT_EQ(median({4.0, 1.0}), 2.5);
    EXPECT_EQ(median({8.0, 1.0, 100.0, 2.0, 6.0, 0.0}), 4.0);
    EXPECT_TRUE(std::isnan(median({})));
}

}  // namespace
}  // namespace hogwild::app
