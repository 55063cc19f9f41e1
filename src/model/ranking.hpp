#pragma once
#include <span>

namespace hogwild::model {

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

/// Sums over a range of scores.
/// @param scores  sorted by descending score; all documents of one score are in one range.
/// @param above   sums over all documents with higher scores.
RankingSums sum_ranking(std::span<const LabelledScore> scores, const RankingSums& above = {});

}  // namespace hogwild::model
