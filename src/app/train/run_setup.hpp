#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "app/common/outputs.hpp"
#include "app/common/stop_request.hpp"
#include "app/train/checkpointing.hpp"
#include "app/train/evaluator.hpp"
#include "app/train/run.hpp"
#include "app/train/run_state.hpp"
#include "app/train/training_task.hpp"
#include "mpi/placement.hpp"
#include "train/hooks/progress_report.hpp"

namespace hogwild::app {

/// The parts of one run, and their construction in order.
class RunSetup {
public:
    /// All arguments must outlive this.
    RunSetup(const TrainOptions& run_options, const mpi::Communicators& communicators,
             const data::Stopwatch& started, std::int64_t copies);
    RunSetup(const RunSetup&) = delete;  // its parts refer to each other
    RunSetup& operator=(const RunSetup&) = delete;

    /// Opens all files before training, so that errors appear in the first second.
    /// @param initial  see TrainingHooks.
    /// @throws CollectiveError. @note Collective, like prepare(), start_log() and close().
    void open_files(const io::Model* initial);
    /// Loads the data, makes the strategy and restores the state of a resumed run.
    /// @param show  empty: nothing is reported while training goes on.
    void prepare(const ShowProgress& show);
    /// Writes the first line of the log, and messages for the user.
    /// @param advice  about placement and data; with --verbose also their tables.
    void start_log(bool advice);
    /// Takes a round of training into a row. @param seconds  it took this rank.
    /// @note Collective.
    void advance(ProgressRow& row, std::int64_t iteration, double seconds) const;
    /// Completes the result of an evaluated run by what it says of its settings and costs.
    /// @note Collective.
    void describe(Result& result) const;
    /// Releases shared memory and locks of the strategy.
    void close();

    bool root() const { return comms.rank() == 0; }
    mpi::Communicator world() const { return comms.world(); }
    /// Seconds since the start; of a resumed run since its first start, without the time in
    /// between.
    double elapsed() const { return state.elapsed_before + since_start.seconds(); }

    const TrainOptions& options;
    const mpi::Communicators& comms;
    const data::Stopwatch& since_start;
    TrainingTask task;
    RunState state;
    Evaluator evaluator;
    StopRequest stop;
    Checkpointing checkpointing;
    std::optional<Outputs> outputs;         ///< on rank 0
    train::ProgressReport progress_report;  ///< in use on rank 0, if progress is shown
    std::optional<train::TrainingContext> context;
    std::unique_ptr<train::Trainer> strategy;

private:
    void check_shared_memory() const;
    void start_from_model();
    void restore_averager(const data::State& from, const train::RestoredState& saved);
    void restore_strategy(const data::State& from, const train::RestoredState& saved);
    void show_start(const std::vector<mpi::Placement>& placements, bool advice) const;
};

}  // namespace hogwild::app
