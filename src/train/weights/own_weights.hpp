#pragma once
#include <algorithm>
#include <span>
#include <vector>

#include "mpi/collectives.hpp"
#include "train/batch_step.hpp"
#include "train/regularization/shared_weight_decay.hpp"
#include "train/strategy.hpp"

namespace hogwild::train {

/// A strategy whose ranks have weights of their own: what all of these have in common.
template <class Real>
class OwnWeightsStrategy : public Strategy {
public:
    OwnWeightsStrategy(const TrainingContext& context, const mpi::Communicators& comms)
        : comms_(comms),
          batches_(context.batches),
          step_(context),
          w_(context.objective.n_weights()),
          adder_(context, w_.size()),
          decay_(SharedWeightDecay::make_for_copy<Real>(context, slot_, {0, std::ssize(w_)})) {}

    void quiesce() override { decay_.flush(std::span<Real>(w_)); }
    void weights(std::span<double> out) override {
        std::vector<Real> w = w_;  // this rank's go on as they are
        SharedWeightDecay(decay_).flush(std::span<Real>(w));
        std::ranges::transform(w, out.begin(),
                               [](Real value) { return static_cast<double>(value); });
    }
    bool keeps_bits() const override { return true; }
    /// The ranks' weights are replicas, if there are several that keep bits.
    void save(SavedState& out) const override {
        out.common.put("current_weights", std::span<const Real>(w_));
        adder_.save(out.common);
        decay_.save(out.common);
    }
    void check_restored(const RestoredState& saved) const override {
        if (!saved.exact()) return;
        saved.common().check_length("current_weights", w_.size());
        adder_.check(saved.common());
        decay_.check(saved.common());
    }
    void resume(std::int64_t iteration, std::span<const double> weights,
                const RestoredState& saved) override {
        const data::State* const common = saved.exact() ? &saved.common() : nullptr;
        start_from(iteration, weights, common);
        if (common != nullptr) common->get("current_weights", std::span<Real>(w_));
    }
    Meters meters() const override { return step_.meters(); }
    void close() override {}

protected:
    /// @param saved  for what lies beside the weights; null: nothing.
    void start_from(std::int64_t iteration, std::span<const double> weights,
                    const data::State* saved) {
        iteration_ = iteration;
        documents_ =
            static_cast<double>(mpi::sum(comms_.world(), batches_.documents_before(iteration)));
        std::ranges::transform(weights, w_.begin(), [](double w) { return static_cast<Real>(w); });
        adder_.resume(saved);
        decay_.resume(saved);
    }
    /// The change that this rank's next batch asks for.
    typename BatchStep<Real>::Change compute() {
        return step_.compute(iteration_, std::span<const Real>(w_), documents_);
    }
    /// Shrinks by what the documents ask for, then adds the change, which may be other ranks'.
    void apply(double exponent, std::size_t documents, const model::SparseDelta& delta) {
        decay_.advance(std::span<Real>(w_), exponent, documents);
        adder_.add(std::span<Real>(w_), delta);
        documents_ += static_cast<double>(documents);
    }

    std::int64_t iteration_ = 0;  ///< the next one

private:
    const mpi::Communicators& comms_;
    const BatchSource& batches_;
    double documents_ = 0.0;  ///< of all ranks that are in the weights
    BatchStep<Real> step_;
    std::vector<Real> w_;
    CompensatedAdder<Real> adder_;
    ProgressSlot slot_;
    SharedWeightDecay decay_;
};

}  // namespace hogwild::train
