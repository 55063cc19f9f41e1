#pragma once
#include <cmath>
#include <functional>
#include <optional>
#include <span>

#include "model/loss.hpp"
#include "model/ranking.hpp"

namespace hogwild::model {

/// p and 1 - p, neither by subtraction.
struct Chances {
    double positive;
    double negative;
};
inline Chances chances(double exponent) noexcept {
    const double small = std::exp(-std::abs(exponent));
    const double large = 1.0 / (1.0 + small);
    if (exponent >= 0.0) return {small * large, large};
    return {large, small * large};
}

/// Platt's calibration: the probability of +1 as a logistic function of the score.
struct Platt {
    double a = -1.0;  ///< below 0 where higher scores are more likely +1
    double b = 0.0;

    /// 1 / (1 + exp(a score + b)), without overflow. The logistic loss needs a = -1, b = 0.
    double probability(double score) const noexcept { return chances(a * score + b).positive; }
};

/// Adds up numbers over all ranks, in place, with the same result on each of them.
using SumOverRanks = std::function<void(std::span<double>)>;

/// Fits the calibration to documents by maximum likelihood: Newton's method with the safeguards
/// of Lin, Lin and Weng (2007), "A note on Platt's probabilistic outputs for support vector
/// machines", and Platt's targets (N+ + 1) / (N+ + 2) and 1 / (N- + 2) in place of 1 and 0.
/// Documents count by their weights.
/// @param own  finite scores of this rank's documents, in any order.
/// @return the same on all ranks; nothing without documents of both labels.
/// @note Collective if `sum` is.
std::optional<Platt> fit_platt(std::span<const LabelledScore> own, const SumOverRanks& sum);

}  // namespace hogwild::model
