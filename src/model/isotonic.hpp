#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "model/ranking.hpp"

namespace hogwild::model {

/// Isotonic calibration: the probability of +1 as a non-decreasing function of the score, linear
/// between points and constant beyond them, as scikit-learn's IsotonicRegression with
/// out_of_bounds="clip".
struct Isotonic {
    std::vector<double> scores;         ///< strictly ascending, at least one
    std::vector<double> probabilities;  ///< as many, non-decreasing, from 0 to 1

    double probability(double score) const noexcept {
        if (std::isnan(score)) return score;
        if (score <= scores.front()) return probabilities.front();
        if (score >= scores.back()) return probabilities.back();
        const auto at = std::ranges::upper_bound(scores, score);
        const auto k = static_cast<std::size_t>(at - scores.begin());
        const double share = (score - scores[k - 1]) / (scores[k] - scores[k - 1]);
        return std::lerp(probabilities[k - 1], probabilities[k], share);
    }
};

/// Documents of adjacent scores, which have one probability.
struct PooledScores {
    double highest = 0.0;
    double lowest = 0.0;
    double positives = 0.0;  ///< their total weight
    double negatives = 0.0;

    double probability() const noexcept { return positives / (positives + negatives); }
};

/// The least-squares fit of probabilities that do not rise with falling scores: adjacent groups
/// that violate the order are pooled (Ayer et al. 1955, doi:10.1214/aoms/1177728423). The pools of
/// some ranges of scores, one after the other, pool to those of all scores.
/// @param groups  by descending score.
std::vector<PooledScores> pool_violators(std::span<const PooledScores> groups);
/// The same of documents. @param scores  sorted by descending score; all documents of one score
///                                       are in one range.
std::vector<PooledScores> pool_violators(std::span<const LabelledScore> scores);

/// The function through the ends of all pools. @param pools  at least one.
Isotonic isotonic_of(std::span<const PooledScores> pools);

}  // namespace hogwild::model
