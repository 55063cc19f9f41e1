/// What TrainingTask does to choose the features of which each rank keeps a copy.
#include <algorithm>

#include "app/common/run_collectively.hpp"
#include "app/train/training_task.hpp"
#include "mpi/collectives.hpp"

namespace hogwild::app {

bool TrainingTask::may_have_hot_head() const {
    return strategy().has_hot_head && (strategy().is_dual || options_.writes_only_active());
}

void TrainingTask::choose_hot_head() {
    if (!may_have_hot_head()) return;
    run_collectively(world(), [&] {
        // a rank that has a weight matrix for itself keeps its bits
        const bool alone =
            trains_outputs_together() && (deals_outputs() || comms_.group_size() == 1);
        hot_head_plan =
            train::choose_hot_head(hot_head_setting(), features_.count,
                                   alone ? 0 : options_.hot_features, options_.merge_every);
    });
    // Of nodes whose caches differ, the first decides: all ranks must number the weights alike.
    const auto from_root = [&](std::int64_t value) { return mpi::broadcast(world(), 0, value); };
    hot_head_plan.size =
        static_cast<std::size_t>(from_root(static_cast<std::int64_t>(hot_head_plan.size)));
    hot_head_plan.by_document = from_root(std::int64_t{hot_head_plan.by_document}) != 0;
}

train::HotHeadSetting TrainingTask::hot_head_setting() const {
    train::HotHeadSetting setting{
        .batch_size = options_.batch_fraction > 0.0 ? source->dataset.rows() : options_.batch_size,
        .ranks = comms_.group_size(),
        .weight_bytes =
            options_.precision == train::Precision::single_ ? sizeof(float) : sizeof(double)};
    const std::int64_t rows = source->dataset.rows();
    if (trains_outputs_together()) {
        setting.batch_size = 1;
        // Merges cost rows, as documents do: what pays does not depend on the length of a row.
        setting.most_features = 1024;
        setting.together = std::clamp<std::int64_t>(rows / comms_.replicas() / 5, 256, 4096);
    }
    if (strategy().is_dual) {
        setting.batch_size = 1;
        setting.ranks = deals_outputs() ? 1 : std::min(workers, comms_.group_size());
        // steps of dual ascent overshoot sooner than those of SGD; the more documents, the less
        setting.together = std::clamp<std::int64_t>(rows / comms_.replicas() / 400, 128, 512);
        setting.too_frequent = rows / 1000;  // only the head is damped
    }
    return setting;
}

}  // namespace hogwild::app
