#pragma once
#include <optional>
#include <utility>

#include "mpi/window_lock.hpp"
#include "train/protection/protection.hpp"

namespace hogwild::train {

/// Every update is a critical section of all ranks of the node.
class CriticalSection : public Protection {
public:
    static std::uint64_t bytes(const SharedMemoryPlan& /*plan*/) {
        return mpi::WindowLock::bytes();
    }
    CriticalSection(const TrainingContext& context, const mpi::Communicators& comms)
        : Protection(context, comms), lock_(comms.group()) {}
    void close() { lock_.close(); }

    /// If a rank is descheduled inside the lock, the others would all compute a batch at the same
    /// weights and then apply them one after the other: they wait before reading instead.
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
