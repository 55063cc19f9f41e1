#pragma once
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "app/common/report.hpp"
#include "app/train/training_task.hpp"
#include "io/model_file.hpp"
#include "mpi/placement.hpp"

namespace hogwild::app {

/// The log's first row: everything that is needed to repeat the run.
nlohmann::ordered_json start_json(const TrainOptions& options, const mpi::Communicators& comms,
                                  const TrainingTask& task,
                                  const std::vector<mpi::Placement>& placements);

/// The content of the model file.
io::Model trained_model(const TrainOptions& options, const mpi::Communicators& comms,
                        const TrainingTask& task, const Result& result,
                        model::LinearModel<data::Numbering::listed> trained);
/// The same with several outputs. @param rows  as OutputEvaluation::trained().
io::Model trained_model(const TrainOptions& options, const mpi::Communicators& comms,
                        const TrainingTask& task, const Result& result,
                        const model::PaddedMatrix& rows);

}  // namespace hogwild::app
