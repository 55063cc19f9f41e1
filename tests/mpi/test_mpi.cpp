// The wrappers around MPI, at every rank count. EXPECT only: a rank that leaves a test early
// would leave the others waiting.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <span>
#include <string>
#include <vector>

#include "mpi/collectives.hpp"
#include "mpi/communicators.hpp"
#include "mpi/environment.hpp"
#include "mpi/shared_memory.hpp"
#include "mpi/shared_window.hpp"
#include "mpi/window_lock.hpp"

namespace hogwild::mpi {
namespace {

class MpiTest : public ::testing::Test {
protected:
    void TearDown() override { comms.close(); }
    Communicators comms{MPI_COMM_WORLD};
};

TEST_F(MpiTest, CommunicatorsReportTheNode) {
    EXPECT_EQ(comms.nodes(), 1);
    EXPECT_EQ(comms.group_size(), comms.size());
    EXPECT_EQ(sum(comms.group(), comms.group_rank()), comms.size() * (comms.size() - 1) / 2);
}

TEST_F(MpiTest, EachRankSeesEveryRanksStores) {
    constexpr std::size_t kEach = 1000;
    const auto n = static_cast<std::size_t>(comms.size());
    SharedWindow<float> w(comms.group(), kEach * n);
    const auto me = static_cast<std::size_t>(comms.rank());
    std::ranges::fill(w.span().subspan(me * kEach, kEach), static_cast<float>(me + 1));
    w.sync();
    for (std::size_t r = 0; r < n; ++r) {
        EXPECT_EQ(w.span()[r * kEach], static_cast<float>(r + 1));
        EXPECT_EQ(w.span()[r * kEach + kEach - 1], static_cast<float>(r + 1));
    }
    w.sync();
    w.close();
}

TEST_F(MpiTest, WindowStartsZeroedAndAligned) {
    SharedWindow<double> w(comms.group(), 47237);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(w.span().data()) % 64, 0U);
    EXPECT_EQ(std::ranges::count_if(w.span(), [](double v) { return v != 0.0; }), 0);
    w.sync();
    w.close();
}

TEST_F(MpiTest, EmptyAndMovedWindows) {
    SharedWindow<float> a(comms.group(), 0);
    SharedWindow<float> b(comms.group(), 8);
    a = std::move(b);
    EXPECT_EQ(a.span().size(), 8U);
    a.close();
    a.close();  // twice is fine
    b.close();  // the empty one, swapped here
}

/// The counter is not atomic: only mutual exclusion keeps every increment.
TEST_F(MpiTest, LockExcludesOtherRanks) {
    constexpr std::int64_t kIncrements = 20'000;
    SharedWindow<std::int64_t> counter(comms.group(), 1);
    WindowLock lock(comms.group());
    for (std::int64_t k = 0; k < kIncrements; ++k) {
        exclusively(lock, [&] {
            std::atomic_ref value(counter.span().front());
            value.store(value.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        });
    }
    counter.sync();
    EXPECT_EQ(counter.span().front(), kIncrements * comms.size());
    counter.sync();
    lock.close();
    counter.close();
}

TEST_F(MpiTest, ComputesSumsAndMaxima) {
    EXPECT_EQ(sum(comms.world(), std::int64_t{1}), comms.size());
    EXPECT_EQ(max(comms.world(), std::int64_t{comms.rank()}), comms.size() - 1);
    EXPECT_EQ(max(comms.world(), -0.5 * comms.rank()), 0.0);
}

/// Numbers whose sum depends on the order of addition.
TEST_F(MpiTest, SumInRankOrderHasTheBitsOfASerialSum) {
    constexpr std::size_t kLength = 20'000;  // several blocks
    const auto term = [](int rank, std::size_t k) {
        return (rank % 2 == 0 ? 1e16 : 1.0) / (1.0 + static_cast<double>(k) + rank);
    };
    std::vector<double> values(kLength);
    for (std::size_t k = 0; k < kLength; ++k) values[k] = term(comms.rank(), k);
    sum_in_rank_order(comms.world(), values);
    for (std::size_t k = 0; k < kLength; k += 777) {
        double expected = term(0, k);
        for (int r = 1; r < comms.size(); ++r) expected += term(r, k);
        EXPECT_EQ(values[k], expected) << k;
    }
}

TEST_F(MpiTest, TransfersTexts) {
    const int last = comms.size() - 1;
    EXPECT_EQ(broadcast(comms.world(), last, "from " + std::to_string(comms.rank())),
              "from " + std::to_string(last));
    EXPECT_EQ(broadcast(comms.world(), 0, std::string()), "");
    const std::string mine(static_cast<std::size_t>(comms.rank()),
                           static_cast<char>('a' + comms.rank()));
    const std::string all = gather_text(comms.world(), mine);
    std::string expected;
    for (int r = 0; r < comms.size(); ++r) {
        expected += std::string(static_cast<std::size_t>(r), static_cast<char>('a' + r));
    }
    EXPECT_EQ(all, comms.rank() == 0 ? expected : "");
}

TEST_F(MpiTest, TransfersBlocksAndRanges) {
    const auto mine = static_cast<std::size_t>(comms.rank());
    const std::vector<double> block(mine, static_cast<double>(mine));  // rank 0 has none
    const std::vector<double> whole = gather_blocks(comms.world(), block);
    const auto ranks = static_cast<std::size_t>(comms.size());
    EXPECT_EQ(whole.size(), comms.rank() == 0 ? ranks * (ranks - 1) / 2 : 0);
    if (comms.rank() == 0 && ranks > 1) {
        EXPECT_EQ(whole.back(), static_cast<double>(ranks - 1));
    }

    // the later half of it for all
    std::vector<double> out(ranks * (ranks - 1) / 4, -1.0);
    const auto first = static_cast<std::int64_t>(ranks * (ranks - 1) / 2 - out.size());
    scatter_ranges(comms.world(), whole, first, out);
    if (!out.empty()) {
        EXPECT_EQ(out.back(), static_cast<double>(ranks - 1));
    }
    EXPECT_EQ(std::ranges::count(out, -1.0), 0);
    scatter_ranges(comms.world(), whole, 0, std::span(out).first(0));

    std::vector<std::string> texts;
    if (comms.rank() == 0) {
        for (std::size_t r = 0; r < ranks; ++r) texts.push_back(std::string(r, 'a') + '\0');
    }
    EXPECT_EQ(scatter_text(comms.world(), texts), std::string(mine, 'a') + '\0');
}

TEST_F(MpiTest, EnvironmentReportsLibraryAndHost) {
    EXPECT_FALSE(library_version().empty());
    EXPECT_FALSE(host_name().empty());
    EXPECT_GT(shared_memory_free(), 0U);
}

}  // namespace
}  // namespace hogwild::mpi
