#pragma once
#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "model/linear_model.hpp"
#include "model/ranking.hpp"

namespace hogwild::model {

/// Sums over evaluated documents: of one block, of one rank, or of all ranks. They can be added.
struct Tally {
    std::int64_t positives = 0;
    std::int64_t negatives = 0;
    std::int64_t correct_positives = 0;
    std::int64_t correct_negatives = 0;
    std::int64_t predicted_positives = 0;  ///< documents with a score above the threshold
    std::int64_t predicted_negatives = 0;  ///< all others

    /// Sums over documents times their weights (their own, not those of their class).
    struct Weighted {
        double documents = 0.0;
        double above = 0.0;  ///< of documents predicted +1, see predicts_positive()
        double below = 0.0;  ///< of the others, predicted -1
        double loss = 0.0;
        double penalty = 0.0;  ///< the regularizer's per-document terms, lambda left out

        Weighted& operator+=(const Weighted& other) noexcept;
    };
    Weighted all;
    Weighted positive;  ///< of documents labelled +1

    std::int64_t documents() const noexcept { return positives + negatives; }
    /// The sums as numbers, for sending. Exact, since counts stay below 2^53.
    static constexpr std::size_t kNumbers = 16;
    std::array<double, kNumbers> pack() const noexcept;
    static Tally unpack(std::span<const double, kNumbers> numbers) noexcept;
    Tally& operator+=(const Tally& other) noexcept;
};

/// Adds the documents of `rows` to a tally.
///
/// Documents without a label (0) are left out. predicts_positive() decides by the score, w . x
/// plus bias, and the model's threshold.
/// @param scores  takes the documents' scores, if it is given.
template <data::Numbering kNumbering>
void evaluate(const LinearModel<kNumbering>& model, const data::NumberedRows<kNumbering>& rows,
              Tally& tally, std::vector<LabelledScore>* scores = nullptr);

/// The figures that users read. Documents count by their weights in all of them except in counts.
/// Not a number where there is no document to count.
struct Metrics {
    double objective = 0.0;  ///< mean loss + regularizer
    double loss = 0.0;       ///< mean loss
    double accuracy = 0.0;
    double accuracy_positive = 0.0;
    double accuracy_negative = 0.0;
    /// Of the documents with a score above the threshold, the share labelled +1. (The recall is
    /// accuracy_positive.)
    double precision = 0.0;
    double f1 = 0.0;  ///< harmonic mean of precision and recall
    /// Of the ranking by score, see RankingSums; not a number where it was not asked for.
    double auc = std::numeric_limits<double>::quiet_NaN();
    double average_precision = std::numeric_limits<double>::quiet_NaN();
    std::int64_t documents = 0;
    std::int64_t positives = 0;            ///< documents labelled +1
    std::int64_t predicted_positives = 0;  ///< documents with a score above the threshold
    std::int64_t predicted_negatives = 0;  ///< all others

    /// Whether the loss and the objective are numbers, or there is no document to count.
    bool finite() const noexcept;
};
/// @param class_weights  enter the loss and the objective; for training documents those of the
///                       model's objective.
template <data::Numbering kNumbering>
Metrics metrics_of(const LinearModel<kNumbering>& model, const Tally& tally,
                   const ClassWeights& class_weights = {});
/// What the regularizer adds to the mean loss. @param norm2  with l2, see Objective::norm_factors.
double regularizer_of(const Tally& tally, const ClassWeights& class_weights,
                      Regularizer regularizer, double lambda, double norm2);
/// The same without a model. @param regularizer  its value, which the objective adds to the loss.
Metrics metrics_of(const Tally& tally, const ClassWeights& class_weights, double regularizer);

}  // namespace hogwild::model
