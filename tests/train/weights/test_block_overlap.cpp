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
    EXPECT_EQ(after(40, 0.0, BlockOverlap(8, 1.0)), 1.0);
    EXPECT_EQ(after(40, -0.3, BlockOverlap(8, 1.0)), 1.0);
}

/// P ranks that make the same change merge one after another: the k-th meets those of k - 1.
TEST(BlockOverlap, IsTheNumberOfRanksWhereAllMakeTheSameChange) {
    for (const int ranks : {2, 4, 8}) {
        BlockOverlap overlap(ranks, 1.0);
        for (int k = 0; k < 4 * ranks; ++k) overlap.merged(1.0, k % ranks);
        EXPECT_DOUBLE_EQ(overlap.factor(), ranks);
    }
}

TEST(BlockOverlap, RisesAtOnceAndFallsSlowly) {
    BlockOverlap overlap(8, 1.0);
    for (int k = 0; k < 8; ++k) overlap.merged(1.0, 3.5);
    EXPECT_EQ(overlap.factor(), 8.0);
    for (int k = 0; k < 8; ++k) overlap.merged(1.0, 0.0);
    EXPECT_LT(overlap.factor(), 8.0);
    EXPECT_GT(overlap.factor(), 6.0);
    for (int k = 0; k < 400; ++k) overlap.merged(1.0, 0.0);
    EXPECT_NEAR(overlap.factor(), 1.0, 0.01);
}

TEST(BlockOverlap, NeverBelowTheLeastThatIsAskedFor) {
    BlockOverlap overlap(8, 1.0);
    overlap.set_least(2.0);
    EXPECT_EQ(overlap.factor(), 2.0);
    EXPECT_EQ(after(400, -1.0, overlap), 2.0);
    EXPECT_EQ(after(8, 7.0, overlap), 8.0);
}

TEST(BlockOverlap, NothingIsLearntFromMergesWithoutChanges) {
    BlockOverlap overlap(4, 3.0);
    for (int k = 0; k < 10; ++k) overlap.merged(0.0, 0.0);
    EXPECT_EQ(overlap.factor(), 3.0);
}

}  // namespace
}  // namespace hogwild::train
