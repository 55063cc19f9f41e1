#pragma once
#include <cstdint>
#include <limits>
#include <string>

namespace hogwild::app {

struct TrainOptions;

/// When a run saves what it has reached, and when it has to stop.
struct CheckpointPlan {
    std::string path;  ///< empty: never
    bool resume = false;
    double every_seconds = std::numeric_limits<double>::infinity();
    std::int64_t every_epochs = 0;                                 ///< 0: every_seconds counts
    double max_seconds = std::numeric_limits<double>::infinity();  ///< since MPI was initialised
};

/// @throws Error: usage.
CheckpointPlan checkpoint_plan(const TrainOptions& options);

/// "90", "90s", "55m", "1h30m": seconds. @param option  for messages. @throws Error: usage.
double parse_duration(const std::string& option, const std::string& text);

}  // namespace hogwild::app
