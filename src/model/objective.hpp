#pragma once
#include "model/loss.hpp"

namespace hogwild::model {

/// Regularizers; d_i is the number of entries of document i (bias included), d_u the number of
/// training documents that hold feature u. Objective per document, and its step on w_u, u in x_i:
enum class Regularizer {
    none,
    seed,     ///< lambda sum_u w_u^2 / d_i;    2 lambda w_u / d_i     (seed paper, section IV.B)
    scalar,   ///< lambda (sum_u w_u)^2 / d_i;  2 lambda (sum_v w_v) / d_i for every u
    hogwild,  ///< lambda sum_u w_u^2 / d_u;    2 lambda w_u / d_u     (Niu et al. 2011, eq. 2.3)
    l2,       ///< 1/2 lambda |w|^2;            lambda w_u for every feature, in x_i or not
};

}  // namespace hogwild::model
