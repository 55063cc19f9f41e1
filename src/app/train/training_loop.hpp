#pragma once
#include <cstdint>
#include <string>

#include "app/train/run_setup.hpp"
#include "data/stopwatch.hpp"

namespace hogwild::app {

/// From the first batch to the last: train, quiesce, evaluate, log, save, until done.
class TrainingLoop {
public:
    /// @param run  prepared. Both arguments must outlive this.
    TrainingLoop(RunSetup& run, const ShowProgress& show)
        : run_(run), show_(show), result_(run.state.result) {}

    /// Afterwards the result says why training ended; `stopped` when a checkpoint is all there is.
    /// @throws CollectiveError. @note Collective.
    void run();

private:
    void run_and_evaluate_later();
    /// Trains to an evaluation, with pauses in between where there is a checkpoint to write.
    /// @return what was decided at its end.
    Checkpointing::Decision run_round(std::int64_t until);
    /// Trains without a pause.
    void advance(std::int64_t until, bool quiesce);
    /// Where training pauses next, at the latest at `until`.
    std::int64_t next_pause(std::int64_t until) const;
    /// Of a strategy of the dual problem, at the end of an epoch; sets `near_enough_`.
    void certify(bool at_any_rate);
    void evaluate();
    void record();
    /// Shows how far training is, with the results of the last evaluation.
    /// @param iteration  this rank's next batch.
    void show_between_evaluations(std::int64_t iteration) const;
    double seconds_left(const ProgressRow& row) const;
    bool should_stop_early();
    /// @pre the strategy is quiesced, or keeps bits.
    void save_checkpoint();
    void stop_with_checkpoint(const std::string& reason);

    RunSetup& run_;
    const ShowProgress& show_;
    Result& result_;
    bool near_enough_ = false;  ///< the optimum is as near as --gap asks
    data::Stopwatch watch_;     ///< of the training since the last pause
};

}  // namespace hogwild::app
