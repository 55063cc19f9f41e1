#pragma once
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "app/sweep/sweep_options.hpp"
#include "app/train/run.hpp"
#include "app/train/train_options.hpp"
#include "io/model_file.hpp"

/// Trainings that differ in lambda only. On a regularization path each starts from the model of the
/// one before, whose lambda is the next larger; those of several categories on a weight matrix are
/// trained together.
namespace hogwild::app {

/// Where a training stands among those that differ in lambda only.
struct PathPlace {
    std::string path;  ///< all settings but lambda; empty: no other training matters to it
    double lambda = 0.0;
    bool together = false;  ///< trained at the same time, see run_lambdas(); else one after another
    bool on() const noexcept { return !path.empty(); }
};

/// Only `dual` walks along paths, where it ends at a gap: what an epoch comes to depends on the
/// start.
/// @param sweep  with lambda_path for one category, with lambda_columns for several.
PathPlace path_place(const SweepOptions& sweep, const TrainOptions& options);

/// Of the grid's first point, where lambda varies; else it is not on().
PathPlace first_place(const SweepOptions& options);

/// Trainings in another order: a path stands where its first training stood, lambdas falling.
/// @param place_of  of a training.
std::vector<std::size_t> along_paths(std::vector<std::size_t> trainings,
                                     const std::function<PathPlace(std::size_t)>& place_of);

/// Trains one after the other on a group of ranks.
class PathTrainer {
public:
    /// As run_training(); from the model of the last training if that was VALID and on the same
    /// path, along which trainings follow one after another. @note Collective over `group.world()`.
    Result train(const TrainOptions& options, const mpi::Communicators& group,
                 const ShowProgress& show, const PathPlace& place);

private:
    std::string last_path_;  ///< empty: there is no model to start from
    io::Model last_;         ///< on the group's first rank
};

}  // namespace hogwild::app
