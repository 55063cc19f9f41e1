#pragma once
#include <algorithm>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "model/gradient.hpp"
#include "train/hooks/yield_timer.hpp"
#include "train/strategy.hpp"

namespace hogwild::train {

/// Adds changes to weights of type Real without losing what lies below its resolution.
template <class Real>
class CompensatedAdder {
public:
    /// @param n_weights  length of the weights.
    CompensatedAdder(const TrainingContext& context, std::size_t n_weights)
        : own_(carries(context) ? n_weights : 0), carry_(own_) {}
    /// @param carry  what is carried, as long as the weights or empty; not owned. Ranks that take
    ///               turns can share it.
    explicit CompensatedAdder(std::span<double> carry) : carry_(carry) {}
    CompensatedAdder(const CompensatedAdder&) = delete;
    CompensatedAdder& operator=(const CompensatedAdder&) = delete;

    /// Whether anything is carried: in float a document's share of the regularizer can lie below
    /// the weights' resolution.
    static bool carries(const TrainingContext& context) {
        using model::Regularizer;
        const bool fine_changes = !context.aggregated &&
                                  context.objective.regularizer != Regularizer::none &&
                                  context.objective.regularizer != Regularizer::l2;
        return std::is_same_v<Real, float> && fine_changes;
    }

    /// w += delta.
    template <model::WriteMode kMode = model::WriteMode::plain, class Probe = model::NoProbe>
    void add(std::span<Real> w, const model::SparseDelta& delta, Probe&& probe = {}) {
        if (carry_.empty()) {
            model::add<kMode>(w, delta, probe);
        } else {
            model::add_carrying<kMode>(w, delta, carry_, probe);
        }
    }

    void save(data::State& saved) const {
        if (!carry_.empty()) saved.put("carry", std::span<const double>(carry_));
    }
    /// Whether resume() can use it. @throws Error: bad_data.
    void check(const data::State& saved) const {
        if (!carry_.empty()) saved.check_length("carry", carry_.size());
    }
    /// @param saved  what save() gave; null: nothing is carried.
    void resume(const data::State* saved) {
        std::ranges::fill(carry_, 0.0);
        if (saved != nullptr && !carry_.empty()) saved->get("carry", carry_);
    }

private:
    std::vector<double> own_;  ///< where the carry is this rank's alone
    std::span<double> carry_;
};

/// What every strategy does with a batch before it differs from the others: draw it, look up the
/// learning rate, compute the change of the weights.
template <class Real>
class BatchStep {
public:
    explicit BatchStep(const TrainingContext& context)
        : context_(context),
          yield_timer_(context.oversubscribed),
          gradient_(context.objective, context.aggregated) {}

    struct Change {
        const model::SparseDelta& delta;
        double eta;       ///< learning rate per document
        double exponent;  ///< learning rate times documents: what SharedWeightDecay is charged with
        std::size_t documents;
    };
    /// A change that changes nothing.
    static Change nothing() {
        static const model::SparseDelta none;
        return {none, 0.0, 0.0, 0};
    }
    /// The change that batch `iteration` asks for at weights `w`; valid until the next call.
    /// @param documents  of all ranks that are in the weights, see GlobalProgress.
    Change compute(std::int64_t iteration, std::span<const Real> w, double documents) {
        const auto weight = [w](std::size_t u) { return static_cast<double>(model::load(w[u])); };
        record_weights(context_, iteration, weight, [&](std::span<double> out) {
            for (std::size_t u = 0; u < out.size(); ++u) out[u] = weight(u);
        });
        const std::span<const std::uint32_t> batch = context_.batches.batch(iteration);
        if (yield_timer_.due(batch.size())) YieldTimer::yield();
        const double eta = context_.learning_rate(documents);
        const model::SparseDelta& delta = gradient_.step(context_.rows.plain(), batch, w, eta);
        documents_ += batch.size();
        pulling_ += gradient_.pulling();
        return {delta, eta, eta * static_cast<double>(batch.size()), batch.size()};
    }

    /// How many documents there were, and how many of them had a pull.
    Meters meters() const {
        Meters meters;
        meters.documents = static_cast<double>(documents_);
        meters.pulling = static_cast<double>(pulling_);
        return meters;
    }

private:
    const TrainingContext& context_;
    YieldTimer yield_timer_;
    model::BatchGradient<Real> gradient_;
    std::size_t documents_ = 0;
    std::size_t pulling_ = 0;
};

}  // namespace hogwild::train
