#pragma once
#include <cmath>

namespace hogwild::model {

/// Losses by margin m = y (w . x): their value, and the slope -dL/dm that a step follows.
enum class LossKind { hinge, logistic };

/// max(0, 1 - m), the loss of the linear SVM. Not a number if m is not: it must not pass for 0.
struct Hinge {
    static double value(double margin) noexcept { return margin >= 1.0 ? 0.0 : 1.0 - margin; }
    static double slope(double margin) noexcept { return margin < 1.0 ? 1.0 : 0.0; }
};

/// log(1 + exp(-m)), without overflow.
struct Logistic {
    static double value(double margin) noexcept {
        return margin > 0.0 ? std::log1p(std::exp(-margin)) : std::log1p(std::exp(margin)) - margin;
    }
    static double slope(double margin) noexcept { return 1.0 / (1.0 + std::exp(margin)); }
};

/// Regularizers; d_i is the number of entries of document i (bias included), d_u the number of
/// training documents that hold feature u. Objective per document, and its step on w_u, u in x_i:
enum class Regularizer {
    none,
    seed,     ///< lambda sum_u w_u^2 / d_i;    2 lambda w_u / d_i     (seed paper, section IV.B)
    scalar,   ///< lambda (sum_u w_u)^2 / d_i;  2 lambda (sum_v w_v) / d_i for every u
    hogwild,  ///< lambda sum_u w_u^2 / d_u;    2 lambda w_u / d_u     (Niu et al. 2011, eq. 2.3)
    l2,       ///< 1/2 lambda |w|^2;            lambda w_u for every feature, in x_i or not
};

/// Calls `f` with an instance of the loss's type: dispatch once, outside the kernels.
template <class F>
decltype(auto) with_loss(LossKind kind, F&& f) {
    return kind == LossKind::hinge ? f(Hinge{}) : f(Logistic{});
}

}  // namespace hogwild::model
