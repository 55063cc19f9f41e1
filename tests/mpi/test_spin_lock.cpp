#include <gtest/gtest.h>

#include <mutex>
#include <thread>

#include "mpi/communicators.hpp"
#include "mpi/shared_window.hpp"
#include "mpi/spin_lock.hpp"

namespace hogwild::mpi {
namespace {

constexpr int kTimes = 2000;

TEST(SpinLockTest, IsHeldByOneAtATime) {
    SpinLock lock;
    {
        const std::scoped_lock held(lock);
        EXPECT_TRUE(lock.is_locked());
        EXPECT_FALSE(lock.try_lock());
        EXPECT_FALSE(std::unique_lock(lock, std::try_to_lock).owns_lock());
    }
    EXPECT_FALSE(lock.is_locked());
    EXPECT_TRUE(std::unique_lock(lock, std::try_to_lock).owns_lock());
    EXPECT_EQ(lock.timed_lock(), 0.0);
    EXPECT_TRUE(lock.is_locked());
}

/// Not an atomic number: the sanitizer for threads sees whether the lock orders the accesses.
TEST(SpinLockTest, OrdersTheAccessesOfThreads) {
    SpinLock lock;
    int count = 0;
    const auto work = [&] {
        for (int k = 0; k < kTimes; ++k) {
            const std::scoped_lock held(lock);
            ++count;
        }
    };
    std::thread other(work);
    work();
    other.join();
    EXPECT_EQ(count, 2 * kTimes);
}

struct Counter {
    SpinLock lock;
    int count = 0;
};

TEST(SpinLockTest, ExcludesTheOtherRanks) {
    Communicators comms(MPI_COMM_WORLD);
    SharedWindow<Counter> window(comms.group(), 1);
    Counter& counter = window.span().front();
    for (int k = 0; k < kTimes; ++k) {
        const std::scoped_lock held(counter.lock);
        // as slow as an update, so that ranks meet
        const volatile int before = counter.count;
        counter.count = before + 1;
    }
    window.sync();
    EXPECT_EQ(counter.count, kTimes * comms.size());
    window.close();
    comms.close();
}

}  // namespace
}  // namespace hogwild::mpi
