#include "model/measures.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace hogwild::model {
namespace {

/// @return a proportion. @param whole  of the documents it is a share of.
Estimate proportion(double part, double whole) noexcept {
    if (!(whole > 0.0)) return {};
    const double share = part / whole;
    return {share, std::sqrt(share * (1.0 - share) / whole)};
}

/// Mean of a number of every document, with the standard error of a mean.
template <class NumberOf>
Estimate mean_of(std::span<const LabelledScore> scores, const NumberOf& number_of) {
    Estimate mean;
    if (scores.empty()) return mean;
    const auto n = static_cast<double>(scores.size());
    double sum = 0.0;
    for (const LabelledScore& score : scores) sum += number_of(score);
    mean.value = sum / n;
    if (scores.size() < 2) return mean;
    double squares = 0.0;
    for (const LabelledScore& score : scores) {
        const double deviation = number_of(score) - mean.value;
        squares += deviation * deviation;
    }
    mean.standard_error = std::sqrt(squares / (n - 1.0) / n);
    return mean;
}

}  // namespace

Estimate Confusion::accuracy() const noexcept {
    return proportion(true_positives + true_negatives, documents());
}

Estimate Confusion::precision() const noexcept {
    return proportion(true_positives, predicted_positives());
}

Estimate Confusion::recall() const noexcept { return proportion(true_positives, positives()); }

Estimate Confusion::f1() const noexcept {
    const double twice = 2.0 * true_positives;
    const double wrong = false_positives + false_negatives;
    const double whole = twice + wrong;
    if (!(whole > 0.0)) return {};
    // F1 = 2 p / (2 p + q) of the shares p of true positives and q of both kinds of errors
    return {twice / whole,
            2.0 * std::sqrt(true_positives * wrong * (true_positives + wrong)) / (whole * whole)};
}

Confusion count_confusion(std::span<const LabelledScore> scores, double threshold) noexcept {
    Confusion counts;
    for (const auto& [score, weight, positive] : scores) {
        if (predicts_positive(score, threshold)) {
            (positive ? counts.true_positives : counts.false_positives) += 1.0;
        } else {
            (positive ? counts.false_negatives : counts.true_negatives) += 1.0;
        }
    }
    return counts;
}

Estimate auc_of(std::span<const LabelledScore> scores) {
    const RankingSums sums = sum_ranking(scores);
    Estimate auc{.value = sums.auc()};
    if (sums.positives < 2.0 || sums.negatives < 2.0) return auc;
    // squared deviations of the share of the other class on whose right side a document is
    double of_positives = 0.0;
    double of_negatives = 0.0;
    double positives_above = 0.0;
    double negatives_above = 0.0;
    for_each_group(scores, [&](const ScoreGroup& group) {
        const double negatives_below = sums.negatives - negatives_above - 0.5 * group.negatives;
        const double positive = negatives_below / sums.negatives - auc.value;
        const double negative =
            (positives_above + 0.5 * group.positives) / sums.positives - auc.value;
        of_positives += group.positives * positive * positive;
        of_negatives += group.negatives * negative * negative;
        positives_above += group.positives;
        negatives_above += group.negatives;
    });
    auc.standard_error = std::sqrt(of_positives / ((sums.positives - 1.0) * sums.positives) +
                                   of_negatives / ((sums.negatives - 1.0) * sums.negatives));
    return auc;
}

ProbabilityMeasures measure_probabilities(std::span<const LabelledScore> scores) {
    const auto is_probability = [](double p) { return p >= 0.0 && p <= 1.0; };
    if (!std::ranges::all_of(scores, is_probability, &LabelledScore::score)) return {};
    static constexpr double kLeast = std::numeric_limits<double>::epsilon();
    ProbabilityMeasures measures;
    measures.log_loss = mean_of(scores, [](const LabelledScore& s) {
        const double p = std::clamp(s.score, kLeast, 1.0 - kLeast);
        return -std::log(s.positive ? p : 1.0 - p);
    });
    measures.brier = mean_of(scores, [](const LabelledScore& s) {
        const double difference = s.score - (s.positive ? 1.0 : 0.0);
        return difference * difference;
    });
    return measures;
}

std::array<ReliabilityBin, kReliabilityBins> reliability(std::span<const LabelledScore> scores) {
    std::array<ReliabilityBin, kReliabilityBins> bins;
    std::array<double, kReliabilityBins> sums{};
    std::array<double, kReliabilityBins> positives{};
    for (const auto& [score, weight, positive] : scores) {
        std::size_t bin = 0;
        while (bin + 1 < kReliabilityBins && score > 0.1 * static_cast<double>(bin + 1)) ++bin;
        ++bins[bin].documents;
        sums[bin] += score;
        positives[bin] += positive ? 1.0 : 0.0;
    }
    for (std::size_t k = 0; k < bins.size(); ++k) {
        if (bins[k].documents == 0) continue;
        bins[k].mean_probability = sums[k] / static_cast<double>(bins[k].documents);
        bins[k].positive_share = positives[k] / static_cast<double>(bins[k].documents);
    }
    return bins;
}

}  // namespace hogwild::model
