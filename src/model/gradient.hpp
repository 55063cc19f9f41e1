#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "data/rows.hpp"
#include "model/accumulator.hpp"
#include "model/class_weights.hpp"
#include "model/kernels.hpp"
#include "model/objective.hpp"
#include "model/weight_shape.hpp"

namespace hogwild::model {

/// What is minimised. The bias is an input of value 1 in every document (see WeightShape) and is
/// regularised and counted in d_i like the features.
struct Objective {
    LossKind loss = LossKind::hinge;
    Regularizer regularizer = Regularizer::seed;
    double lambda = 1e-4;  ///< >= 0
    bool bias = true;
    WeightShape shape;
    /// 1 / d_u by input (bias included), 0 for features that no training document holds; used by
    /// Regularizer::hogwild only.
    std::vector<double> inverse_degree;
    /// With Regularizer::l2: what each weight is divided by in the norm, by input; empty: nothing.
    /// Values that were multiplied by these numbers in training have weights of that size there.
    std::vector<double> norm_factors;
    /// Of the training documents, whose losses count by these and by their own weights. Other
    /// documents count by their own weights alone.
    ClassWeights class_weights;
    /// The same divided by the mean weight of all training documents (own times that of the class).
    /// The step on a document is longer by its own weight times this number.
    ClassWeights step_weights;

    /// 1 / d_i; 0 for an empty document without bias.
    double inverse_length(data::SparseRow x) const noexcept {
        const auto d = static_cast<double>(x.size() + (bias ? 1 : 0));
        return d > 0.0 ? 1.0 / d : 0.0;
    }
};

/// The batch gradient step of all the seed paper's systems:
///
///   g = sum over the batch of c_i ( y_i x_i slope_i - r_i ),  delta = eta g,
///
/// a sum and not a mean, evaluated at the weights at the time of the call. c_i is the weight of
/// document i divided by the mean weight of all training documents, r_i the step of the enum
/// Regularizer; Regularizer::hogwild belongs to features and counts r_i without c_i. Two cases are
/// left to the caller (see LazyWeightDecay): l2, which is dense, and every regularizer if
/// `regularized` is false.
template <class Real>
class BatchGradient {
public:
    /// @param objective   not owned; must outlive this.
    /// @param regularized  false: the regularizer is left out.
    BatchGradient(const Objective& objective, bool regularized);

    /// @param batch  rows of `rows`; may be empty.
    /// @param w      all weights, possibly shared with ranks that write them.
    /// @return       valid until the next call.
    const SparseDelta& step(const data::Rows& rows, std::span<const std::uint32_t> batch,
                            std::span<const Real> w, double eta);
    /// Documents of the last step's batch whose slope is not 0: with the hinge loss those that
    /// violate the margin.
    std::size_t active() const noexcept { return active_; }

private:
    using Accumulate = std::size_t (*)(const Objective&, const data::Rows&,
                                       std::span<const std::uint32_t>, std::span<const Real>,
                                       BatchAccumulator&);
    static Accumulate choose(const Objective& objective, Regularizer effective);

    const Objective& objective_;
    Accumulate accumulate_;
    BatchAccumulator accumulator_;
    SparseDelta delta_;
    std::size_t active_ = 0;
};

extern template class BatchGradient<float>;
extern template class BatchGradient<double>;

}  // namespace hogwild::model
