#include "mpi/window_lock.hpp"

#include <atomic>

#include "mpi/error.hpp"
#include "mpi/progress_wait.hpp"

namespace hogwild::mpi {
namespace {

constexpr int kTarget = 0;  // locks are per target rank: all ranks must name the same one

}  // namespace

WindowLock::WindowLock(MPI_Comm node) : node_(node), gate_(node, 1) {
    void* base = nullptr;
    check(MPI_Win_allocate_shared(0, 1, MPI_INFO_NULL, node, &base, &win_),
          "MPI_Win_allocate_shared");
}

void WindowLock::close() {
    if (win_ != MPI_WIN_NULL) check(MPI_Win_free(&win_), "MPI_Win_free");
    gate_.close();
}

double WindowLock::await_free() {
    SpinLock& gate = gate_.span().front();
    return timed_progress_until(node_, [&] { return !gate.is_locked(); });
}

double WindowLock::lock() {
    SpinLock& gate = gate_.span().front();
    const double waited = timed_progress_until(node_, [&] { return gate.try_lock(); });
    check(MPI_Win_lock(MPI_LOCK_EXCLUSIVE, kTarget, 0, win_), "MPI_Win_lock");
    // MPI orders accesses to the lock's own window; the weights live in another one.
    std::atomic_thread_fence(std::memory_order_acquire);
    return waited;
}

void WindowLock::unlock() {
    std::atomic_thread_fence(std::memory_order_release);
    check(MPI_Win_unlock(kTarget, win_), "MPI_Win_unlock");
    gate_.span().front().unlock();
}

}  // namespace hogwild::mpi
