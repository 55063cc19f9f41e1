#pragma once
#include <algorithm>
#include <span>
#include <vector>

#include "model/gradient.hpp"
#include "train/context.hpp"
#include "train/engine.hpp"
#include "train/hooks/hook.hpp"
#include "train/regularization/shared_weight_decay.hpp"
#include "train/sampling/slice_reader.hpp"
#include "train/weights/compensated_adder.hpp"

namespace hogwild::train {

/// Weights that only this rank reads and writes, and their weight decay.
template <class Real>
class LocalWeights final : public Hook {
public:
    explicit LocalWeights(const TrainingContext& context)
        : context_(context),
          gradient_(context.objective, context.regularization.in_gradient()),
          w_(context.objective.shape.size()),
          adder_(context, w_.size()),
          decay_(SharedWeightDecay::make_for_copy(context, slot_, {0, std::ssize(w_)})) {}

    /// The gradient step of a batch at these weights. Valid until the next call.
    const model::SparseDelta& change_of(const PlainReader::Batch& batch, const Step& step) {
        const model::SparseDelta& change = gradient_.step(context_.rows.plain(), batch.rows(),
                                                          std::span<const Real>(w_), step.eta);
        active_ += gradient_.active();
        return change;
    }
    /// Applies the weight decay of some documents, then their change, which may come from another
    /// rank. @param step_sum  learning rate times documents.
    void apply(double step_sum, std::size_t documents, const model::SparseDelta& change) {
        decay_.advance(std::span<Real>(w_), step_sum, documents);
        adder_.add(std::span<Real>(w_), change);
        documents_ += static_cast<double>(documents);
    }
    std::span<Real> span() noexcept { return w_; }
    /// Documents of all ranks whose changes are in the weights.
    double documents() const noexcept { return documents_; }
    /// Documents of this rank so far whose gradient was not 0.
    std::size_t active() const noexcept { return active_; }

    void settle(Phase phase) override {
        if (phase == Phase::decay) decay_.flush(std::span<Real>(w_));
    }
    /// Copies the weights with all weight decay applied; does not change them.
    void copy_settled_to(std::span<double> out) const {
        std::vector<Real> w = w_;
        SharedWeightDecay(decay_).flush(std::span<Real>(w));
        std::ranges::transform(w, out.begin(),
                               [](Real value) { return static_cast<double>(value); });
    }
    /// The interface for a Recorder.
    static void begin_view() noexcept {}
    double view(std::size_t u) const noexcept { return static_cast<double>(w_[u]); }
    void copy_to(std::span<double> out) const {
        for (std::size_t u = 0; u < out.size(); ++u) out[u] = view(u);
    }

    void save(data::State& out) const {
        out.put("current_weights", std::span<const Real>(w_));
        adder_.save(out);
        decay_.save(out);
    }
    /// Checks that resume() can use the state. @throws Error: bad_data.
    void check(const data::State& saved) const {
        saved.check_length("current_weights", w_.size());
        adder_.check(saved);
        decay_.check(saved);
    }
    /// @param documents  of all ranks whose changes are in the weights.
    /// @param saved      from save(); null: continues from `weights` alone.
    void resume(double documents, std::span<const double> weights, const data::State* saved) {
        documents_ = documents;
        std::ranges::transform(weights, w_.begin(), [](double w) { return static_cast<Real>(w); });
        adder_.resume(saved);
        decay_.resume(saved);
        if (saved != nullptr) saved->get("current_weights", std::span<Real>(w_));
    }

private:
    const TrainingContext& context_;
    model::BatchGradient<Real> gradient_;
    std::vector<Real> w_;
    CompensatedAdder<Real> adder_;
    ProgressSlot slot_;
    SharedWeightDecay decay_;
    double documents_ = 0.0;
    std::size_t active_ = 0;
};

}  // namespace hogwild::train
