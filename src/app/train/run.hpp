#pragma once
#include <cstdint>
#include <functional>

#include "app/common/report.hpp"
#include "app/train/train_options.hpp"
#include "data/stopwatch.hpp"
#include "model/training_rows.hpp"
#include "mpi/communicators.hpp"
#include "train/context.hpp"
#include "train/sampling/sampler.hpp"

namespace hogwild::io {
struct Model;
}

namespace hogwild::app {

/// Checks that these options can run on this layout of ranks. The same on all ranks, without
/// communication or data. @throws CollectiveError: usage.
void check_layout(const TrainOptions& options, const mpi::Communicators& comms);

/// What a benchmark or a sweep wants of a run besides its result.
struct TrainingHooks {
    /// How often the training rows are held in memory, for data that would fit the caches. The work
    /// stays that of one copy: as many documents, taken from all copies; an epoch is one copy's.
    std::int64_t copies = 1;
    /// Called on every rank between loading and training, with its rows and batches. Collective.
    std::function<void(const model::TrainingRows&, train::BatchSource&)> before_training = {};
    /// Whether a run that shows progress begins with advice about placement and data.
    bool advice = true;
    /// A model to start from, in place of --initial-model; null: none. Read on rank 0, but all
    /// ranks have one or none.
    const io::Model* initial = nullptr;
    /// Where the trained model goes, unless the run is INVALID; null: nowhere. Written on rank 0,
    /// but all ranks have one or none.
    io::Model* trained = nullptr;
};

/// Called on rank 0 after every evaluation, and a few times a second while training goes on; may be
/// empty.
using ShowProgress = std::function<void(const ProgressRow&)>;

/// One training run from files to verdict: load, then run, quiesce, evaluate and log until done,
/// then the model. Says nothing on the terminal.
///
/// @param since_start  what elapsed_seconds and total_seconds count from.
/// @return             complete on rank 0, without total_seconds elsewhere; INVALID runs too.
/// @throws CollectiveError on all ranks. @note Collective over `comms.world()`.
Result run_training(const TrainOptions& options, const mpi::Communicators& comms,
                    const data::Stopwatch& since_start, const ShowProgress& show,
                    const TrainingHooks& hooks = {});

}  // namespace hogwild::app
