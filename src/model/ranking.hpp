#pragma once
#include <cstddef>
#include <optional>
#include <span>

namespace hogwild::model {

/// Whether a document of this score is predicted +1, else it is predicted -1. A score equal to the
/// threshold is -1, as in scikit-learn and LIBLINEAR. Every command asks here.
inline bool predicts_positive(double score, double threshold) noexcept { return score > threshold; }

/// A document's score, with what it should be.
struct LabelledScore {
    double score = 0.0;
    float weight = 1.0F;  ///< of the document, > 0
    bool positive = false;
};

/// Sums over documents from which the measures of a ranking follow. They add up over disjoint
/// ranges of scores.
struct RankingSums {
    double positives = 0.0;  ///< their total weight
    double negatives = 0.0;
    /// Over pairs of a positive and a negative document: 1 where the positive one has the higher
    /// score, 1/2 where both have the same.
    double ordered_pairs = 0.0;
    /// Over positive documents: the precision of all documents with this score or a higher one.
    double precision_at_positives = 0.0;

    RankingSums& operator+=(const RankingSums& other) noexcept;

    /// Area under the ROC curve: the probability that a positive document has a higher score than a
    /// negative one. Not a number where there is no such pair.
    double auc() const noexcept;
    /// As scikit-learn's average_precision_score: the sum over distinct scores of the step in
    /// recall times the precision there. Not a number without positive documents.
    double average_precision() const noexcept;
};

/// The documents of one score among sorted ones.
struct ScoreGroup {
    double positives = 0.0;  ///< their total weight
    double negatives = 0.0;
    double score = 0.0;
    std::optional<double> next;  ///< the next lower score; empty: there is none
};

/// Calls `f(group)` for every distinct score, from the highest on.
/// @param scores  sorted by descending score.
template <class F>
void for_each_group(std::span<const LabelledScore> scores, const F& f) {
    for (std::size_t at = 0; at < scores.size();) {
        ScoreGroup group{.score = scores[at].score, .next = std::nullopt};
        for (; at < scores.size() && scores[at].score == group.score; ++at) {
            (scores[at].positive ? group.positives : group.negatives) +=
                static_cast<double>(scores[at].weight);
        }
        if (at < scores.size()) group.next = scores[at].score;
        f(group);
    }
}

/// Sums over a range of scores.
/// @param scores  sorted by descending score; all documents of one score are in one range.
/// @param above   sums over all documents with higher scores.
RankingSums sum_ranking(std::span<const LabelledScore> scores, const RankingSums& above = {});

/// Where to draw the line between the labels.
struct BestThreshold {
    double f1 = 0.0;  ///< of predicting +1 above the threshold
    /// Half-way between the lowest score predicted +1 and the next lower one, or just below the
    /// lowest of all.
    double threshold = 0.0;
};

/// The threshold with the highest F1 over a range of scores; of several the highest. None where no
/// threshold has an F1 above 0.
/// @param scores     as sum_ranking() takes them.
/// @param above      sums over all documents with higher scores.
/// @param positives  of all ranges.
/// @param next       the highest score below this range; empty: there is none.
std::optional<BestThreshold> best_f1(std::span<const LabelledScore> scores,
                                     const RankingSums& above, double positives,
                                     std::optional<double> next);

/// The threshold of one of several outputs, from documents that training has not seen: SCutFBR.1
/// (Yang 2001, doi:10.1145/383952.383975; Lewis, Yang, Rose and Li 2004).
///
/// It is that of the highest F1, unless that is below `fbr`: a rare topic's best threshold on few
/// documents is too low for all others. Then, as where no document is labelled +1, it is the
/// highest score, so that hardly any document is predicted +1.
/// @param scores  all of the output, sorted by descending score.
/// @param fbr     from 0, where the threshold is always that of the highest F1 (SCut), to 1.
/// @return        with the F1 of this threshold; of no documents zeros.
BestThreshold choose_threshold(std::span<const LabelledScore> scores, double fbr);

}  // namespace hogwild::model
