#pragma once
#include <cstdint>
#include <optional>

#include "model/kernels.hpp"
#include "mpi/communicators.hpp"
#include "train/context.hpp"
#include "train/hooks/hook.hpp"
#include "train/registry.hpp"

namespace hogwild::train {

/// Base of the protections of shared weights against concurrent updates. This one protects nothing.
/// A protection hides the functions that differ.
///
/// protect(change, f) calls f, which applies `change` to the shared weights; protect_all(f) calls
/// f, which may read or change all of them. As a hook, a protection can wait before this rank reads
/// the weights.
struct Protection : Hook {
    /// How protect() changes a weight.
    static constexpr model::WriteMode kWriteMode = model::WriteMode::plain;
    /// Whether only one rank at a time reads and changes weights, in a fixed order.
    static constexpr bool kTakesTurns = false;
    /// Bytes of shared memory per group.
    static std::uint64_t bytes(const SharedMemoryPlan& /*plan*/) { return 0; }

    /// @note Collective over the group, here and in close().
    Protection(const TrainingContext& /*context*/, const mpi::Communicators& /*comms*/) {}
    void close() {}
    /// @param iteration  this rank's next batch. @note Call between barriers of the group.
    void resume(std::int64_t /*iteration*/) {}

    template <class Update>
    void protect(const model::SparseDelta& /*change*/, Update&& update) {
        update();
    }
    template <class Update>
    void protect_all(Update&& update) {
        update();
    }
    /// Seconds spent waiting for locks or turns; empty: there are none.
    std::optional<double> waited_seconds() const { return std::nullopt; }
};

/// Changes each weight by compare-and-swap: no update is lost, and no rank is excluded.
struct CompareAndSwap : Protection {
    using Protection::Protection;
    static constexpr model::WriteMode kWriteMode = model::WriteMode::atomic;
};

}  // namespace hogwild::train
