// The sum of changes between ranks, each a leader: against a plain sum, and the same bits
// everywhere, however far a rank is ahead.
#include <gtest/gtest.h>

#include <random>
#include <thread>
#include <vector>

#include "model/bfloat16.hpp"
#include "mpi/collectives.hpp"
#include "mpi/communicator.hpp"
#include "train/exchange/sparse_sum.hpp"

namespace hogwild::train {
namespace {

/// The changes of a rank in a sum: a few, or nearly all; none in the third.
std::vector<double> changes_of(int rank, int number, std::size_t n, bool bfloat16) {
    std::mt19937 random(static_cast<unsigned>(100 * number + rank));
    std::bernoulli_distribution changed(number % 2 == 0 ? 0.001 : 0.9);
    std::normal_distribution<float> value;
    std::vector<double> changes(n);
    if (number == 2) return changes;
    for (double& change : changes) {
        if (!changed(random)) continue;
        const float v = value(random);
        change = static_cast<double>(bfloat16 ? model::nearest(v).value() : v);
    }
    return changes;
}

template <class Real>
void expect_plain_sum(std::size_t n, bool sums, bool bfloat16) {
    const mpi::Communicator world = mpi::Communicator::all_ranks();
    const int ranks = world.size();
    const int me = world.rank();
    MPI_Comm comm = MPI_COMM_NULL;
    MPI_Comm_dup(world, &comm);
    SparseSum<Real> sum(comm, sums, WeightBlocks(n, static_cast<std::size_t>(ranks)));
    for (int number = 0; number < 5; ++number) {
        std::vector<double> expected(n);
        std::vector<GroupShare> shares;
        for (int k = 0; k < ranks; ++k) shares.push_back({1.0 + k, 0.9});
        const GroupTotals totals = GroupTotals::of(sums, shares);
        for (int k = 0; k < ranks; ++k) {
            const auto own = changes_of(k, number, n, bfloat16);
            for (std::size_t u = 0; u < n; ++u) {
                expected[u] += totals.factors[static_cast<std::size_t>(k)] * own[u];
            }
        }
        const auto own = changes_of(me, number, n, bfloat16);
        const std::vector<Real> changes(own.begin(), own.end());
        if (number % 3 == me % 3) std::this_thread::yield();
        sum.start(changes, shares[static_cast<std::size_t>(me)], bfloat16);
        sum.wait();
        std::size_t changed = 0;
        double most = 0.0;
        for (std::size_t u = 0; u < n; ++u) {
            const auto got = static_cast<double>(sum.sums()[u]);
            if (got != 0.0) ++changed;
            if (!bfloat16)
                most = std::max(
                    most, std::abs(got - static_cast<double>(static_cast<Real>(expected[u]))));
            if (bfloat16) most = std::max(most, std::abs(got - expected[u]) - 0.05);
        }
        EXPECT_LE(most, 0.0) << "sum " << number;
        EXPECT_EQ(sum.totals().decay, totals.decay);
        EXPECT_EQ(sum.changed_share(), static_cast<double>(changed) / static_cast<double>(n));
        EXPECT_EQ(sum.bytes_sent() > 0.0, ranks > 1);
        const bool nothing = number == 2 && !bfloat16;
        EXPECT_TRUE(!nothing || sum.bytes_sent() <= 128.0 * ranks) << "no change";
        std::vector<double> first(sum.sums().begin(), sum.sums().end());
        const std::vector<double> mine = first;
        mpi::broadcast(world, 0, std::span<double>(first));
        EXPECT_EQ(mine, first) << "the same everywhere";
    }
    mpi::barrier(world);
    MPI_Comm_free(&comm);
}

TEST(SparseSum, IsThePlainSumInGroupOrder) {
    for (const std::size_t n : {std::size_t{5}, 3 * WeightBlocks::kSize + 1, std::size_t{100000}}) {
        for (const bool sums : {false, true}) {
            expect_plain_sum<float>(n, sums, false);
            expect_plain_sum<double>(n, sums, false);
        }
    }
}

TEST(SparseSum, OfBfloat16IsClose) { expect_plain_sum<float>(100000, false, true); }

// No rank waits for another between two sums: one that is ahead sends changes of the next while
// others still wait for sums of this one.
TEST(SparseSum, RanksMayBeAhead) {
    const mpi::Communicator world = mpi::Communicator::all_ranks();
    MPI_Comm comm = MPI_COMM_NULL;
    MPI_Comm_dup(world, &comm);
    constexpr std::size_t kWeights = 40000;
    SparseSum<float> sum(comm, true,
                         WeightBlocks(kWeights, static_cast<std::size_t>(world.size())));
    for (int number = 1; number <= 200; ++number) {
        const std::vector<float> changes(kWeights, static_cast<float>(number));
        sum.start(changes, {1.0, 1.0}, false);
        for (int k = 0; !sum.poll(); ++k) {
            if ((number + world.rank()) % 7 == 0 && k % 3 == 0) std::this_thread::yield();
        }
        EXPECT_EQ(sum.sums()[kWeights - 1], static_cast<float>(number * world.size()));
    }
    mpi::barrier(world);
    MPI_Comm_free(&comm);
}

}  // namespace
}  // namespace hogwild::train
