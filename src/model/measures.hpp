#pragma once
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "model/ranking.hpp"

/// Measures of scores against labels, in which every document counts once. Scores are finite.
namespace hogwild::model {

/// A measure; not a number where it is not defined, or its standard error is not known.
struct Estimate {
    double value = std::numeric_limits<double>::quiet_NaN();
    double standard_error = std::numeric_limits<double>::quiet_NaN();
};

/// Documents by label and by prediction.
struct Confusion {
    double true_positives = 0.0;
    double false_positives = 0.0;  ///< labelled -1, predicted +1
    double false_negatives = 0.0;
    double true_negatives = 0.0;

    double positives() const noexcept { return true_positives + false_negatives; }
    double negatives() const noexcept { return false_positives + true_negatives; }
    double predicted_positives() const noexcept { return true_positives + false_positives; }
    double documents() const noexcept { return positives() + negatives(); }

    /// Shares of documents: their standard errors are those of a binomial proportion.
    Estimate accuracy() const noexcept;
    Estimate precision() const noexcept;
    Estimate recall() const noexcept;
    /// Its standard error is that of the delta method over the multinomial counts (Takahashi,
    /// Yamamoto, Kuchiba and Koyama 2022, for two classes).
    Estimate f1() const noexcept;
};

/// @param threshold  scores above it are predicted +1, all others -1.
Confusion count_confusion(std::span<const LabelledScore> scores, double threshold) noexcept;

/// Area under the ROC curve, with the standard error of DeLong, DeLong and Clarke-Pearson (1988),
/// which needs two documents of each label. @param scores  sorted by descending score.
Estimate auc_of(std::span<const LabelledScore> scores);

/// Quality of probabilities of the label +1.
struct ProbabilityMeasures {
    Estimate log_loss;  ///< of probabilities clipped to [eps, 1 - eps], as scikit-learn does
    Estimate brier;     ///< mean squared difference from 1 (label +1) or 0
};
/// @param scores  in [0, 1]; else there are no measures.
ProbabilityMeasures measure_probabilities(std::span<const LabelledScore> scores);

/// Documents whose probabilities are alike: where these are calibrated, as many are labelled +1.
struct ReliabilityBin {
    std::int64_t documents = 0;
    double mean_probability = std::numeric_limits<double>::quiet_NaN();
    double positive_share = std::numeric_limits<double>::quiet_NaN();
};
constexpr std::size_t kReliabilityBins = 10;
/// Bin k holds the probabilities in (k/10, (k+1)/10], the first one 0 as well, as in scikit-learn.
std::array<ReliabilityBin, kReliabilityBins> reliability(std::span<const LabelledScore> scores);

}  // namespace hogwild::model
