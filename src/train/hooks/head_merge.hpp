#pragma once
#include "mpi/spin_wait.hpp"
#include "train/context.hpp"
#include "train/hooks/hook.hpp"
#include "train/hooks/yield_timer.hpp"
#include "train/meters/staleness_meter.hpp"

namespace hogwild::train {

/// Merges a rank's hot head into the shared weights when a merge is due, and before and after each
/// yield, so that a sleeping rank holds no unmerged change and a waking rank no old values. Also
/// bounds how far this rank may be ahead of the slowest.
/// @tparam Weights  HotWeights or MatrixWeights.
template <class Weights>
class HeadMerge final : public Hook {
public:
    HeadMerge(const TrainingContext& context, Weights& weights, StalenessMeter& staleness)
        : weights_(weights),
          staleness_(staleness),
          yield_timer_(context.oversubscribed),
          merge_every_(context.hot_head_plan.merge_every) {}

    void begin_round(std::int64_t /*iteration*/) override { weights_.enter(); }
    void after(const Slice& slice) override {
        since_merge_ += static_cast<std::int64_t>(slice.documents);
        const bool yields = yield_timer_.due(slice.documents);
        if (yields || since_merge_ >= merge_every_) merge();
        weights_.merge_bias();
        if (!yields) return;
        YieldTimer::yield();
        merge();
    }
    void end_round() override { weights_.leave(); }
    void restart() noexcept { since_merge_ = 0; }

private:
    void merge() {
        since_merge_ = 0;
        weights_.progress().refresh();
        if (weights_.progress().exceeds_staleness_bound()) wait_for_slowest();
        weights_.merge_head();
        staleness_.merged();
    }
    /// Merges every block, waits for the slowest rank, and merges again to pick up its changes.
    void wait_for_slowest() {
        weights_.flush_head();
        weights_.while_away([this] {
            mpi::spin_until([this] {
                weights_.progress().refresh();
                return !weights_.progress().exceeds_staleness_bound();
            });
        });
        weights_.flush_head();
    }

    Weights& weights_;
    StalenessMeter& staleness_;
    YieldTimer yield_timer_;
    std::int64_t merge_every_;  ///< documents of this rank
    std::int64_t since_merge_ = 0;
};

}  // namespace hogwild::train
