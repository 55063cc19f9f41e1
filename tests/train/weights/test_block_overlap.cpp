#include <gtest/gtest.h>

#include "train/weights/block_overlap.hpp"

namespace hogwild::train {
namespace {

/// @param cross  of every merge, where own is 1.
double after(int merges, double cross, BlockOverlap overlap) {
    for (int k = 0; k < merges; ++k) overlap.merged(1.0, cross);
    return overlap.factor();
}

TEST(BlockOverlap, IsOneWhereChangesAreOrthogonalOrOpposed) {
    EXPECT_EQ(after(40, 0.0, BlockOverlap(8)), 1.0);
    EXPECT_EQ(after(40, -0.3, BlockOverlap(8)), 1.0);
}

/// Of P ranks that make the same change, the others' is P - 1 times the own.
TEST(BlockOverlap, IsTheNumberOfRanksWhereAllMakeTheSameChange) {
    EXPECT_EQ(after(4, 7.0, BlockOverlap(8)), 8.0);
    EXPECT_EQ(after(4, 1.5, BlockOverlap(8)), 4.0);
}

TEST(BlockOverlap, RisesAtOnceAndFallsSlowly) {
    BlockOverlap overlap(8);
    for (int k = 0; k < 4; ++k) overlap.merged(1.0, 7.0);
    const double high = overlap.factor();
    for (int k = 0; k < 4; ++k) overlap.merged(1.0, 0.0);
    EXPECT_LT(overlap.factor(), high);
    EXPECT_GT(overlap.factor(), 0.75 * high);
    for (int k = 0; k < 200; ++k) overlap.merged(1.0, 0.0);
    EXPECT_NEAR(overlap.factor(), 1.0, 0.01);
}

TEST(BlockOverlap, NeverBelowTheLeastThatIsAskedFor) {
    BlockOverlap overlap(8);
    overlap.set_least(2.0);
    EXPECT_EQ(overlap.factor(), 2.0);
    EXPECT_EQ(after(100, -1.0, overlap), 2.0);
    EXPECT_EQ(after(4, 7.0, overlap), 8.0);
}

TEST(BlockOverlap, NothingIsLearntFromMergesWithoutChanges) {
    BlockOverlap overlap(4);
    for (int k = 0; k < 10; ++k) EXPECT_FALSE(overlap.merged(0.0, 0.0));
    EXPECT_EQ(overlap.factor(), 1.0);
}

}  // namespace
}  // namespace hogwild::train
