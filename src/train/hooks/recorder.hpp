#pragma once
#include <span>

#include "train/context.hpp"
#include "train/hooks/hook.hpp"

namespace hogwild::train {

/// Takes the snapshots, and the readings for the average, that are due.
/// @tparam Weights  has begin_view(), view(u) and copy_to(span<double>).
template <class Weights>
class Recorder final : public Hook {
public:
    Recorder(const TrainingContext& context, Weights& weights)
        : context_(context), weights_(weights) {}

    void before(std::int64_t iteration) override {
        if (!records_weights(context_, iteration)) return;
        weights_.begin_view();
        record_weights(
            context_, iteration, [this](std::size_t u) { return weights_.view(u); },
            [this](std::span<double> out) { weights_.copy_to(out); });
    }

private:
    const TrainingContext& context_;
    Weights& weights_;
};

}  // namespace hogwild::train
