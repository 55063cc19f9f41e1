#pragma once
#include <string>
#include <vector>

#include "app/train/train_options.hpp"
#include "io/dataset.hpp"
#include "model/weight_shape.hpp"
#include "mpi/communicators.hpp"

namespace hogwild::app {

/// The model from which a run starts (--initial-model).
struct InitialModel {
    /// By column of the dataset's files, the bias last; empty: all weights start at 0.
    std::vector<double> weights;

    bool given() const noexcept { return !weights.empty(); }
    std::size_t features() const noexcept { return given() ? weights.size() - 1 : 0; }
    /// The weights in a shape at least as wide: features that are new to the model weigh nothing.
    std::vector<double> in(model::WeightShape shape) const;
};

/// Reads the model on rank 0 and sends its weights to all ranks.
/// @param training  the dataset that the run learns from.
/// @throws CollectiveError: no_input, or bad_data for a model of other ids or another positive
///         class; usage for one with a bias and --bias off. @note Collective over comms.world().
InitialModel read_initial_model(const TrainOptions& options, const io::Dataset& training,
                                const mpi::Communicators& comms);

}  // namespace hogwild::app
