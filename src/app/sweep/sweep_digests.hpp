#pragma once
#include <vector>

#include "app/common/load.hpp"
#include "app/sweep/sweep_state.hpp"
#include "app/train/train_options.hpp"
#include "mpi/communicators.hpp"

namespace hogwild::app {

/// What the trainings of a sweep read: all of them the same.
/// @param opened  the training set, then the test sets. @param options  of any training.
/// @throws CollectiveError: no_input, bad_data, io. @note Collective over `comms.world()`.
DatasetDigests digests_of(const std::vector<LabelledDataset>& opened, const TrainOptions& options,
                          const mpi::Communicators& comms);

}  // namespace hogwild::app
