#pragma once
#include <algorithm>
#include <span>
#include <vector>

#include "hogwild/train/batch_step.hpp"
#include "hogwild/train/decay.hpp"
#include "hogwild/train/strategy.hpp"

namespace hogwild::train {

/// A strategy whose ranks have weights of their own: what all of these have in common.
template <class Real>
class OwnWeightsStrategy : public Strategy {
public:
    explicit OwnWeightsStrategy(const Problem& problem)
        : step_(problem),
          w_(problem.objective.n_weights()),
          adder_(problem, w_.size()),
          decay_(Decay::make_for_copy<Real>(problem, slot_, {0, std::ssize(w_)})) {}

    void quiesce() override { decay_.flush(std::span<Real>(w_)); }
    void weights(std::span<double> out) override {
        std::ranges::transform(w_, out.begin(), [](Real w) { return static_cast<double>(w); });
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
        std::ranges::transform(weights, w_.begin(), [](double w) { return static_cast<Real>(w); });
        adder_.resume(saved);
        decay_.resume(saved);
    }
    BatchStep<Real>& step() noexcept { return step_; }
    std::span<const Real> w() const noexcept { return w_; }
    /// Shrinks by what the documents ask for, then adds the change.
    void apply(double exponent, std::size_t documents, const model::SparseDelta& delta) {
        decay_.advance(std::span<Real>(w_), exponent, documents);
        adder_.add(std::span<Real>(w_), delta);
    }

    std::int64_t iteration_ = 0;  ///< the next one

private:
    BatchStep<Real> step_;
    std::vector<Real> w_;
    WeightAdder<Real> adder_;
    ProgressSlot slot_;
    Decay decay_;
};

}  // namespace hogwild::train
