#pragma once
#include <functional>
#include <string>

#include "hogwild/app/checkpoint_plan.hpp"
#include "hogwild/app/clock.hpp"

namespace hogwild::app {

/// Whether this rank has been asked to stop: by a signal, or by the time.
class StopRequest {
public:
    /// Catches signals from now on if there is a checkpoint to write; else they end the process.
    /// @param since_start  must outlive this.
    StopRequest(const CheckpointPlan& plan, const Stopwatch& since_start);

    /// "SIGUSR1", "SIGTERM", "--max-time", or empty: go on.
    std::string reason() const;
    /// For long work between two checkpoints. @throws Error: stopped_early.
    void check(const char* while_doing) const;

private:
    double max_seconds_;
    const Stopwatch& since_start_;
    bool on_;
};

}  // namespace hogwild::app
