#include "train/exchange/sent_counters.hpp"

#include <atomic>

#include "mpi/error.hpp"

namespace hogwild::train {

SentCounters::SentCounters(const mpi::Communicators& comms)
    : sent_(comms.group(), static_cast<std::size_t>(comms.group_size())),
      group_rank_of_(static_cast<std::size_t>(comms.size()), -1),
      me_(comms.group_rank()),
      elsewhere_(comms.replicas() > 1) {
    std::vector<int> ranks(static_cast<std::size_t>(comms.group_size()));
    const int rank = comms.rank();
    mpi::check(MPI_Allgather(&rank, 1, MPI_INT, ranks.data(), 1, MPI_INT, comms.group()),
               "MPI_Allgather");
    for (std::size_t k = 0; k < ranks.size(); ++k) {
        group_rank_of_[static_cast<std::size_t>(ranks[k])] = static_cast<int>(k);
    }
}

void SentCounters::announce() noexcept {
    const std::atomic_ref<std::int64_t> mine(sent_.span()[static_cast<std::size_t>(me_)].messages);
    mine.store(mine.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

std::int64_t SentCounters::announced(int rank) const noexcept {
    const int group_rank = group_rank_of_[static_cast<std::size_t>(rank)];
    if (group_rank < 0) return 0;
    const Count& count = sent_.span()[static_cast<std::size_t>(group_rank)];
    return std::atomic_ref<std::int64_t>(const_cast<std::int64_t&>(count.messages))
        .load(std::memory_order_acquire);
}

}  // namespace hogwild::train
