#pragma once
#include <cstdint>
#include <string>

#include "app/train/checkpoint_plan.hpp"
#include "data/stopwatch.hpp"

namespace hogwild::app {

/// Whether this rank has been asked to stop: by a signal, or by the time.
class StopRequest {
public:
    /// Without a checkpoint to write no rank is asked: signals end the process.
    /// @param since_start  must outlive this.
    StopRequest(const CheckpointPlan& plan, const data::Stopwatch& since_start);

    /// The reason to stop, as a number for a reduction; 0: continue.
    std::int64_t reason() const;
    /// "SIGUSR1", "SIGTERM", …, "--max-time"; "" for 0.
    static std::string name_of(std::int64_t reason);
    /// For long work between two checkpoints. @throws Error: stopped_early.
    void check(const char* while_doing) const;

private:
    static constexpr std::int64_t kMaxTime = 1;  ///< a signal is above it by its number

    double max_seconds_;
    const data::Stopwatch& since_start_;
    bool on_;
};

}  // namespace hogwild::app
