#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "app/common/sample.hpp"
#include "app/train/train_options.hpp"
#include "data/decision.hpp"
#include "data/feature_order.hpp"
#include "data/numbering.hpp"
#include "data/partition.hpp"
#include "io/dataset.hpp"
#include "model/training_rows.hpp"
#include "mpi/communicators.hpp"

namespace hogwild::app {

/// A dataset together with how its documents are labelled in this run.
struct LabelledDataset {
    io::Dataset dataset;
    io::Labelling labelling;
    /// Where a choice names several categories, see data::names_several(): those of the training
    /// set. Then labels are read as label sets, and `labelling` means nothing.
    std::vector<std::string> categories = {};
};

/// Opens datasets on all ranks. Only rank 0 opens every file: many ranks must not open many
/// shards at once. @throws CollectiveError: no_input, bad_data.
/// @param shown  how messages call them, as many; empty: by their names.
/// @note Collective over `comms.world()`.
std::vector<io::Dataset> open_datasets(const std::vector<std::string>& names,
                                       const mpi::Communicators& comms,
                                       const std::vector<std::string>& shown = {});
/// The same with the labels of a category, or of several.
/// @param category  a name, or a choice of several as of data::chosen_categories().
/// @param decision  highest: of these a document has one, and test sets need not have all of them.
/// @throws CollectiveError: no_input, bad_data, usage. @note Collective over `comms.world()`.
std::vector<LabelledDataset> open_labelled(const std::vector<std::string>& names,
                                           const std::string& category, data::Decision decision,
                                           const mpi::Communicators& comms,
                                           const std::vector<std::string>& shown = {});

/// A training row and its place in a random order of all training rows.
struct SampledRow {
    std::int64_t row = 0;
    std::int64_t place = 0;
};

/// How the rows of the training file are divided.
struct Division {
    std::vector<bool> held_out;           ///< of all rows
    std::vector<SampledRow> sample;       ///< ascending by row: a random sample of all ranks' rows
    std::vector<data::Range> own;         ///< read by this rank; every row by exactly one
    std::int64_t training_documents = 0;  ///< of all ranks
    std::int64_t validation_documents = 0;  ///< of all ranks
};

/// Which rows a rank gets of a file that was not shuffled.
enum class RowOrder {
    dealt,   ///< rows from everywhere, see data::RowDeal
    of_file  ///< contiguous ones, for ranks that gather all rows in the order of the file
};

/// Held-out rows and the sample depend on the file's number of rows and --seed alone. A file that
/// was shuffled when it was converted is cut into contiguous parts; of others, which may be sorted,
/// every rank gets rows from everywhere (see data::RowDeal).
/// @param workers      ranks that get rows: the first ones.
/// @param sample_size  training rows to draw, at most as many as there are.
/// @param order        of the rows of a file that was not shuffled.
/// @throws CollectiveError: bad_data when nothing is left to train on.
/// @note Collective over `comms.world()`.
Division divide_training(LabelledDataset& source, const TrainOptions& options, int workers,
                         std::int64_t sample_size, RowOrder order, const mpi::Communicators& comms);

/// This rank's documents, and the numbers of all ranks'.
struct TrainingData {
    model::TrainingRows training;
    data::NumberedRows<data::Numbering::training> validation;
    Sample sample;  ///< those of the training documents that are in Division::sample
    std::int64_t own_documents = 0;           ///< training documents of this rank
    model::DocumentWeights own_weights;       ///< of them
    model::DocumentWeights held_out_weights;  ///< of this rank's held-out documents
    /// Which training documents are this rank's, counted in the order of the file without those
    /// held out: ascending ranges, in the order of the rows.
    std::vector<data::Range> numbers;
    std::int64_t training_documents = 0;    ///< of all ranks
    std::int64_t validation_documents = 0;  ///< of all ranks
    std::int64_t training_positives = 0;    ///< of all ranks
};

/// Reads the rows of the training file that belong to this rank, in the order of the file, and
/// parts the held-out rows from the others.
/// @throws CollectiveError: bad_data, also when there is only one class to learn from.
/// @note Collective over `comms.world()`.
/// @param order           the features' numbers in the rows that are handed out.
/// @param layout          of the rows to train on.
/// @param between_blocks  may throw to end it.
TrainingData load_training(LabelledDataset& source, const Division& division,
                           const TrainOptions& options, data::FeatureOrder& order,
                           model::TrainingRows::Layout layout, const mpi::Communicators& comms,
                           const std::function<void()>& between_blocks = {});

/// The same without reading documents, but for the sample: labels and weights alone.
TrainingData scan_training(LabelledDataset& source, const Division& division,
                           const TrainOptions& options, data::FeatureOrder& order,
                           model::TrainingRows::Layout layout, const mpi::Communicators& comms,
                           const std::function<void()>& between_blocks = {});

}  // namespace hogwild::app
