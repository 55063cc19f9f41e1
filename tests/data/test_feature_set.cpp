#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "data/feature_set.hpp"

namespace hogwild::data {
namespace {

/// What for_each visits, and that position() agrees with it on members and others.
void expect_set(const FeatureSet& set, const std::set<std::uint32_t>& members) {
    ASSERT_EQ(set.size(), members.size());
    std::vector<std::uint32_t> visited;
    set.for_each([&](std::uint32_t column) { visited.push_back(column); });
    EXPECT_TRUE(std::ranges::equal(visited, members));
    std::uint32_t position = 0;
    for (const std::uint32_t column : members) {
        EXPECT_EQ(set.position(column), position++);
        for (const std::uint32_t other : {column - 1, column + 1, column ^ 0x40000U}) {
            if (!members.contains(other)) {
                EXPECT_EQ(set.position(other), FeatureSet::kAbsent);
            }
        }
    }
    EXPECT_EQ(set.position(FeatureSet::kAbsent), FeatureSet::kAbsent);
    EXPECT_TRUE(std::ranges::equal(set.members(), members));
}

TEST(FeatureSet, PositionsOfDenseSparseAndClusteredMembers) {
    for (const double log2_range : {0.0, 6.0, 10.0, 14.0, 20.0, 31.0}) {
        std::set<std::uint32_t> members{0};
        const double range = std::exp2(log2_range);
        for (std::uint32_t k = 0; k < 1000; ++k) {
            // towards 0 they are denser
            const double u = static_cast<double>((k * 2654435761U) >> 8) * 0x1p-24;
            members.insert(static_cast<std::uint32_t>(std::pow(u, 3.0) * range));
        }
        const FeatureSet set(std::vector<std::uint32_t>(members.begin(), members.end()));
        expect_set(set, members);
        EXPECT_LE(set.bytes(), 5 * members.size() + 32) << "range 2^" << log2_range;
    }
}

TEST(FeatureSet, OfNoMembers) {
    expect_set(FeatureSet(), {});
    expect_set(FeatureSet(std::vector<std::uint32_t>{}), {});
    expect_set(FeatureSet::of({}), {});
}

TEST(FeatureSet, OfColumnsInAnyOrder) {
    const std::uint32_t columns[] = {700, 3, 64, 3, 63, 700, 0, 5000};
    expect_set(FeatureSet::of(columns), {0, 3, 63, 64, 700, 5000});
}

TEST(FeatureSet, NumbersColumnsAndCountsThoseThatAreAbsent) {
    for (const std::uint32_t far : {200U, 3'000'000'000U}) {
        const FeatureSet set({2, 3, 64, far});
        std::vector<std::uint32_t> columns{far, 0, 2, 65, 3, far + 1, 64};
        EXPECT_EQ(set.number(columns), 3U);
        EXPECT_EQ(columns, (std::vector<std::uint32_t>{3, 4, 0, 4, 1, 4, 2}));
        EXPECT_EQ(set.find(65).smaller, 3U);
        EXPECT_EQ(set.find(0).smaller, 0U);
        EXPECT_EQ(set.find(far + 70).smaller, 4U);
    }
}

TEST(FeatureSet, OfTheLargestColumns) {
    const std::uint32_t largest = FeatureSet::kAbsent - 1;
    expect_set(FeatureSet({5, largest - 1, largest}), {5, largest - 1, largest});
}

TEST(FeatureSet, NumbersManyColumnsAsItNumbersFew) {
    std::vector<std::uint32_t> members;
    for (std::uint32_t k = 0; k < 3000; ++k) {
        if (k % 7 != 3) members.push_back(k);
    }
    const FeatureSet set(members);
    std::vector<std::uint32_t> columns;
    for (std::uint32_t k = 0; k < 10'000; ++k) columns.push_back(k * 2654435761U % 3100U);
    columns.push_back(FeatureSet::kAbsent);
    std::vector<std::uint32_t> expected;
    for (const std::uint32_t column : columns) {
        const std::uint32_t position = set.position(column);
        expected.push_back(position == FeatureSet::kAbsent ? static_cast<std::uint32_t>(set.size())
                                                           : position);
    }
    const auto absent = std::ranges::count(expected, static_cast<std::uint32_t>(set.size()));
    EXPECT_GT(absent, 100);
    EXPECT_EQ(set.number(columns), static_cast<std::size_t>(absent));
    EXPECT_EQ(columns, expected);
}

}  // namespace
}  // namespace hogwild::data
