#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/common/evaluate.hpp"
#include "app/common/report.hpp"
#include "app/train/output_evaluation.hpp"
#include "app/train/training_task.hpp"
#include "mpi/communicators.hpp"
#include "train/hooks/averager.hpp"
#include "train/hooks/snapshots.hpp"
#include "train/trainer.hpp"

namespace hogwild::app {

/// Determines the model of a run (the weights, or with --average their mean), evaluates it, and
/// checks that it is finite. All evaluations of a run go through this class, so that options that
/// change the model apply to each of them.
class Evaluator {
public:
    /// @param task    its `model` takes the weights that are evaluated.
    /// @param result  takes metrics and verdict. All arguments must outlive this.
    Evaluator(const TrainOptions& options, const mpi::Communicators& comms, TrainingTask& task,
              Result& result)
        : options_(options),
          comms_(comms),
          task_(task),
          result_(result),
          several_(options, comms, task) {}

    /// Makes what the strategies need to record the course of the run, and hangs it into `context`.
    /// @throws CollectiveError: resource. @note Collective over comms.world().
    void prepare(train::TrainingContext& context);

    void start_clock() {
        if (snapshots_) snapshots_->start();
    }
    /// s, spent on copying since start_clock(): not part of training.
    double copying_seconds() const { return snapshots_ ? snapshots_->copying_seconds() : 0.0; }
    /// Null without --average.
    train::Averager* averager() noexcept { return averager_ ? &*averager_ : nullptr; }

    /// The model as it is now: its validation metrics, with --evaluate-train its objective on the
    /// training documents, and the strategy's meters go into the result's progress row.
    /// @param strategy  quiesced. @note Collective over comms.world().
    void evaluate(train::Trainer& strategy);
    /// The same of the weights that the task has. @param meters  of all ranks.
    void evaluate_present(const train::Meters& meters);
    /// With --evaluate-later: the models that were recorded, one by one; `record` is called after
    /// each with the progress row set. `samples` is what all ranks had done if they were as far as
    /// rank 0. @param strategy  quiesced. @note Collective over comms.world().
    void evaluate_recorded(train::Trainer& strategy, const train::TrainingContext& context,
                           const std::function<void()>& record);
    /// Chooses what the last evaluated model needs from held-out documents: threshold and
    /// calibration. Then its training and test metrics.
    /// @param between_blocks  may throw to end it.
    /// @return the model by the task's list of columns, on every rank. The task's weights are gone.
    /// @throws CollectiveError: bad_data. @note Collective over comms.world().
    model::LinearModel<data::Numbering::listed> finish(const std::function<void()>& between_blocks);
    /// The same with several outputs. @return the rows of OutputEvaluation::trained().
    const model::PaddedMatrix& finish_outputs(const std::function<void()>& between_blocks);

    /// Or the run is INVALID. @param what  for example "the weights".
    void check_finite(std::span<const double> values, const char* what);
    /// The same for what is saved beside the weights. @note Collective over comms.world().
    void check_finite(const train::SavedState& saved);

private:
    /// What is measured of the documents of the training file.
    struct Measured {
        model::Metrics training;    ///< class weights enter the loss and the objective
        model::Metrics validation;  ///< of those held out
    };

    /// @param training  false: not these. @note Collective over comms.world().
    Measured measure(bool training, Ranking ranking);
    void evaluate_model();
    std::vector<model::LabelledScore> held_out_scores();
    void calibrate();
    void check_metrics(const model::Metrics& metrics, const char* what);
    void invalidate(const std::string& reason);
    std::span<double> weights() noexcept { return task_.model.weights; }
    mpi::Communicator world() const { return comms_.world(); }

    const TrainOptions& options_;
    const mpi::Communicators& comms_;
    TrainingTask& task_;
    Result& result_;
    OutputEvaluation several_;
    std::optional<train::Snapshots> snapshots_;  ///< on the ranks that record something
    std::optional<train::Averager> averager_;
};

}  // namespace hogwild::app
