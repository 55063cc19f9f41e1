#pragma once
#include <string>
#include <vector>

#include "app/common/report.hpp"
#include "app/train/training_task.hpp"

namespace hogwild::app {

/// Warnings about a VALID model that is worse than all-zero weights, or never predicts a class.
/// Each is a sentence with the likely cause and a remedy.
/// @param result  with training and test metrics. @note Collective over comms.world().
std::vector<std::string> find_warnings(const Result& result, const TrainingTask& task,
                                       const mpi::Communicators& comms);

/// Adds warnings about classes that are never predicted, and about a recall of 0.
/// @param what  the documents: "training", "test", "labelled".
void add_unpredicted(const char* what, const model::Metrics& m, std::vector<std::string>& out);

}  // namespace hogwild::app
