#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "model/kernels.hpp"
#include "mpi/communicators.hpp"
#include "mpi/shared_window.hpp"

namespace hogwild::train {

/// Keeps the ranks of a window close to its slowest one while changes of nodes are summed. The
/// leader also does the exchange: without a limit the other ranks would finish their documents long
/// before it, and the last and smallest steps would be those of the leaders' documents alone.
///
/// Progress is a rank's share of its own work. The leader sets the limit, the others obey it.
class BoundedLead {
public:
    static constexpr double kFinished = std::numeric_limits<double>::infinity();

    /// @param on  false: nothing is shared, and no function but close() may be called.
    /// @note Collective over the node, here and in close().
    BoundedLead(const mpi::Communicators& comms, bool on)
        : me_(static_cast<std::size_t>(comms.group_rank())) {
        if (!on) return;
        ranks_ = mpi::SharedWindow<RankProgress>(comms.group(),
                                                 static_cast<std::size_t>(comms.group_size()));
    }
    void close() { ranks_.close(); }
    /// Of shared memory. @param ranks  that share it.
    static std::uint64_t bytes(int ranks) {
        return mpi::SharedWindow<RankProgress>::bytes(static_cast<std::size_t>(ranks));
    }

    /// This rank's progress, or kFinished.
    void store(double done) { model::store(ranks_.span()[me_].done, done); }
    bool exceeds(double done) const { return done >= model::load(ranks_.span().front().limit); }
    double slowest() const {
        double least = kFinished;
        for (const RankProgress& rank : ranks_.span()) {
            least = std::min(least, model::load(rank.done));
        }
        return least;
    }
    /// Call on the leader alone. @param lead  beyond the slowest rank's progress.
    void extend(double lead) { model::store(ranks_.span().front().limit, slowest() + lead); }
    /// At a boundary: ranks that start late are waited for.
    void restart() {
        for (RankProgress& rank : ranks_.span()) model::store(rank.done, 0.0);
    }

private:
    /// On its own cache line.
    struct alignas(64) RankProgress {
        double done;
        double limit;  ///< of the leader: at this progress every rank waits
    };
    std::size_t me_;
    mpi::SharedWindow<RankProgress> ranks_;
};

}  // namespace hogwild::train
