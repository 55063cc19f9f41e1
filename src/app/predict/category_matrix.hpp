#pragma once
#include "app/predict/category_scorer.hpp"
#include "app/predict/predict_options.hpp"
#include "io/dataset.hpp"
#include "mpi/communicators.hpp"

namespace hogwild::app {

/// Writes the scores of all documents of a dataset for all categories to --matrix, in the order of
/// the dataset. The ranks score their parts in rounds, so that memory stays bounded.
/// @throws CollectiveError: bad_data, cannot_create, io. @note Collective over `comms.world()`.
void write_score_matrix(const PredictOptions& options, const CategoryScorer& scorer,
                        io::Dataset& dataset, const mpi::Communicators& comms);

}  // namespace hogwild::app
