#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "mpi/collectives.hpp"
#include "mpi/mailbox.hpp"

namespace hogwild::mpi {
namespace {

TEST(Mailbox, RankZeroGetsEveryTextAndThoseOfARankInOrder) {
    const Communicator world = Communicator::all_ranks();
    Mailbox mailbox(world);
    constexpr int kTexts = 50;
    const std::string mine = std::to_string(world.rank()) + ":";
    for (int i = 0; i < kTexts; ++i) {
        // of very different lengths, one empty: MPI sends long ones in another way
        mailbox.send(i == 0 ? "" : mine + std::string(static_cast<std::size_t>(i) * 1000, 'x'));
    }
    std::vector<std::string> texts;
    const auto all = static_cast<std::size_t>(kTexts * world.size());
    while (world.rank() == 0 && texts.size() < all) {
        std::ranges::move(mailbox.take(), std::back_inserter(texts));
    }
    while (!mailbox.all_received()) {
    }
    barrier(world);
    EXPECT_TRUE(mailbox.take().empty());
    mailbox.close();
    mailbox.close();
    if (world.rank() != 0) return;
    EXPECT_EQ(std::ranges::count(texts, std::string()), world.size());
    for (int r = 0; r < world.size(); ++r) {
        std::vector<std::size_t> lengths;
        for (const std::string& text : texts) {
            if (text.starts_with(std::to_string(r) + ":")) lengths.push_back(text.size());
        }
        EXPECT_EQ(lengths.size(), std::size_t{kTexts - 1}) << "rank " << r;
        EXPECT_TRUE(std::ranges::is_sorted(lengths)) << "rank " << r;
    }
}

TEST(Mailbox, IsReceivedOnlyWhenRankZeroHasTakenIt) {
    const Communicator world = Communicator::all_ranks();
    Mailbox mailbox(world);
    EXPECT_TRUE(mailbox.all_received());
    mailbox.send("hello");
    barrier(world);
    EXPECT_FALSE(mailbox.all_received());
    barrier(world);
    for (int taken = 0; world.rank() == 0 && taken < world.size();) {
        taken += static_cast<int>(mailbox.take().size());
    }
    while (!mailbox.all_received()) {
    }
    mailbox.close();
}

}  // namespace
}  // namespace hogwild::mpi
