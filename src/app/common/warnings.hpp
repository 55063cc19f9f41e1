#pragma once
#include <string>
#include <vector>

#include "app/common/report.hpp"
#include "app/train/training_task.hpp"

namespace hogwild::app {

/// What is doubtful about a model that is VALID, a sentence each, with the likely cause and what
/// to do: worse than all-zero weights, or a class that is never predicted.
/// @param result  with training and test metrics. @note Collective over comms.world().
std::vector<std::string> find_warnings(const Result& result, const TrainingTask& task,
                                       const mpi::Communicators& comms);

}  // namespace hogwild::app
