#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "model/weight_shape.hpp"

namespace hogwild::model {
namespace {

TEST(WeightShape, OneOutputIsAVectorWithTheBiasLast) {
    constexpr WeightShape shape{5};
    EXPECT_EQ(shape.inputs(), 6U);
    EXPECT_EQ(shape.size(), 6U);
    EXPECT_EQ(shape.bias(), 5U);
}

TEST(WeightShape, OutputsOfOneInputAreContiguous) {
    constexpr WeightShape shape{5, 3};
    EXPECT_EQ(shape.inputs(), 6U);
    EXPECT_EQ(shape.size(), 18U);
    EXPECT_EQ(shape.bias(0), 15U);
    EXPECT_EQ(shape.bias(2), 17U);
}

TEST(WeightShape, LeavesOutTheBiasOfEveryOutput) {
    for (const WeightShape shape : {WeightShape{4}, WeightShape{4, 3}, WeightShape{0, 2}}) {
        std::vector<std::size_t> w(shape.size());
        std::iota(w.begin(), w.end(), std::size_t{0});
        const auto features = shape.without_bias(std::span<const std::size_t>(w));
        EXPECT_EQ(features.size() + shape.outputs, w.size());
        for (std::size_t output = 0; output < shape.outputs; ++output) {
            EXPECT_EQ(std::ranges::count(features, shape.bias(output)), 0);
        }
    }
}

}  // namespace
}  // namespace hogwild::model
