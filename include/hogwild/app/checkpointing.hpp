#pragma once
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "hogwild/app/checkpoint_plan.hpp"
#include "hogwild/app/clock.hpp"
#include "hogwild/app/stop_request.hpp"
#include "hogwild/app/train_options.hpp"
#include "hogwild/data/state.hpp"
#include "hogwild/io/checkpoint_file.hpp"
#include "hogwild/mpi/communicators.hpp"

namespace hogwild::app {

/// The checkpoints of one training run: what has been reached goes to a file now and then, and a
/// later run goes on from it. All ranks pause together between stretches of training and agree, by
/// a reduction, whether to save or to stop; without --checkpoint nobody ever pauses.
class Checkpointing {
public:
    /// All arguments must outlive this.
    Checkpointing(const TrainOptions& options, const StopRequest& stop,
                  const mpi::Communicators& comms);

    bool on() const noexcept { return !plan_.path.empty(); }

    /// Finds out on rank 0 that the file can be written and, with --resume, loads the newest whole
    /// checkpoint and hands it to all ranks.
    /// @param digests  of the datasets, training first.
    /// @throws AgreedError: usage when it is of another run. @note Collective.
    void open(const std::vector<std::string>& digests);

    /// Null: starts anew.
    const io::Checkpoint* resumed() const noexcept { return resumed_ ? &*resumed_ : nullptr; }
    /// What there is to say about it, for people; on rank 0.
    const std::string& note() const noexcept { return note_; }

    /// Iterations to do before the next pause: about half a second.
    std::int64_t stretch() const noexcept { return stretch_; }
    /// What all ranks have agreed on.
    struct Decision {
        std::string stop;  ///< why; empty: go on
        bool save = false;
    };
    /// @note Collective.
    Decision pause(double epoch);

    /// Writes a checkpoint. @param own  of this rank. @param state  of the run; rank 0's counts.
    /// @throws AgreedError: io. @note Collective.
    void save(const data::State& own, const data::State& state,
              std::vector<std::pair<std::string, std::string>> facts);
    double seconds() const noexcept { return seconds_; }    ///< spent in save()
    std::int64_t saved() const noexcept { return saved_; }  ///< checkpoints

private:
    void load(const std::vector<std::string>& digests);
    void check_same_run(const io::Checkpoint& found, const std::string& path,
                        const std::vector<std::string>& digests) const;
    void share();
    MPI_Comm world() const { return comms_.world(); }

    const TrainOptions& options_;
    const StopRequest& stop_;
    const mpi::Communicators& comms_;
    CheckpointPlan plan_;
    std::optional<io::CheckpointFile> file_;  ///< on rank 0
    std::optional<io::Checkpoint> resumed_;
    std::vector<std::string> digests_;
    std::string note_;
    std::int64_t stretch_ = 1;
    Stopwatch since_pause_;
    Stopwatch since_save_;
    double next_epoch_ = 0.0;
    double seconds_ = 0.0;
    std::int64_t saved_ = 0;
};

}  // namespace hogwild::app
