#pragma once
#include <cstdint>
#include <vector>

#include "app/train/train_options.hpp"
#include "data/feature_counts.hpp"
#include "data/feature_set.hpp"
#include "data/state.hpp"
#include "io/dataset.hpp"
#include "io/model_file.hpp"
#include "mpi/communicators.hpp"

namespace hogwild::app {

/// The model from which a run starts.
struct InitialModel {
    bool given = false;
    std::int64_t features = 0;           ///< columns of its training data
    std::vector<std::uint32_t> columns;  ///< ascending, of weights other than 0
    std::vector<double> weights;         ///< of the columns, the bias last; none after resume()
    io::DualVariables dual;  ///< on rank 0, for a strategy that uses them, where the model has them

    /// The weights of a list that has all the columns, the bias last: features that are new to the
    /// model weigh nothing.
    std::vector<double> in(const data::FeatureSet& list) const;
    /// Adds to `features` the columns that only the model has, without documents.
    void add_to(data::FeatureCounts& features);
    /// Saves what a resumed run needs besides its weights: those columns. Call after add_to().
    void save(data::State& out) const;
    /// @param saved  from save(); it has passed check_checkpoint().
    void resume(const data::State& saved);

private:
    std::vector<std::uint32_t> added_;  ///< by add_to()
};

/// Gives all ranks the weights of the model that rank 0 has, or reads (--initial-model).
/// @param given     see TrainingHooks; null: there is only the option.
/// @param training  the dataset that the run learns from.
/// @throws CollectiveError: no_input, or bad_data for a model of other ids or another positive
///         class; usage for one with a bias and --bias off. @note Collective over comms.world().
InitialModel find_initial_model(const TrainOptions& options, const io::Model* given,
                                const io::Dataset& training, const mpi::Communicators& comms);

}  // namespace hogwild::app
