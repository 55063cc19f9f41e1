#pragma once
#include <functional>
#include <string>
#include <vector>

#include "app/common/evaluate.hpp"
#include "app/common/load.hpp"
#include "data/partition.hpp"
#include "model/matrix_evaluation.hpp"
#include "mpi/communicator.hpp"

/// What evaluate.hpp has for one output, for several.
namespace hogwild::app {

/// Metrics over the rows that all ranks hold in memory.
/// @param model  the same on every rank. @param labels  of the rows.
/// @note Collective over `comm`.
model::MatrixMetrics evaluate_rows(const model::MatrixModel<data::Numbering::training>& model,
                                   const data::NumberedRows<data::Numbering::training>& own_rows,
                                   const data::LabelSets& labels, mpi::Communicator comm,
                                   Ranking ranking = Ranking::no);
/// The same over training documents: class weights enter the loss and the objective.
/// @param own  the rows that this rank evaluates.
model::MatrixMetrics evaluate_rows(const model::MatrixModel<data::Numbering::training>& model,
                                   const model::TrainingRows& rows, data::Range own,
                                   const data::LabelSets& labels, mpi::Communicator comm);

/// Metrics over whole datasets, straight from their files in bounded blocks, every rank its part.
/// The scores of all documents are kept for the measures of the ranking, unless there are too many.
/// @param categories      the names of the outputs.
/// @param columns         the list that the model numbers features by.
/// @param between_blocks  may throw to end it.
/// @throws CollectiveError: bad_data. @note Collective over `comms.world()`.
model::MatrixMetrics evaluate_datasets(const model::MatrixModel<data::Numbering::listed>& model,
                                       const std::vector<std::string>& categories,
                                       const data::FeatureSet& columns,
                                       std::vector<LabelledDataset>& datasets,
                                       const mpi::Communicators& comms,
                                       const std::function<void()>& between_blocks = {});

}  // namespace hogwild::app
