#pragma once
#include <sched.h>

#include <chrono>

namespace hogwild::mpi {

/// Polls until `holds()` returns true. After some polls it yields the core between them, since the
/// process that it waits for may need that core.
template <class Condition>
void spin_until(Condition&& holds) {
    constexpr int kPollsPerYield = 200;
    for (int polls = 1; !holds(); ++polls) {
        if (polls % kPollsPerYield == 0) sched_yield();
    }
}

/// As spin_until.
/// @return seconds waited; 0, without reading a clock, if the condition holds at the first poll.
template <class Condition>
double timed_spin_until(Condition&& holds) {
    if (holds()) return 0.0;
    using Clock = std::chrono::steady_clock;
    const Clock::time_point start = Clock::now();
    spin_until(holds);
    return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace hogwild::mpi
