#pragma once
#include "app/predict/predict_options.hpp"
#include "mpi/communicators.hpp"

namespace hogwild::app {

/// `hogwild predict` with a model of several outputs: a line for each document with the categories
/// that are predicted, and figures where labels are known.
/// @throws CollectiveError. @note Collective over `comms.world()`.
void predict_categories(const PredictOptions& options, const mpi::Communicators& comms);

}  // namespace hogwild::app
