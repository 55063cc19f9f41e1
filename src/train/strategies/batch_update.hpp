#pragma once
#include <cstddef>
#include <span>

#include "model/gradient.hpp"
#include "train/context.hpp"
#include "train/engine.hpp"
#include "train/meters/meters.hpp"
#include "train/meters/staleness_meter.hpp"
#include "train/progress/global_progress.hpp"
#include "train/sampling/slice_reader.hpp"
#include "train/weights/compensated_adder.hpp"
#include "train/weights/shared_weights.hpp"

namespace hogwild::train {

/// SGD with batches on shared weights (seed paper, section II.B): the gradient of a batch is
/// computed outside protect() (with Turns in this rank's turn). The change is applied inside it,
/// together with the counters for progress and staleness, which other ranks read.
template <class Real, class Protected>
class BatchUpdate {
public:
    /// The arguments are not owned.
    BatchUpdate(const TrainingContext& context, SharedWeights<Real>& weights,
                CompensatedAdder<Real>& adder, Protected& protection, StoreProbe& probe,
                StalenessMeter& staleness, GlobalProgress& progress)
        : rows_(context.rows.plain()),
          weights_(weights),
          adder_(adder),
          protection_(protection),
          probe_(probe),
          staleness_(staleness),
          progress_(progress),
          gradient_(context.objective, context.regularization.in_gradient()) {}

    void operator()(const PlainReader::Batch& batch, const Step& step) {
        if (batch.size() == 0) return;
        staleness_.before_reading();
        const std::span<Real> w = weights_.span();
        const model::SparseDelta& change = gradient_.step(rows_, batch.rows(), w, step.eta);
        active_ += gradient_.active();
        protection_.protect(change, [&] {
            const double step_sum = step.eta * static_cast<double>(batch.size());
            weights_.decay().template advance<kWriteMode>(w, step_sum, batch.size());
            adder_.template add<kWriteMode>(w, change, probe_);
            staleness_.after_writing();
            progress_.advance(batch.size());
        });
    }
    /// Documents so far whose gradient was not 0.
    std::size_t active() const noexcept { return active_; }

private:
    static constexpr model::WriteMode kWriteMode = Protected::kWriteMode;

    const data::Rows& rows_;
    SharedWeights<Real>& weights_;
    CompensatedAdder<Real>& adder_;
    Protected& protection_;
    StoreProbe& probe_;
    StalenessMeter& staleness_;
    GlobalProgress& progress_;
    model::BatchGradient<Real> gradient_;
    std::size_t active_ = 0;
};

}  // namespace hogwild::train
