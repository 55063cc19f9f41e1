#pragma once
#include <optional>
#include <utility>

#include "mpi/window_lock.hpp"
#include "train/protection/protection.hpp"

namespace hogwild::train {

/// Every update is a critical section among the ranks of a group.
class CriticalSection : public Protection {
public:
    static std::uint64_t bytes(const SharedMemoryPlan& /*plan*/) {
        return mpi::WindowLock::bytes();
    }
    CriticalSection(const TrainingContext& context, const mpi::Communicators& comms)
        : Protection(context, comms), lock_(comms.group()) {}
    void close() { lock_.close(); }

    /// Waits until the lock is free before the weights are read. Otherwise, while a rank is
    /// descheduled inside the lock, all others would compute a batch from the same weights and then
    /// apply these batches one after another.
    void before(std::int64_t /*iteration*/) override { waited_s_ += lock_.await_free(); }

    template <class Update>
    void protect(const model::SparseDelta& /*change*/, Update&& update) {
        protect_all(std::forward<Update>(update));
    }
    template <class Update>
    void protect_all(Update&& update) {
        waited_s_ += mpi::exclusively(lock_, std::forward<Update>(update));
    }
    std::optional<double> waited_seconds() const { return waited_s_; }

private:
    mpi::WindowLock lock_;
    double waited_s_ = 0.0;
};

}  // namespace hogwild::train
