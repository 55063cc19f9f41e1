#pragma once
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "app/train/train_options.hpp"
#include "io/checkpoint_file.hpp"
#include "model/weight_shape.hpp"

/// Rules for checkpoints. Every file is checked before anything of it is used, and before it is
/// written.
namespace hogwild::app {

/// The options, with their values, that must be equal in the saved and the resumed run.
std::vector<std::pair<std::string, std::string>> identity(const TrainOptions& options);

/// Those of the saved run, in the same order. An option that is newer than the checkpoint has its
/// default.
std::vector<std::pair<std::string, std::string>> identity(const io::Checkpoint& checkpoint);

/// Checks a checkpoint: every name is known, required names exist, every number is finite and in
/// its range, and the lengths of arrays are consistent.
/// @param shape  of the weights of the run, without the features that only an initial model has.
/// @throws Error: bad_data, without the name of the file.
void check_checkpoint(const io::Checkpoint& checkpoint, model::WeightShape shape);

/// Where a checkpoint stands in its training.
struct Standing {
    /// Identity and training data in one text: what --resume insists on.
    std::string training;
    double documents = 0.0;  ///< processed by all ranks

    /// Whether the file of this one must not give way to one that stands there: it is of another
    /// training, or further along.
    bool outranks(const Standing& other) const {
        return training != other.training || documents > other.documents;
    }
};
/// @throws Error: bad_data when it does not say where it stands.
Standing standing_of(const io::Checkpoint& checkpoint);

}  // namespace hogwild::app
