#include "model/ranking.hpp"

#include <cmath>
#include <limits>

namespace hogwild::model {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// A number t with low <= t < high.
double between(double low, double high) {
    const double middle = low + 0.5 * (high - low);
    return middle < high && middle >= low ? middle : low;
}

}  // namespace

RankingSums& RankingSums::operator+=(const RankingSums& other) noexcept {
    positives += other.positives;
    negatives += other.negatives;
    ordered_pairs += other.ordered_pairs;
    precision_at_positives += other.precision_at_positives;
    return *this;
}

double RankingSums::auc() const noexcept {
    const double pairs = positives * negatives;
    return pairs > 0.0 ? ordered_pairs / pairs : kNone;
}

double RankingSums::average_precision() const noexcept {
    return positives > 0.0 ? precision_at_positives / positives : kNone;
}

RankingSums sum_ranking(std::span<const LabelledScore> scores, const RankingSums& above) {
    RankingSums sums;
    for_each_group(scores, [&](const ScoreGroup& group) {
        // every positive document above is before these negative ones
        const double positives_above = above.positives + sums.positives;
        sums.ordered_pairs += group.negatives * (positives_above + 0.5 * group.positives);
        sums.positives += group.positives;
        sums.negatives += group.negatives;
        const double true_positives = above.positives + sums.positives;
        const double all = true_positives + above.negatives + sums.negatives;
        if (group.positives > 0.0) {
            sums.precision_at_positives += group.positives * (true_positives / all);
        }
    });
    return sums;
}

std::optional<BestThreshold> best_f1(std::span<const LabelledScore> scores,
                                     const RankingSums& above, double positives,
                                     std::optional<double> next) {
    std::optional<BestThreshold> best;
    double true_positives = above.positives;
    double predicted = above.positives + above.negatives;
    for_each_group(scores, [&](const ScoreGroup& group) {
        true_positives += group.positives;
        predicted += group.positives + group.negatives;
        const double f1 = 2.0 * true_positives / (predicted + positives);
        if (!(f1 > (best ? best->f1 : 0.0))) return;
        constexpr double kBelow = -std::numeric_limits<double>::infinity();
        const std::optional<double> lower = group.next ? group.next : next;
        best = {f1, lower ? between(*lower, group.score) : std::nextafter(group.score, kBelow)};
    });
    return best;
}

BestThreshold choose_threshold(std::span<const LabelledScore> scores, double fbr) {
    if (scores.empty()) return {};
    double positives = 0.0;
    for (const LabelledScore& score : scores) {
        if (score.positive) positives += static_cast<double>(score.weight);
    }
    const auto best = best_f1(scores, {}, positives, std::nullopt);
    if (best && !(best->f1 < fbr)) return *best;
    return {0.0, scores.front().score};
}

}  // namespace hogwild::model
