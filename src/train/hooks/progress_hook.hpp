#pragma once
#include "mpi/progress_wait.hpp"
#include "train/context.hpp"
#include "train/hooks/hook.hpp"
#include "train/progress/global_progress.hpp"

namespace hogwild::train {

/// Refreshes the estimate of the progress of all ranks, which determines the learning rate. Own
/// documents are added to it where changes are applied.
class ProgressHook final : public Hook {
public:
    enum class Refresh {
        sometimes,     ///< every few dozen documents
        every_batch,   ///< before each batch, for ranks that take turns
        by_other_hook  ///< by a hook around this one
    };
    ProgressHook(const TrainingContext& context, GlobalProgress& progress, Refresh refresh)
        : batches_(context.batches), progress_(progress), refresh_(refresh) {}

    void begin_round(std::int64_t iteration) override {
        progress_.begin_round(batches_.documents_before(iteration));
    }
    void before(std::int64_t /*iteration*/) override {
        if (refresh_ == Refresh::sometimes) progress_.keep_up();
        if (refresh_ == Refresh::every_batch) progress_.refresh();
    }
    void end_round() override { progress_.end_round(); }

private:
    const BatchSource& batches_;
    GlobalProgress& progress_;
    Refresh refresh_;
};

/// Waits while this rank is too far ahead of the slowest (stale synchronous parallel).
class BoundedStaleness final : public Hook {
public:
    BoundedStaleness(GlobalProgress& progress, MPI_Comm node) : progress_(progress), node_(node) {}
    void before(std::int64_t /*iteration*/) override {
        progress_.keep_up();
        if (!progress_.exceeds_staleness_bound()) return;
        mpi::timed_progress_until(node_, [this] {
            progress_.refresh();
            return !progress_.exceeds_staleness_bound();
        });
    }

private:
    GlobalProgress& progress_;
    MPI_Comm node_;
};

}  // namespace hogwild::train
