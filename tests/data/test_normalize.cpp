#include <gtest/gtest.h>

#include <vector>

#include "data/normalize.hpp"

namespace hogwild::data {
namespace {

using Values = std::vector<float>;

Values normalized(Values values, Norm norm) {
    normalize(values, norm);
    return values;
}

TEST(Normalize, DividesByTheNorm) {
    EXPECT_EQ(normalized({3, -4}, Norm::l2), (Values{0.6F, -0.8F}));
    EXPECT_EQ(normalized({3, -5}, Norm::l1), (Values{0.375F, -0.625F}));
    EXPECT_EQ(normalized({3, -4}, Norm::max), (Values{0.75F, -1}));
    EXPECT_EQ(normalized({3, -4}, Norm::none), (Values{3, -4}));
}

TEST(Normalize, LeavesZerosAlone) {
    for (const Norm norm : {Norm::l2, Norm::l1, Norm::max}) {
        EXPECT_EQ(normalized({0, 0}, norm), (Values{0, 0}));
        EXPECT_EQ(normalized({}, norm), Values{});
    }
}

TEST(Normalize, HoldsForValuesWhoseSquaresAreNoFloats) {
    EXPECT_EQ(normalized({3 * 0x1p100F, 4 * 0x1p100F}, Norm::l2), (Values{0.6F, 0.8F}));
    EXPECT_EQ(normalized({3 * 0x1p-100F, 4 * 0x1p-100F}, Norm::l2), (Values{0.6F, 0.8F}));
}

}  // namespace
}  // namespace hogwild::data
