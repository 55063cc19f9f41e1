#pragma once
#include <cstdint>
#include <optional>

#include "model/kernels.hpp"
#include "mpi/communicators.hpp"
#include "train/context.hpp"
#include "train/hooks/hook.hpp"
#include "train/registry.hpp"

namespace hogwild::train {

/// How ranks that update the same weights are kept from each other: what all protections have in
/// common. This one does nothing. A protection overrides what differs.
///
/// protect(change, f) calls f, which applies `change` to the shared weights; protect_all(f) calls
/// f, which may read or change all of them. As a hook, a protection can wait before this rank reads
/// the weights.
struct Protection : Hook {
    /// How a weight is changed inside protect().
    static constexpr model::WriteMode kWriteMode = model::WriteMode::plain;
    /// Only one rank at a time reads and changes weights, in a fixed order.
    static constexpr bool kTakesTurns = false;
    /// Bytes of shared memory per window.
    static std::uint64_t bytes(const SharedMemoryPlan& /*plan*/) { return 0; }

    /// @note Collective over the node, here and in close().
    Protection(const TrainingContext& /*context*/, const mpi::Communicators& /*comms*/) {}
    void close() {}
    /// @param iteration  this rank's next batch. @note Between barriers of the node.
    void resume(std::int64_t /*iteration*/) {}

    template <class Update>
    void protect(const model::SparseDelta& /*change*/, Update&& update) {
        update();
    }
    template <class Update>
    void protect_all(Update&& update) {
        update();
    }
    /// Waited for locks or turns; none: there are none.
    std::optional<double> waited_seconds() const { return std::nullopt; }
};

/// No update of another rank is lost, but none is excluded: each weight is changed by
/// compare-and-swap.
struct CompareAndSwap : Protection {
    using Protection::Protection;
    static constexpr model::WriteMode kWriteMode = model::WriteMode::atomic;
};

}  // namespace hogwild::train
