#pragma once
#include <mpi.h>

#include "mpi/shared_window.hpp"
#include "mpi/spin_lock.hpp"

namespace hogwild::mpi {

/// A mutual-exclusion lock among the ranks of a node: MPI_Win_lock(MPI_LOCK_EXCLUSIVE) on an empty
/// window of its own. (A window that is inside lock_all cannot be locked once more, and an
/// exclusive lock does not exclude a lock_all(NOCHECK) epoch: the data need a second window.)
///
/// MPI's lock hands over in the order of arrival. With more ranks than cores that makes a convoy:
/// the next in line is asleep, the others queue up behind it, and every update is as stale as the
/// queue is long. So a rank asks MPI only when it has got through a gate, a spin lock that goes to
/// any rank that is awake; MPI's queue stays empty.
///
/// A rank that waits, for this or for anything else, while others may take the lock, must call MPI
/// regularly: see timed_progress_until.
///
/// @note Construction and close() are collective over `node`; lock and unlock are not.
class WindowLock {
public:
    explicit WindowLock(MPI_Comm node);
    WindowLock(const WindowLock&) = delete;
    WindowLock& operator=(const WindowLock&) = delete;
    ~WindowLock() = default;
    void close();
    /// Of shared memory.
    static constexpr std::uint64_t bytes() { return SharedWindow<SpinLock>::bytes(1); }

    /// Returns when no rank seems to hold the lock; takes nothing. @return seconds waited.
    double await_free();
    /// @return seconds waited.
    double lock();
    void unlock();

private:
    MPI_Comm node_;
    MPI_Win win_ = MPI_WIN_NULL;
    SharedWindow<SpinLock> gate_;  ///< held by the rank that holds the lock or asks for it
};

/// Runs `critical` while no other rank of the node is inside the same lock.
/// @return seconds waited for it.
template <class Critical>
double exclusively(WindowLock& lock, Critical&& critical) {
    const double waited = lock.lock();
    critical();
    lock.unlock();  // not on unwinding: an error inside ends the job
    return waited;
}

}  // namespace hogwild::mpi
