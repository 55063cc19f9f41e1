#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "hogwild/app/train_options.hpp"
#include "hogwild/data/feature_order.hpp"
#include "hogwild/data/numbering.hpp"
#include "hogwild/data/partition.hpp"
#include "hogwild/io/dataset.hpp"
#include "hogwild/model/training_rows.hpp"
#include "hogwild/mpi/communicators.hpp"

namespace hogwild::app {

/// A dataset together with how its documents are labelled in this run.
struct LabelledDataset {
    io::Dataset dataset;
    io::Labelling labelling;
};

/// @throws Error: no_input, bad_data, usage. Not collective.
LabelledDataset open_labelled(const std::string& name, const std::string& category);
/// The same on all ranks, where rank 0 alone looks at every file: a set of many shards is not
/// opened by many ranks at once. @throws AgreedError. @note Collective over `comms.world()`.
std::vector<LabelledDataset> open_labelled(const std::vector<std::string>& names,
                                           const std::string& category,
                                           const mpi::Communicators& comms);

/// How the rows of the training file are divided.
struct Division {
    std::vector<bool> held_out;             ///< of all rows
    data::Range own;                        ///< read by this rank; every row by exactly one
    std::int64_t training_documents = 0;    ///< of all ranks
    std::int64_t validation_documents = 0;  ///< of all ranks
};

/// @param workers  ranks that get rows: the first ones.
/// @throws AgreedError: bad_data when nothing is left to train on.
/// @note Collective over `comms.world()`.
Division divide_training(LabelledDataset& source, const TrainOptions& options, int workers,
                         const mpi::Communicators& comms);

/// This rank's documents, and the numbers of all ranks'.
struct TrainingData {
    model::TrainingRows training;
    data::NumberedRows<data::Numbering::training> validation;
    std::int64_t training_documents = 0;    ///< of all ranks
    std::int64_t validation_documents = 0;  ///< of all ranks
    std::int64_t training_positives = 0;    ///< of all ranks
};

/// Reads the contiguous part of the training file that belongs to this rank, and parts the
/// held-out rows from the others.
/// @throws AgreedError: bad_data, also when there is only one class to learn from.
/// @note Collective over `comms.world()`.
/// @param order           the features' numbers in the rows that are handed out.
/// @param layout          of the rows to train on.
/// @param between_blocks  may throw to end it.
TrainingData load_training(LabelledDataset& source, const Division& division,
                           const TrainOptions& options, data::FeatureOrder& order,
                           model::TrainingRows::Layout layout, const mpi::Communicators& comms,
                           const std::function<void()>& between_blocks = {});

}  // namespace hogwild::app
