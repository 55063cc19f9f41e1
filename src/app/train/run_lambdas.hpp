#pragma once
#include <cstddef>
#include <functional>
#include <vector>

#include "app/train/run.hpp"

namespace hogwild::app {

/// Whether runs of several categories with these options can be trained together if they differ in
/// lambda alone: they share a weight matrix, and all else is the same whatever lambda is.
bool can_share_matrix(const TrainOptions& options);

/// Receives where the training is, and how many runs go together.
using ShowLambdas = std::function<void(const ProgressRow&, std::size_t)>;
/// Shows n runs that go together, nothing where `show` is empty.
ShowProgress progress_of(ShowLambdas show, std::size_t n);

/// Trains runs of several categories that differ in lambda alone on the same documents at the same
/// time, each output with a column for each lambda. Says nothing on the terminal, and writes no
/// files.
///
/// On one rank, and where each output is trained by one rank, each result is that of
/// run_training(), to the last bit; but a run has its share of all times, and activity and
/// staleness are those of all columns.
///
/// @param options        of the first run, see can_share_matrix(). @param lambdas  of the runs.
/// @param ranks_on_host  all that need memory, those of other runs included.
/// @return               of the first runs, at least of one: of as many as fit, see
///                       TrainingTask::lambdas_that_fit(). Complete on rank 0, INVALID runs too.
/// @throws CollectiveError on all ranks. @note Collective over `comms.world()`.
std::vector<Result> run_lambdas(const TrainOptions& options, const std::vector<double>& lambdas,
                                int ranks_on_host, const mpi::Communicators& comms,
                                const ShowLambdas& show);

}  // namespace hogwild::app
