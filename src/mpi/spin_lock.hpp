#pragma once
#include <atomic>

#include "mpi/spin_wait.hpp"

namespace hogwild::mpi {

/// A lock in the shared memory of a node: *Lockable*, so that std::scoped_lock and std::unique_lock
/// hold it. Zeroed memory is an open lock. It goes to any rank that is awake, in no order.
class SpinLock {
public:
    bool try_lock() noexcept {
        const std::atomic_ref held(held_);
        // While another rank holds it, only reading leaves the cache line to that rank.
        return held.load(std::memory_order_relaxed) == 0 &&
               held.exchange(1, std::memory_order_acquire) == 0;
    }
    void lock() noexcept {
        spin_until([this] { return try_lock(); });
    }
    /// @return seconds waited; no clock is read when the lock is open.
    double timed_lock() {
        return timed_spin_until([this] { return try_lock(); });
    }
    void unlock() noexcept { std::atomic_ref(held_).store(0, std::memory_order_release); }
    /// Whether some rank held it a moment ago.
    bool is_locked() noexcept {
        return std::atomic_ref(held_).load(std::memory_order_relaxed) != 0;
    }

private:
    int held_ = 0;  ///< 1 while a rank holds it; not std::atomic, which SharedWindow cannot hold
};

}  // namespace hogwild::mpi
