#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>
#include <vector>

#include "data/random.hpp"

namespace hogwild::data {
namespace {

constexpr std::uint64_t kLargest = std::numeric_limits<std::uint64_t>::max();

static_assert(CounterRandom(3, 4).bits(5) == CounterRandom(3, 4).bits(5), "usable at compile time");

// The first outputs of SplitMix64 with seed 0, as published with the generator.
TEST(Random, Mix64IsTheFinisherOfSplitMix64) {
    const std::array<std::uint64_t, 5> published{0xE220A8397B1DCDAFULL, 0x6E789E6AA1B965F4ULL,
                                                 0x06C45D188009454FULL, 0xF88BB8A8724C81ECULL,
                                                 0x1B39896A51A8749BULL};
    for (std::uint64_t k = 0; k < published.size(); ++k) {
        EXPECT_EQ(mix64((k + 1) * 0x9E3779B97F4A7C15ULL), published[k]) << "output " << k;
    }
}

// Computed by an independent program: splits, shuffles and batches of old runs depend on them.
TEST(Random, KnownAnswers) {
    const CounterRandom plain(0);
    EXPECT_EQ(plain.bits(0), 0xA706DD2F4D197E6FULL);
    EXPECT_EQ(plain.bits(1), 0xB382A305F4414F5EULL);
    EXPECT_EQ(plain.bits(kLargest), 0x48218226FF3CD4BFULL);
    EXPECT_EQ(plain.below(7, 1000), 265U);
    EXPECT_EQ(plain.unit(7), 0x1.0f7b22f9a49a8p-2);

    const CounterRandom keyed(1, 2, 3);
    EXPECT_EQ(keyed.bits(0), 0x1FD211EC60B71232ULL);
    EXPECT_EQ(keyed.bits(1), 0x525C48C209B0C4DFULL);
    EXPECT_EQ(keyed.bits(kLargest), 0xDFDE3601BD6FC2E4ULL);
    EXPECT_EQ(keyed.below(7, 1000), 97U);
    EXPECT_EQ(keyed.unit(7), 0x1.8da7324ab3958p-4);

    EXPECT_EQ(CounterRandom(kLargest).bits(0), 0x5DC20AA7B2A27137ULL);
}

TEST(Random, ADrawDependsOnNothingButSeedKeysAndPosition) {
    const CounterRandom random(11, 12);
    std::vector<std::uint64_t> forwards;
    for (std::uint64_t p = 0; p < 100; ++p) forwards.push_back(random.bits(p));
    const CounterRandom again(11, 12);
    for (std::uint64_t p = 100; p-- > 0;) EXPECT_EQ(again.bits(p), forwards[p]);
}

TEST(Random, SeedAndKeysOfSmallNumbersGiveDifferentStreams) {
    std::set<std::uint64_t> first_draws;
    std::size_t streams = 0;
    constexpr std::uint64_t kTag = 0x74657374;
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
        for (std::uint64_t rank = 0; rank < 12; ++rank) {
            for (std::uint64_t iteration = 0; iteration < 12; ++iteration) {
                first_draws.insert(CounterRandom(seed, kTag, rank, iteration).bits(0));
                ++streams;
            }
        }
    }
    EXPECT_EQ(first_draws.size(), streams);
}

// A seed and a first key that change places, or are equal, must not meet in one stream.
TEST(Random, TheSeedAndTheFirstKeyAreNotInterchangeable) {
    EXPECT_NE(CounterRandom(1, 2).bits(0), CounterRandom(2, 1).bits(0));
    EXPECT_NE(CounterRandom(5, 5).bits(0), CounterRandom(6, 6).bits(0));
}

TEST(Random, LaterKeysAreNotInterchangeable) {
    EXPECT_NE(CounterRandom(9, 1, 2).bits(0), CounterRandom(9, 2, 1).bits(0));
    EXPECT_NE(CounterRandom(9, 0).bits(0), CounterRandom(9).bits(0));
}

TEST(Random, BelowStaysBelow) {
    const CounterRandom random(5);
    for (const std::uint64_t n : {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{3},
                                  std::uint64_t{1000}, (std::uint64_t{1} << 32) + 1, kLargest}) {
        for (std::uint64_t p = 0; p < 2000; ++p) ASSERT_LT(random.below(p, n), n);
    }
}

TEST(Random, BelowTakesTheHighBits) {
    const CounterRandom random(5);
    for (std::uint64_t p = 0; p < 100; ++p) {
        EXPECT_EQ(random.below(p, std::uint64_t{1} << 20), random.bits(p) >> 44);
    }
}

// Chi-squared with n - 1 degrees of freedom; the bound is its mean plus six deviations.
TEST(Random, BelowIsRoughlyUniform) {
    const CounterRandom random(2024, 1);
    constexpr std::uint64_t kDraws = 100'000;
    for (const std::size_t n : {std::size_t{2}, std::size_t{3}, std::size_t{10}, std::size_t{97}}) {
        std::vector<double> count(n);
        for (std::uint64_t p = 0; p < kDraws; ++p) ++count[random.below(p, n)];
        const double expected = static_cast<double>(kDraws) / static_cast<double>(n);
        double chi2 = 0.0;
        for (const double c : count) chi2 += (c - expected) * (c - expected) / expected;
        const auto degrees = static_cast<double>(n - 1);
        EXPECT_LT(chi2, degrees + 6.0 * std::sqrt(2.0 * degrees)) << "n = " << n;
    }
}

TEST(Random, UnitLiesInTheHalfOpenIntervalAndIsRoughlyUniform) {
    const CounterRandom random(77);
    constexpr std::uint64_t kDraws = 100'000;
    double sum = 0.0;
    double smallest = 1.0;
    double largest = 0.0;
    for (std::uint64_t p = 0; p < kDraws; ++p) {
        const double u = random.unit(p);
        sum += u;
        smallest = std::min(smallest, u);
        largest = std::max(largest, u);
    }
    EXPECT_GE(smallest, 0.0);
    EXPECT_LT(smallest, 1e-4);
    EXPECT_LT(largest, 1.0);
    EXPECT_GT(largest, 1.0 - 1e-4);
    EXPECT_NEAR(sum / static_cast<double>(kDraws), 0.5, 0.005);
}

TEST(Random, EveryBitIsSetAboutHalfOfTheTime) {
    const CounterRandom random(0, 0);
    constexpr int kDraws = 20'000;
    std::array<int, 64> set{};
    for (std::uint64_t p = 0; p < kDraws; ++p) {
        const std::uint64_t bits = random.bits(p);
        for (std::size_t b = 0; b < set.size(); ++b) set[b] += static_cast<int>(bits >> b & 1U);
    }
    for (std::size_t b = 0; b < set.size(); ++b) {
        EXPECT_NEAR(set[b], kDraws / 2, 450) << "bit " << b;  // six deviations: 424
    }
}

}  // namespace
}  // namespace hogwild::data
