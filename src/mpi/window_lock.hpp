#pragma once
#include <mpi.h>

#include "mpi/shared_window.hpp"
#include "mpi/spin_lock.hpp"

namespace hogwild::mpi {

/// A mutual-exclusion lock among the ranks of a node: MPI_Win_lock(MPI_LOCK_EXCLUSIVE) on an empty
/// window of its own. (A window inside lock_all cannot be locked again, and an
/// exclusive lock does not exclude a lock_all(NOCHECK) epoch: the data need a second window.)
///
/// MPI grants the lock in the order of arrival. If ranks outnumber cores, this causes a lock
/// convoy: the next rank in the queue is often descheduled and blocks all others, and updates
/// become as stale as the queue is long. So a rank requests the MPI lock only after it has taken a
/// gate, a spin lock that any running rank can take; the queue of MPI stays empty.
///
/// A rank that waits for anything while other ranks may take the lock must call MPI regularly: see
/// timed_progress_until.
///
/// @note Construction and close() are collective over `node`; lock and unlock are not.
class WindowLock {
public:
    explicit WindowLock(MPI_Comm node);
    WindowLock(const WindowLock&) = delete;
    WindowLock& operator=(const WindowLock&) = delete;
    ~WindowLock() = default;
    void close();
    /// Bytes of shared memory.
    static constexpr std::uint64_t bytes() { return SharedWindow<SpinLock>::bytes(1); }

    /// Waits until no rank seems to hold the lock, without taking it. @return seconds waited.
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
    lock.unlock();  // not during unwinding: an error inside ends the job
    return waited;
}

}  // namespace hogwild::mpi
