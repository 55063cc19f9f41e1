#include "model/gradient.hpp"

#include <cassert>

namespace hogwild::model {
namespace {

template <class Real>
double weight_sum(std::span<const Real> w, data::SparseRow x) noexcept {
    double sum = 0.0;
    for (const std::uint32_t u : x.index) sum += static_cast<double>(load(w[u]));
    return sum;
}

/// The kernel of all strategies that train with batches. For each document it computes the dot
/// product and adds the document's contribution to the sums of its features.
/// @return documents whose gradient is not 0.
template <class Real, class Loss, Regularizer kRegularizer>
std::size_t accumulate(const Objective& objective, const data::Rows& rows,
                       std::span<const std::uint32_t> batch, std::span<const Real> w,
                       BatchAccumulator& sums) {
    std::size_t active = 0;
    constexpr bool kTouchesAll = kRegularizer != Regularizer::none;
    const auto b = static_cast<std::uint32_t>(objective.shape.bias());
    const ClassWeights step_weights = objective.step_weights;
    for (const std::uint32_t i : batch) {
        const data::SparseRow x = rows.row(i);
        const int y = rows.label(i);
        const double bias = objective.bias ? static_cast<double>(load(w[b])) : 0.0;
        const double c = step_weights.of(y) * static_cast<double>(rows.weight(i));
        const double gradient = c * (y * Loss::slope(y * (dot(w, x) + bias)));
        active += gradient != 0.0 ? 1 : 0;
        if (!kTouchesAll && gradient == 0.0) continue;

        double regularizer = 0.0;
        double offset = 0.0;
        if constexpr (kRegularizer == Regularizer::seed) {
            regularizer = c * objective.inverse_length(x);
        }
        if constexpr (kRegularizer == Regularizer::scalar) {
            offset = c * (2.0 * objective.lambda * (weight_sum(w, x) + bias) *
                          objective.inverse_length(x));
        }
        for (std::size_t k = 0; k < x.size(); ++k) {
            const std::uint32_t u = x.index[k];
            if constexpr (kRegularizer == Regularizer::hogwild) {
                regularizer = objective.inverse_degree[u];
            }
            sums.add(u, gradient * static_cast<double>(x.value[k]) - offset, regularizer);
        }
        if (objective.bias) {
            if constexpr (kRegularizer == Regularizer::hogwild) {
                regularizer = objective.inverse_degree[b];
            }
            sums.add(b, gradient - offset, regularizer);
        }
    }
    return active;
}

}  // namespace

template <class Real>
BatchGradient<Real>::BatchGradient(const Objective& objective, bool regularized)
    : objective_(objective),
      accumulate_(choose(objective, regularized ? objective.regularizer : Regularizer::none)),
      accumulator_(objective.shape.size()) {
    assert(objective.shape.outputs == 1);
}

template <class Real>
typename BatchGradient<Real>::Accumulate BatchGradient<Real>::choose(const Objective& objective,
                                                                     Regularizer effective) {
    return with_loss(objective.loss, [&]<class Loss>(Loss) -> Accumulate {
        switch (effective) {
            case Regularizer::seed:
                return accumulate<Real, Loss, Regularizer::seed>;
            case Regularizer::scalar:
                return accumulate<Real, Loss, Regularizer::scalar>;
            case Regularizer::hogwild:
                return accumulate<Real, Loss, Regularizer::hogwild>;
            case Regularizer::l2:
            case Regularizer::none:
                break;
        }
        return accumulate<Real, Loss, Regularizer::none>;
    });
}

template <class Real>
const SparseDelta& BatchGradient<Real>::step(const data::Rows& rows,
                                             std::span<const std::uint32_t> batch,
                                             std::span<const Real> w, double eta) {
    active_ = accumulate_(objective_, rows, batch, w, accumulator_);
    delta_.clear();
    const double regularizer_factor = 2.0 * objective_.lambda;
    accumulator_.drain([&](std::uint32_t u, const BatchAccumulator::Sums& sums) {
        const double penalty = sums.regularizer != 0.0 ? regularizer_factor * sums.regularizer *
                                                             static_cast<double>(load(w[u]))
                                                       : 0.0;
        delta_.push(u, eta * (sums.gradient - penalty));
    });
    return delta_;
}

template class BatchGradient<float>;
template class BatchGradient<double>;

}  // namespace hogwild::model
