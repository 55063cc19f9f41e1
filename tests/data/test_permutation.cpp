#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <set>
#include <vector>

#include "data/permutation.hpp"

namespace hogwild::data {
namespace {

std::vector<std::int64_t> images(std::int64_t n, std::uint64_t seed) {
    const Permutation permutation(n, seed);
    std::vector<std::int64_t> result;
    for (std::int64_t i = 0; i < n; ++i) result.push_back(permutation(i));
    return result;
}

static_assert(Permutation(1, 9)(0) == 0, "usable at compile time");

TEST(Permutation, IsABijection) {
    for (const std::int64_t n : {1, 2, 3, 4, 5, 15, 16, 17, 64, 65, 100, 1000, 4096, 4097}) {
        for (const std::uint64_t seed : {0ULL, 1ULL, 0x8000000000000000ULL}) {
            std::vector<bool> hit(static_cast<std::size_t>(n));
            for (const std::int64_t image : images(n, seed)) {
                ASSERT_GE(image, 0) << "n = " << n << ", seed " << seed;
                ASSERT_LT(image, n) << "n = " << n << ", seed " << seed;
                EXPECT_FALSE(hit[static_cast<std::size_t>(image)]) << image << " twice, n = " << n;
                hit[static_cast<std::size_t>(image)] = true;
            }
        }
    }
}

TEST(Permutation, InverseLeadsBack) {
    for (const std::int64_t n : {1, 2, 5, 17, 1000, 4097}) {
        const Permutation permutation(n, 11);
        for (std::int64_t i = 0; i < n; ++i) {
            ASSERT_EQ(permutation.inverse(permutation(i)), i) << "n = " << n;
        }
    }
}

// Computed by an independent program: validation splits of old runs depend on them.
TEST(Permutation, KnownAnswers) {
    EXPECT_EQ(images(10, 1), (std::vector<std::int64_t>{5, 3, 2, 8, 0, 1, 4, 7, 9, 6}));
    const Permutation thousand(1000, 42);
    EXPECT_EQ(thousand(0), 829);
    EXPECT_EQ(thousand(1), 399);
    EXPECT_EQ(thousand(7), 724);
    const Permutation whole_domain(4096, 1);  // a power of four needs no walking
    EXPECT_EQ(whole_domain(0), 470);
    EXPECT_EQ(whole_domain(1), 3424);
    EXPECT_EQ(whole_domain(4095), 2382);
    const Permutation large((std::int64_t{1} << 40) + 3, 42);
    EXPECT_EQ(large(0), 351426994621);
    EXPECT_EQ(large(2), 776237297921);
}

TEST(Permutation, DependsOnTheSeed) {
    const std::vector<std::int64_t> one = images(1000, 1);
    const std::vector<std::int64_t> two = images(1000, 2);
    int equal = 0;
    for (std::size_t i = 0; i < one.size(); ++i) equal += one[i] == two[i] ? 1 : 0;
    EXPECT_LT(equal, 10);  // 1 is expected
    EXPECT_EQ(one, images(1000, 1));
}

TEST(Permutation, DependsOnTheSize) {
    const std::vector<std::int64_t> small = images(1000, 1);
    const std::vector<std::int64_t> large = images(1500, 1);
    int equal = 0;
    for (std::size_t i = 0; i < small.size(); ++i) equal += small[i] == large[i] ? 1 : 0;
    EXPECT_LT(equal, 999);
}

TEST(Permutation, LeavesHardlyAnythingInPlace) {
    const std::vector<std::int64_t> image = images(4097, 3);
    int fixed = 0;
    int ascents = 0;
    for (std::size_t i = 0; i < image.size(); ++i) {
        fixed += image[i] == static_cast<std::int64_t>(i) ? 1 : 0;
        if (i > 0) ascents += image[i - 1] < image[i] ? 1 : 0;
    }
    EXPECT_LT(fixed, 8);                 // 1 is expected
    EXPECT_NEAR(ascents, 2048, 6 * 19);  // the deviation is sqrt(n / 12) = 18.5
}

// Over many seeds every element goes everywhere about equally often.
TEST(Permutation, IsRoughlyUniformOverSeeds) {
    constexpr int kSeeds = 6000;
    for (const std::int64_t n : {2, 3, 5, 6, 16, 17, 100}) {
        std::vector<int> count(static_cast<std::size_t>(n * n));
        for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
            const Permutation permutation(n, seed);
            for (std::int64_t i = 0; i < n; ++i) {
                ++count[static_cast<std::size_t>(i * n + permutation(i))];
            }
        }
        const auto expected = static_cast<double>(kSeeds) / static_cast<double>(n);
        const double deviation = std::sqrt(expected * (1.0 - 1.0 / static_cast<double>(n)));
        for (const int c : count) EXPECT_NEAR(c, expected, 5.0 * deviation) << "n = " << n;
    }
}

TEST(Permutation, ReachesLargeSets) {
    constexpr std::int64_t kSize = (std::int64_t{1} << 62) - 57;
    const Permutation permutation(kSize, 8);
    std::set<std::int64_t> seen;
    std::int64_t in_upper_half = 0;
    for (std::int64_t i = 0; i < 10'000; ++i) {
        const std::int64_t image = permutation(kSize - 1 - i);
        ASSERT_GE(image, 0);
        ASSERT_LT(image, kSize);
        seen.insert(image);
        in_upper_half += image >= kSize / 2 ? 1 : 0;
    }
    EXPECT_EQ(seen.size(), 10'000U);
    EXPECT_NEAR(static_cast<double>(in_upper_half), 5000.0, 300.0);
}

}  // namespace
}  // namespace hogwild::data
