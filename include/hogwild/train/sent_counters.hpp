#pragma once
#include <cstdint>
#include <vector>

#include "hogwild/mpi/communicators.hpp"
#include "hogwild/mpi/shared_window.hpp"

namespace hogwild::train {

/// How many messages each rank has sent to all others, for the ranks of its node to see.
///
/// A rank that looks for messages in vain gives its core away inside MPI (mpi_yield_when_idle), and
/// where ranks share cores the others go on meanwhile: what it computes next, from weights as they
/// were when it looked, is as stale as the round is long. Who knows that nothing is on its way need
/// not look; who knows that something is can look until it is there.
class SentCounters {
public:
    /// @note Collective over the node, here and in close().
    explicit SentCounters(const mpi::Communicators& comms);
    void close() { sent_.close(); }

    /// This rank has sent one more message to everybody.
    void announce() noexcept;
    /// Messages sent so far by rank `rank` of the world, if it is on this node; else 0.
    std::int64_t announced(int rank) const noexcept;
    /// Some ranks are on other nodes: for their messages one has to look.
    bool others_elsewhere() const noexcept { return elsewhere_; }

    /// Of shared memory.
    static std::uint64_t bytes(int ranks) {
        return mpi::SharedWindow<Count>::bytes(static_cast<std::size_t>(ranks));
    }

private:
    struct alignas(64) Count {  // a cache line each
        std::int64_t messages = 0;
    };
    mpi::SharedWindow<Count> sent_;  ///< by rank on the node
    std::vector<int> node_rank_of_;  ///< by rank in the world; -1: on another node
    int me_;
    bool elsewhere_;
};

}  // namespace hogwild::train
