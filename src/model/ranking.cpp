#include "model/ranking.hpp"

#include <limits>

namespace hogwild::model {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

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
    for (std::size_t begin = 0; begin < scores.size();) {
        double positives = 0.0;  // of this score
        double negatives = 0.0;
        std::size_t end = begin;
        for (; end < scores.size() && scores[end].score == scores[begin].score; ++end) {
            (scores[end].positive ? positives : negatives) +=
                static_cast<double>(scores[end].weight);
        }
        // every positive document above is before these negative ones
        const double positives_above = above.positives + sums.positives;
        sums.ordered_pairs += negatives * (positives_above + 0.5 * positives);
        sums.positives += positives;
        sums.negatives += negatives;
        const double true_positives = above.positives + sums.positives;
        const double all = true_positives + above.negatives + sums.negatives;
        if (positives > 0.0) sums.precision_at_positives += positives * (true_positives / all);
        begin = end;
    }
    return sums;
}

}  // namespace hogwild::model
