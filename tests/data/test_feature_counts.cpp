#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "data/feature_counts.hpp"

namespace hogwild::data {
namespace {

FeatureCounts listed(const std::map<std::uint32_t, std::int64_t>& counts) {
    FeatureCounts list;
    for (const auto& [column, count] : counts) {
        list.column.push_back(column);
        list.count.push_back(count);
    }
    return list;
}

/// In an array, in a table, and in a table that becomes an array.
TEST(FeatureCounts, CountsDocuments) {
    struct Case {
        std::int64_t features;
        std::uint32_t apart;
    };
    for (const auto [features, apart] :
         {Case{300'000, 1}, Case{1'500'000, 5}, Case{(std::int64_t{1} << 31) - 1, 7000}}) {
        FeatureCounter counter(features);
        std::map<std::uint32_t, std::int64_t> expected;
        for (std::uint32_t k = 0; k < 600'000; ++k) {
            const std::uint32_t column = k * 7919U % 290'000 * apart;
            counter.add({&column, 1});
            ++expected[column];
        }
        const auto last = static_cast<std::uint32_t>(features - 1);
        counter.add({&last, 1});
        ++expected[last];
        EXPECT_EQ(counter.counts(), listed(expected)) << features << " features";
    }
    EXPECT_EQ(FeatureCounter(0).counts(), FeatureCounts());
}

TEST(FeatureCounts, AddUp) {
    const FeatureCounts a = listed({{0, 3}, {5, 1}, {7, 2}});
    const FeatureCounts b = listed({{5, 10}, {6, 1}, {9, 4}});
    FeatureCounts sum;
    EXPECT_EQ(sum += a, a);
    EXPECT_EQ(sum += b, listed({{0, 3}, {5, 11}, {6, 1}, {7, 2}, {9, 4}}));
    EXPECT_EQ(sum += sum, listed({{0, 6}, {5, 22}, {6, 2}, {7, 4}, {9, 8}}));
    EXPECT_EQ(sum += FeatureCounts(), listed({{0, 6}, {5, 22}, {6, 2}, {7, 4}, {9, 8}}));
}

TEST(FeatureCounts, OccurringFeaturesAreListedWhereTheyAreFew) {
    EXPECT_TRUE(stores_occurring(2, 1 << 28));
    EXPECT_FALSE(stores_occurring(2, 1000));
    EXPECT_FALSE(stores_occurring(1 << 14, 1 << 16));
    EXPECT_TRUE(stores_occurring((1 << 14) - 1, 1 << 16));
}

}  // namespace
}  // namespace hogwild::data
