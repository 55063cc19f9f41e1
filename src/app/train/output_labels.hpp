#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "app/common/load.hpp"
#include "data/decision.hpp"
#include "data/label_sets.hpp"

namespace hogwild::app {

/// Which of several categories the documents of a rank have.
struct OutputLabels {
    std::vector<std::string> categories;  ///< that are learnt, one per output
    /// Those that were asked for and have no training document, or all of them.
    std::vector<std::string> skipped;
    std::vector<std::int64_t> positives;  ///< training documents of all ranks, by output
    data::LabelSets training;             ///< of this rank's documents, as TrainingData has them
    data::LabelSets validation;
    data::LabelSets sample;  ///< of the documents of TrainingData::sample

    /// The output with the most training documents.
    std::size_t most_frequent() const {
        return static_cast<std::size_t>(std::ranges::max_element(positives) - positives.begin());
    }
};

/// Reads the labels of the documents that load_training() reads, in the same order.
/// @param source  with the categories that were asked for.
/// @param decision  highest: each document must have one of these labels.
/// @throws CollectiveError: bad_data where nothing can be learnt, or labels are not such.
/// @note Collective over `comms.world()`.
OutputLabels load_output_labels(LabelledDataset& source, const Division& division,
                                data::Decision decision, const mpi::Communicators& comms);

/// Gives this rank the training documents of all ranks, in rank order, with their labels.
/// @param data  its training rows are compact. @return the rows that were this rank's before.
/// @note Collective over `comms.world()`.
data::Range gather_training(TrainingData& data, data::LabelSets& labels,
                            const mpi::Communicators& comms);

}  // namespace hogwild::app
