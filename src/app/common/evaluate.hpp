#pragma once
#include <functional>
#include <span>
#include <vector>

#include "app/common/load.hpp"
#include "model/evaluation.hpp"
#include "mpi/communicator.hpp"

namespace hogwild::app {

/// What is measured besides what follows from counts.
enum class Ranking { no, yes };  ///< AUC and average precision: sorts 16 bytes per document

/// The rows of a dataset that evaluate_datasets reads on this rank.
data::Range evaluated_rows(const io::Dataset& dataset, const mpi::Communicators& comms);

/// Metrics over whole datasets, straight from their files in bounded blocks, every rank its part.
/// @param columns         the list that the model numbers features by.
/// @param between_blocks  may throw to end it.
/// @throws CollectiveError: bad_data. @note Collective over `comms.world()`.
model::Metrics evaluate_datasets(const model::LinearModel<data::Numbering::listed>& model,
                                 const data::FeatureSet& columns,
                                 std::vector<LabelledDataset>& datasets,
                                 const mpi::Communicators& comms,
                                 const std::function<void()>& between_blocks = {});

/// Sets the measures of the ranking. @param own  scores of this rank's documents.
/// @note Collective over `comm`.
void add_ranking(std::vector<model::LabelledScore> own, mpi::Communicator comm,
                 model::Metrics& metrics);

/// Adds up the ranks' tallies in rank order. @note Collective over `comm`.
model::Tally sum_tallies(const model::Tally& own, mpi::Communicator comm);

}  // namespace hogwild::app
