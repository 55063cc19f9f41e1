// Borrowed and owned communicators, requests and messages, at every rank count. EXPECT only: a
// rank that leaves a test early would leave the others waiting.
#include <gtest/gtest.h>

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "mpi/collectives.hpp"
#include "mpi/communicator.hpp"
#include "mpi/communicators.hpp"
#include "mpi/error.hpp"
#include "mpi/messages.hpp"
#include "mpi/request.hpp"

namespace hogwild::mpi {
namespace {

class CommunicatorTest : public ::testing::Test {
protected:
    void TearDown() override { comms.close(); }
    Communicator world() const { return comms.world(); }
    int rank() const { return comms.rank(); }
    int size() const { return comms.size(); }
    Communicators comms{Communicator::all_ranks()};
};

TEST_F(CommunicatorTest, ReportsRankAndSize) {
    EXPECT_EQ(world().rank(), rank());
    EXPECT_EQ(world().size(), size());
    EXPECT_EQ(Communicator::all_ranks().size(), size());
}

TEST_F(CommunicatorTest, PartHoldsTheRanksOfItsNumberInOrder) {
    CommunicatorPart part(world(), rank() % 2);
    EXPECT_TRUE(part.takes_part());
    EXPECT_EQ(part.get().size(), (size() + 1 - rank() % 2) / 2);
    EXPECT_EQ(part.get().rank(), rank() / 2);
    // what one part does is no business of the other
    EXPECT_EQ(max(part.get(), std::int64_t{rank()}), size() - 1 - (size() - 1 - rank()) % 2);
    part.close();
    EXPECT_FALSE(part.takes_part());
    part.close();  // twice is fine
}

TEST_F(CommunicatorTest, RankWithoutANumberIsInNoPart) {
    const bool last = rank() == size() - 1;
    CommunicatorPart part(world(), last ? std::nullopt : std::optional(7));
    EXPECT_EQ(part.takes_part(), !last);
    if (!last) {
        EXPECT_EQ(part.get().size(), size() - 1);
    }
    part.close();
}

TEST_F(CommunicatorTest, MovedPartKeepsItsRanks) {
    CommunicatorPart first(world(), 0);
    CommunicatorPart second(std::move(first));
    EXPECT_EQ(second.get().size(), size());
    CommunicatorPart third(world(), std::nullopt);
    third = std::move(second);
    EXPECT_EQ(sum(third.get(), std::int64_t{1}), size());
    third.close();
}

TEST_F(CommunicatorTest, PartReturnsErrorsInsteadOfAborting) {
    CommunicatorPart part(world(), 0);
    EXPECT_THROW(send(part.get(), size(), {}), MpiError);  // there is no such rank
    part.close();
}

TEST_F(CommunicatorTest, StartedSumIsTheSameAsTheBlockingOne) {
    constexpr std::size_t kLength = 10'000;
    std::vector<float> mine(kLength);
    for (std::size_t k = 0; k < kLength; ++k) mine[k] = static_cast<float>(rank() + 1);
    std::vector<float> started(kLength, -1.0F);
    std::vector<float> blocking(kLength, -1.0F);
    Request request = start_sum(world(), mine, started);
    while (!request.complete()) {
    }
    EXPECT_TRUE(request.complete());  // from then on
    sum_in_any_order(world(), mine, blocking);
    EXPECT_EQ(started, blocking);
    EXPECT_EQ(started, std::vector<float>(kLength, static_cast<float>(size() * (size() + 1) / 2)));
}

TEST_F(CommunicatorTest, SumsRefuseSpansOfDifferentLengths) {
    const std::vector<float> mine(3);
    std::vector<float> out(2);
    EXPECT_THROW(start_sum(world(), mine, out), std::invalid_argument);
    EXPECT_THROW(sum_in_any_order(world(), mine, out), std::invalid_argument);
}

TEST_F(CommunicatorTest, BarrierIsCompleteOnlyWhenAllRanksHaveStartedIt) {
    if (rank() == 0 && size() > 1) {
        Request request = start_barrier(world());
        for (int k = 0; k < 1000; ++k) EXPECT_FALSE(request.complete());
        std::byte token[1] = {};
        for (int r = 1; r < size(); ++r) send(world(), r, token);
        request.wait();
        EXPECT_TRUE(request.complete());
        return;
    }
    std::byte token[1] = {};
    if (size() > 1) receive(world(), 0, token);
    Request request = start_barrier(world());
    request.wait();
    EXPECT_TRUE(request.complete());
}

TEST_F(CommunicatorTest, RequestOfNothingIsCompleteAndCanBeReplaced) {
    Request request;
    EXPECT_TRUE(request.complete());
    request = start_barrier(world());
    Request moved(std::move(request));
    moved.wait();
    EXPECT_TRUE(moved.complete());
}

TEST_F(CommunicatorTest, MessagesGoRoundARing) {
    std::byte token[3] = {};
    if (size() == 1) return;
    if (rank() == 0) {
        token[2] = std::byte{42};
        send(world(), 1, token);
        token[2] = {};
        receive(world(), size() - 1, token);
        EXPECT_EQ(token[2], std::byte{static_cast<unsigned char>(42 + size() - 1)});
        return;
    }
    receive(world(), rank() - 1, token);
    token[2] = std::byte{static_cast<unsigned char>(std::to_integer<int>(token[2]) + 1)};
    send(world(), (rank() + 1) % size(), token);
}

TEST_F(CommunicatorTest, MessageOfAnotherLengthIsAnError) {
    if (size() == 1) return;
    std::byte token[4] = {};
    if (rank() == 0) send(world(), 1, std::span(token).first(2));
    if (rank() == 1) {
        EXPECT_THROW(receive(world(), 0, token), MpiError);
    }
}

TEST_F(CommunicatorTest, MaximaAreTakenElementByElement) {
    std::vector<std::int64_t> counts{rank(), -rank(), 5};
    max_in_place(world(), std::span(counts));
    EXPECT_EQ(counts, (std::vector<std::int64_t>{size() - 1, 0, 5}));
    std::vector<double> values{0.5 * rank(), -0.5 * rank()};
    max_in_place(world(), std::span(values));
    EXPECT_EQ(values, (std::vector<double>{0.5 * (size() - 1), 0.0}));
}

}  // namespace
}  // namespace hogwild::mpi
