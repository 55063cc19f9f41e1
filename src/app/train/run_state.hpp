#pragma once
#include <cstdint>

#include "app/common/report.hpp"
#include "app/train/train_options.hpp"
#include "app/train/training_task.hpp"
#include "data/state.hpp"
#include "model/early_stopping.hpp"

namespace hogwild::app {

/// What a run has reached besides its weights: what a checkpoint keeps of it, and what a run that
/// goes on from one begins with.
class RunState {
public:
    /// @param patience  of early stopping, see model::EarlyStopping.
    explicit RunState(std::int64_t patience) : stopping(static_cast<std::size_t>(patience)) {}

    /// Gives the task what the data cannot tell: the learning rate that `auto` chose, and
    /// --iterations for the present number of workers.
    /// @param from  of the run that is continued.
    void restore_settings(const data::State& from, const TrainOptions& options, TrainingTask& task,
                          int ranks);
    /// Progress and times, after the data are loaded. @note Collective.
    void restore_progress(const data::State& from, const TrainingTask& task);
    /// For a checkpoint. @param elapsed_seconds  of the whole run until now.
    void save(data::State& out, const TrainOptions& options, const TrainingTask& task,
              double elapsed_seconds) const;

    Result result;
    model::EarlyStopping stopping;  ///< on rank 0
    bool stopped_early = false;     ///< it has said so
    double elapsed_before = 0.0;    ///< seconds, of the run that is continued

private:
    /// Workers that --iterations counts for, if the run began on others; else 0.
    std::int64_t iterations_of_ = 0;
};

}  // namespace hogwild::app
