#pragma once
#include <cstdint>

#include "app/common/report.hpp"
#include "app/train/train_options.hpp"
#include "app/train/training_task.hpp"
#include "data/state.hpp"
#include "model/early_stopping.hpp"

namespace hogwild::app {

/// The progress of a run, without its weights, as checkpoints save and restore it.
class RunState {
public:
    explicit RunState(const TrainOptions& options)
        : stopping(static_cast<std::size_t>(options.patience), options.stop_by) {}

    /// Restores settings of the task: what `auto` chose, and --iterations for the
    /// present number of workers.
    /// @param from  state of the saved run.
    void restore_settings(const data::State& from, const TrainOptions& options, TrainingTask& task,
                          int ranks);
    /// Restores progress and times. Call after the data are loaded. @note Collective.
    void restore_progress(const data::State& from, const TrainingTask& task);
    /// Saves the state for a checkpoint. @param elapsed_seconds  of the whole run so far.
    void save(data::State& out, const TrainOptions& options, const TrainingTask& task,
              double elapsed_seconds) const;

    Result result;
    model::EarlyStopping stopping;  ///< on rank 0
    bool stopped_early = false;     ///< early stopping has ended the run
    double elapsed_before = 0.0;    ///< seconds of the saved run

private:
    /// Number of workers to which --iterations refers, if the run began on another number; else 0.
    std::int64_t iterations_of_ = 0;
};

}  // namespace hogwild::app
