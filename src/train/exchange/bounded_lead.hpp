#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "model/kernels.hpp"
#include "mpi/communicators.hpp"
#include "mpi/shared_window.hpp"

namespace hogwild::train {

/// Keeps the ranks of a group close to its slowest one while changes of groups are summed. The
/// leader also runs the exchange: without a limit the other ranks would finish their documents long
/// before it, and the last and smallest steps would come from documents of the leaders only.
///
/// Progress is the finished share of a rank's own work. The leader sets the limit for all ranks.
class BoundedLead {
public:
    static constexpr double kFinished = std::numeric_limits<double>::infinity();

    /// @param on  false: nothing is shared, and no function but close() may be called.
    /// @note Collective over the group, here and in close().
    BoundedLead(const mpi::Communicators& comms, bool on)
        : me_(static_cast<std::size_t>(comms.group_rank())) {
        if (!on) return;
        ranks_ = mpi::SharedWindow<RankProgress>(comms.group(),
                                                 static_cast<std::size_t>(comms.group_size()));
    }
    void close() { ranks_.close(); }
    /// Bytes of shared memory. @param ranks  of the group.
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
    /// Sets the limit to the progress of the slowest rank plus `lead`. Call on the leader only.
    void extend(double lead) { model::store(ranks_.span().front().limit, slowest() + lead); }
    /// Call at a boundary. Resets the progress of all ranks, so that ranks that start late count.
    void restart() {
        for (RankProgress& rank : ranks_.span()) model::store(rank.done, 0.0);
    }

private:
    /// Progress of one rank, on its own cache line.
    struct alignas(64) RankProgress {
        double done;
        double limit;  ///< used in the leader's entry only: every rank waits at this progress
    };
    std::size_t me_;
    mpi::SharedWindow<RankProgress> ranks_;
};

}  // namespace hogwild::train
