#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "model/matrix_tally.hpp"

namespace hogwild::model {

/// Precision, recall and what is made of them, over all outputs.
struct Averages {
    double precision = 0.0;
    double recall = 0.0;
    double f1 = 0.0;
};

/// The figures of several outputs. Not a number where there is no document to count.
struct MatrixMetrics {
    std::vector<Metrics> outputs;
    Averages micro;  ///< of the counts of all outputs, added up
    /// Means over outputs; what is not defined for an output, such as the precision of one that is
    /// never predicted, counts 0 (scikit-learn's zero_division=0).
    Averages macro;
    double objective = 0.0;  ///< mean over outputs, like loss and accuracy
    double loss = 0.0;
    double accuracy = 0.0;
    double auc = 0.0;  ///< mean over the outputs for which it is defined, as the next one
    double average_precision = 0.0;
    // of documents, see LabelOrder
    double exact_match = 0.0;    ///< share whose predicted labels are exactly theirs
    double coverage = 0.0;       ///< mean over documents with a label
    double ranking_loss = 0.0;   ///< mean over documents with a label and an output that is none
    double one_error = 0.0;      ///< share of those with a label whose highest score is none
    double best_accuracy = 0.0;  ///< share of those with one label whose highest score is that
    std::int64_t documents = 0;

    /// For what knows one output: means of objective, loss and accuracy, the rest micro averages.
    Metrics summary() const;
};

/// What a ranking says of one output.
struct RankingMeasures {
    double auc = 0.0;
    double average_precision = 0.0;
};

/// Whether class weights enter losses and objectives.
enum class CountClasses { no, yes };

/// @param tally    of all ranks.
/// @param ranking  by output; empty: auc and average precision are not numbers.
template <data::Numbering kNumbering>
MatrixMetrics metrics_of(const MatrixModel<kNumbering>& model, const MatrixTally& tally,
                         CountClasses classes, std::span<const RankingMeasures> ranking = {});

}  // namespace hogwild::model
