#pragma once
#include <span>
#include <vector>

#include "app/train/train_options.hpp"
#include "data/partition.hpp"
#include "io/dataset.hpp"
#include "io/dual_store.hpp"
#include "mpi/communicators.hpp"
#include "train/trainer.hpp"

namespace hogwild::app {

/// The dual variables that a run has come to, by the ids of its training documents, on rank 0.
/// @param strategy  quiesced; it saves `dual_variables`.
/// @param numbers   of this rank's training documents, see TrainingData.
/// @throws CollectiveError: bad_data. @note Collective over comms.world().
io::DualVariables trained_variables(const train::Trainer& strategy, const TrainOptions& options,
                                    io::Dataset& training, std::span<const data::Range> numbers,
                                    const mpi::Communicators& comms);

/// What is known of a run's training documents, in the order of the file without those held out:
/// new documents begin at 0. Where an id occurs several times, one of its variables is taken.
/// Not collective. @throws Error: bad_data.
std::vector<double> variables_by_number(const io::DualVariables& known, const TrainOptions& options,
                                        io::Dataset& training);

}  // namespace hogwild::app
