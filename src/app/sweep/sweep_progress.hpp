#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "app/common/report.hpp"
#include "app/sweep/sweep_state.hpp"
#include "cli/status_line.hpp"
#include "data/stopwatch.hpp"
#include "mpi/mailbox.hpp"

namespace hogwild::app {

/// What a sweep shows while it trains: "training 4 of 12, 41 s left: …". Groups of ranks train at
/// the same time; rank 0 shows the results of all of them.
class SweepProgress {
public:
    /// @param trainings  of all groups. @param quiet  rank 0 shows nothing.
    /// @note Collective over `world`, which is not owned.
    SweepProgress(mpi::Communicator world, std::int64_t trainings, bool quiet);

    /// Call on a group's first rank when a training has ended. @param name  its settings.
    void add(const std::string& name, const Outcome& outcome);
    /// Call on rank 0 while its group trains. @param together  trainings at the same time.
    void show(const std::string& name, const ProgressRow& row, std::int64_t together);
    /// Leaves the core to those that still train, until all ranks are here and rank 0 has shown
    /// all results. @note Collective.
    void finish();

private:
    void show_arrived();
    void show_ended(const std::string& message);
    std::string position(std::int64_t training, double done) const;

    mpi::Communicator world_;
    std::int64_t trainings_;
    mpi::Mailbox mailbox_;
    // on rank 0
    std::optional<StatusLine> line_;
    data::Stopwatch watch_;
    std::int64_t ended_ = 0;
};

}  // namespace hogwild::app
