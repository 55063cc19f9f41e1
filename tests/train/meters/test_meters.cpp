// The meters: unbiased samples, exact histograms, sums over ranks.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "model/kernels.hpp"
#include "mpi/communicators.hpp"
#include "train/hooks/snapshots.hpp"
#include "train/meters/meters.hpp"

namespace hogwild::train {
namespace {

TEST(RandomGap, HasItsMeanAndNoPattern) {
    for (const std::size_t mean : {1UL, 2UL, 1024UL}) {
        RandomGap gap(mean, 3);
        double sum = 0.0;
        std::size_t smallest = 2 * mean;
        std::size_t largest = 0;
        constexpr int kDraws = 100'000;
        for (int k = 0; k < kDraws; ++k) {
            const std::size_t g = gap.next();
            sum += static_cast<double>(g);
            smallest = std::min(smallest, g);
            largest = std::max(largest, g);
        }
        const double m = static_cast<double>(mean);
        EXPECT_NEAR(sum / kDraws, m, 4.0 * m / std::sqrt(3.0 * kDraws) + 1e-12);
        EXPECT_GE(smallest, 1U);
        EXPECT_LE(largest, 2 * mean - 1);
    }
    EXPECT_NE(RandomGap(1024, 1).next(), RandomGap(1024, 2).next());
}

/// A neighbour stores between load and store, at random times and random values: the estimates of
/// the sample agree with the true numbers within three standard errors.
TEST(StoreProbe, EstimatesWhatIsDestroyed) {
    constexpr std::size_t kStores = 4'000'000;
    const data::CounterRandom random(11);
    StoreProbe probe(true, 5);
    std::vector<double> w{0.0};
    const std::vector<std::uint32_t> index{0};
    double collisions = 0.0;
    double destroyed = 0.0;
    double destroyed_squares = 0.0;
    double changed = 0.0;
    for (std::size_t k = 0; k < kStores; ++k) {
        const double theirs = random.below(2 * k, 20) == 0 ? random.unit(2 * k + 1) : 0.0;
        const double ours = 1.0 + static_cast<double>(k % 7);
        model::update_each<model::WriteMode::plain>(
            std::span<double>(w), std::span<const std::uint32_t>(index),
            [&](std::size_t, double old) {
                w[0] = old + theirs;
                return old + ours;
            },
            probe);
        collisions += theirs != 0.0 ? 1.0 : 0.0;
        destroyed += theirs;
        destroyed_squares += theirs * theirs;
        changed += ours;
    }
    const Contention& sums = probe.sums();
    const double n = sums.stores;
    EXPECT_NEAR(n, kStores / 1024.0, 4.0 * std::sqrt(kStores / 1024.0));
    const double share = collisions / kStores;
    EXPECT_NEAR(sums.collision_share(), share, 3.0 * std::sqrt(share * (1.0 - share) / n));
    const double mean = destroyed / kStores;
    const double deviation = std::sqrt(destroyed_squares / kStores - mean * mean);
    EXPECT_NEAR(sums.lost_fraction(), destroyed / changed,
                3.0 * deviation / std::sqrt(n) / (changed / kStores));
}

TEST(StoreProbe, SamplesNothingWhenOff) {
    StoreProbe probe(false, 0);
    for (int k = 0; k < 1000; ++k) EXPECT_EQ(probe.stores_until_sample(5000), 5000U);
    EXPECT_EQ(probe.sums().stores, 0.0);
    EXPECT_TRUE(std::isnan(probe.sums().collision_share()));
}

TEST(StalenessHistogram, QuantilesOfKnownSamples) {
    StalenessHistogram h;
    EXPECT_EQ(h.samples(), 0);
    for (int k = 1; k <= 100; ++k) h.add(k % 50);  // each of 0 .. 49 twice
    EXPECT_EQ(h.samples(), 100);
    EXPECT_EQ(h.quantile(0.5), 24);
    EXPECT_EQ(h.quantile(0.99), 49);
    EXPECT_EQ(h.quantile(0.02), 0);
    EXPECT_EQ(h.largest(), 49);
    h.add(-3);  // a rank that knows more than we do is not stale
    EXPECT_EQ(h.samples(), 101);
    EXPECT_EQ(h.quantile(0.01), 0);
}

TEST(StalenessHistogram, LargeOnesToOneSixteenthOfAnOctave) {
    for (std::int64_t s = 1; s < (std::int64_t{1} << 45); s = s * 5 / 4 + 1) {
        StalenessHistogram h;
        h.add(s);
        EXPECT_LE(h.quantile(0.5), s);
        EXPECT_GE(static_cast<double>(h.quantile(0.5)),
                  static_cast<double>(s) * 16.0 / 17.0 - 1e-9);
        EXPECT_EQ(h.largest(), s);
    }
    StalenessHistogram beyond;
    beyond.add(std::int64_t{1} << 60);
    EXPECT_EQ(beyond.samples(), 1);
    EXPECT_EQ(beyond.largest(), std::int64_t{1} << 60);
}

TEST(Meters, SumOverRanks) {
    mpi::Communicators comms(MPI_COMM_WORLD);
    const double me = comms.rank() + 1.0;
    Meters own;
    own.contention = Contention{10.0, me, 100.0, 2.0 * me};
    own.lock_wait_seconds = 0.5;
    own.staleness = StalenessHistogram{};
    own.staleness->add(comms.rank());
    own.documents = 7.0;
    own.active = 3.0;
    const Meters all = own.summed(comms.world());
    const double n = comms.size();
    const double sum = n * (n + 1.0) / 2.0;
    EXPECT_EQ(all.contention->stores, 10.0 * n);
    EXPECT_EQ(all.contention->collisions, sum);
    EXPECT_EQ(all.contention->lost_fraction(), 2.0 * sum / (100.0 * n));
    EXPECT_EQ(all.lock_wait_seconds, 0.5 * n);
    EXPECT_EQ(all.staleness->samples(), comms.size());
    EXPECT_EQ(all.staleness->largest(), comms.size() - 1);
    EXPECT_EQ(all.staleness->quantile(1.0), comms.size() - 1);
    EXPECT_EQ(all.documents, 7.0 * n);
    EXPECT_EQ(all.active, 3.0 * n);
    const Meters nothing = Meters{}.summed(comms.world());
    EXPECT_FALSE(nothing.contention || nothing.lock_wait_seconds || nothing.staleness);
    comms.close();
}

TEST(Snapshots, TakesCopiesAtItsPointsOnly) {
    Snapshots snapshots(3, 2, 2);
    snapshots.start();
    std::vector<float> w{0.0F, 0.0F};
    for (std::int64_t iteration = 0; iteration < 12; ++iteration) {
        if (snapshots.due(iteration)) {
            snapshots.take(iteration,
                           [&](std::span<double> out) { std::ranges::copy(w, out.begin()); });
        }
        w[0] += 1.0F;
    }
    ASSERT_EQ(snapshots.taken().size(), 2U);  // there was no room for the third
    EXPECT_EQ(snapshots.taken()[0].iteration, 3);
    EXPECT_EQ(snapshots.taken()[0].weights, (std::vector<double>{3.0, 0.0}));
    EXPECT_EQ(snapshots.taken()[1].iteration, 6);
    EXPECT_EQ(snapshots.taken()[1].weights, (std::vector<double>{6.0, 0.0}));
    EXPECT_GE(snapshots.taken()[1].seconds, snapshots.taken()[0].seconds);
    EXPECT_GT(snapshots.copying_seconds(), 0.0);
}

}  // namespace
}  // namespace hogwild::train
