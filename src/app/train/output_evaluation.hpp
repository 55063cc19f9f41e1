#pragma once
#include <functional>
#include <vector>

#include "app/common/report.hpp"
#include "app/train/training_task.hpp"
#include "model/matrix_model.hpp"

namespace hogwild::app {

/// What Evaluator does where a run tells several categories from the rest. The model is the task's:
/// inputs x outputs in the numbering of the training rows.
class OutputEvaluation {
public:
    /// All arguments must outlive this.
    OutputEvaluation(const TrainOptions& options, const mpi::Communicators& comms,
                     TrainingTask& task)
        : options_(options), comms_(comms), task_(task) {}

    /// The held-out and, with --evaluate-train, the training documents' figures go into the row.
    /// @note Collective over comms.world(), like finish().
    void evaluate(ProgressRow& row);
    /// Chooses the thresholds of --threshold f1; then all figures. The task's weights are gone.
    /// @param between_blocks  may throw to end it. @throws CollectiveError: bad_data.
    void finish(Result& result, const std::function<void()>& between_blocks);
    /// The finished model: a row for every column of the task's list, then one of zeros and that of
    /// the bias; each of row_stride(outputs) floats.
    const model::PaddedMatrix& trained() const noexcept { return rows_; }

private:
    model::MatrixModel<data::Numbering::training> model_in_training();
    void choose_thresholds(const model::MatrixModel<data::Numbering::training>& model);
    std::vector<model::OutputModel> outputs() const;

    const TrainOptions& options_;
    const mpi::Communicators& comms_;
    TrainingTask& task_;
    model::PaddedMatrix rows_;
    std::vector<double> thresholds_;  ///< by output; empty: none were chosen
};

}  // namespace hogwild::app
