#pragma once
#include <cstdint>
#include <vector>

#include "mpi/communicators.hpp"
#include "mpi/shared_window.hpp"

namespace hogwild::train {

/// The number of messages that each rank has sent to all others, in memory shared by its group.
///
/// A receiver calls MPI only when a message is outstanding: an unsuccessful probe yields the core
/// (mpi_yield_when_idle), and where ranks share cores the others train meanwhile, so that the next
/// batch of this rank is computed from weights that are stale by one turn of all ranks.
class SentCounters {
public:
    /// @note Collective over the group, here and in close().
    explicit SentCounters(const mpi::Communicators& comms);
    void close() { sent_.close(); }

    /// Counts one more message that this rank has sent to all others.
    void announce() noexcept;
    /// Messages sent so far by rank `rank` of the world, if it is on this node; else 0.
    std::int64_t announced(int rank) const noexcept;
    /// Whether some ranks are on other nodes: their messages must be probed for.
    bool others_elsewhere() const noexcept { return elsewhere_; }

    /// Bytes of shared memory.
    static std::uint64_t bytes(int ranks) {
        return mpi::SharedWindow<Count>::bytes(static_cast<std::size_t>(ranks));
    }

private:
    struct alignas(64) Count {  // one cache line per rank
        std::int64_t messages = 0;
    };
    mpi::SharedWindow<Count> sent_;   ///< by rank in the group
    std::vector<int> group_rank_of_;  ///< by rank in the world; -1: on another node
    int me_;
    bool elsewhere_;
};

}  // namespace hogwild::train
