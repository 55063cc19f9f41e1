#pragma once
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "app/common/stop_request.hpp"
#include "app/train/checkpoint_plan.hpp"
#include "app/train/checkpoint_store.hpp"
#include "app/train/train_options.hpp"
#include "data/feature_set.hpp"
#include "data/partition.hpp"
#include "data/state.hpp"
#include "data/stopwatch.hpp"
#include "io/checkpoint_file.hpp"
#include "mpi/communicators.hpp"
#include "train/saved_state.hpp"

namespace hogwild::app {

/// The checkpoints of one training run: the run saves its state to a file at intervals, and a later
/// run continues from it. All ranks pause together between intervals of training and agree, by a
/// reduction, whether to save or to stop. Without --checkpoint no rank pauses.
class Checkpointing {
public:
    /// All arguments must outlive this.
    Checkpointing(const TrainOptions& options, const StopRequest& stop,
                  const mpi::Communicators& comms);

    bool on() const noexcept { return !plan_.path.empty(); }

    /// Checks on rank 0 that the file can be written and does not replace another. With --resume,
    /// loads the newest valid checkpoint and sends its state to all ranks.
    /// @param digests  of the datasets, training first. @param shape  see check_checkpoint().
    /// @throws CollectiveError: usage if the checkpoint is of another run, bad_data, cannot_create.
    /// @note Collective.
    void open(const std::vector<std::string>& digests, model::WeightShape shape);

    /// Names the features of the weights. @param columns  in the order of the saved weights.
    /// @throws CollectiveError: bad_data if the weights of the resumed run are of others.
    /// @note Collective.
    void set_feature_list(const data::FeatureSet& columns);

    /// State of the resumed run, on every rank; null: the run starts anew.
    const data::State* resumed() const noexcept { return resumed_ ? &state_ : nullptr; }
    /// The same for strategies and averager. Valid as long as resumed().
    /// @param documents  see TrainingData::numbers; must outlive what is returned.
    train::RestoredState restored(std::span<const data::Range> documents) const {
        return {comms_.world(), state_, own_, vectors_, exact_, documents};
    }
    /// Frees what resumed() and restored() gave.
    void forget_resumed();
    /// A message for the user about old checkpoints, on rank 0; empty: none.
    const std::string& note() const noexcept;

    /// Iterations to do before the next pause: about half a second.
    std::int64_t interval() const noexcept { return interval_; }
    /// The decision of all ranks.
    struct Decision {
        std::string stop;  ///< the reason; empty: continue
        bool save = false;
    };
    /// @note Collective.
    Decision pause(double epoch);

    /// Writes a checkpoint.
    /// @param saved      state of this rank. @param state  of the run; used on rank 0 only.
    /// @param documents  see TrainingData::numbers.
    /// @throws CollectiveError: io. @note Collective.
    void save(const train::SavedState& saved, const data::State& state,
              std::span<const data::Range> documents);
    double seconds() const noexcept { return seconds_; }    ///< spent in save()
    std::int64_t saved() const noexcept { return saved_; }  ///< checkpoints

private:
    std::vector<std::pair<std::string, std::string>> identity() const;
    void check_same_run(const io::Checkpoint& found, const std::string& path) const;
    void share(std::optional<io::Checkpoint>& found);
    mpi::Communicator world() const { return comms_.world(); }

    const TrainOptions& options_;
    const StopRequest& stop_;
    const mpi::Communicators& comms_;
    CheckpointPlan plan_;
    std::optional<CheckpointStore> store_;  ///< on rank 0
    bool resumed_ = false;
    bool exact_ = false;   ///< on as many ranks, with steps in the same form
    data::State state_;    ///< of the run that is continued
    data::State own_;      ///< of this rank, if exact
    data::State vectors_;  ///< on rank 0
    std::vector<std::string> digests_;
    std::string feature_list_;  ///< digest, on rank 0; before set_feature_list() the resumed run's
    std::int64_t interval_ = 1;
    data::Stopwatch since_pause_;
    data::Stopwatch since_save_;
    double next_epoch_ = 0.0;
    double seconds_ = 0.0;
    std::int64_t saved_ = 0;
};

}  // namespace hogwild::app
