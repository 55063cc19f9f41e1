#pragma once
#include <sched.h>

#include <chrono>

namespace hogwild::mpi {

/// Looks until `holds()`; after some looks in vain it gives the core to somebody else between them,
/// who may be the one that is waited for.
template <class Condition>
void spin_until(Condition&& holds) {
    constexpr int kLooks = 200;
    for (int looks = 1; !holds(); ++looks) {
        if (looks % kLooks == 0) sched_yield();
    }
}

/// As spin_until.
/// @return seconds waited; 0, and no clock is read, when the condition holds at the first look.
template <class Condition>
double timed_spin_until(Condition&& holds) {
    if (holds()) return 0.0;
    using Clock = std::chrono::steady_clock;
    const Clock::time_point start = Clock::now();
    spin_until(holds);
    return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace hogwild::mpi
