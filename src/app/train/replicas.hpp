#pragma once
#include "app/common/run_collectively.hpp"
#include "app/train/train_options.hpp"
#include "mpi/communicators.hpp"

namespace hogwild::app {

/// Calls `train` with communicators that have the replicas that the options ask for.
/// @return what `train` returns. @throws what it throws. @note Collective over `comms.world()`.
template <class Train>
auto on_replicas(const TrainOptions& options, const mpi::Communicators& comms, Train&& train) {
    const int replicas = options.replica_count();
    if (replicas == 1) return train(comms);
    mpi::Communicators parts(comms.world(), comms.oversubscribed(), replicas);
    try {
        auto result = train(parts);
        parts.close();
        return result;
    } catch (const CollectiveError&) {
        parts.close();
        throw;
    }
}

}  // namespace hogwild::app
