#pragma once
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/sweep/lambda_path.hpp"
#include "app/sweep/sweep_options.hpp"
#include "app/sweep/sweep_progress.hpp"
#include "app/sweep/sweep_table.hpp"
#include "app/train/run_lambdas.hpp"
#include "data/error.hpp"
#include "mpi/communicators.hpp"

namespace hogwild::app {

/// What a group of ranks trains, and writes down as the state of the sweep.
class GroupTrainer {
public:
    /// See training_key().
    using KeyOf = std::function<std::string(const TrainOptions&)>;

    /// @param group          its ranks. @param all  all ranks of the sweep.
    /// @param progress       shows what is trained on rank 0 of all. All arguments must outlive
    ///                       this.
    GroupTrainer(const SweepOptions& options, const mpi::Communicators& group,
                 const mpi::Communicators& all, SweepProgress& progress, KeyOf key_of)
        : options_(options),
          group_(group),
          all_(all),
          progress_(progress),
          key_of_(std::move(key_of)) {}

    /// Trains one after another, or several together that follow each other and differ in lambda
    /// alone, see run_lambdas(). What goes wrong with a training alone is its outcome; only when it
    /// cannot be written down does the group stop, with a failure().
    /// @note Collective over the group.
    void train(std::span<const Training> trainings);

    /// On the group's first rank a line for each training that has ended, see state_line().
    const std::string& lines() const noexcept { return lines_; }
    const std::optional<Error>& failure() const noexcept { return failure_; }

private:
    std::size_t count_together(std::span<const Training> trainings) const;
    std::vector<Outcome> outcomes_of(std::span<const Training> trainings);
    std::vector<Outcome> train_together(std::span<const Training> trainings,
                                        const ShowLambdas& show) const;
    Outcome train_alone(const Training& training, const ShowProgress& show);
    void write(const Training& training, const Outcome& outcome);

    const SweepOptions& options_;
    const mpi::Communicators& group_;
    const mpi::Communicators& all_;
    SweepProgress& progress_;
    KeyOf key_of_;
    PathTrainer path_trainer_;
    std::string lines_;
    std::optional<Error> failure_;
};

}  // namespace hogwild::app
