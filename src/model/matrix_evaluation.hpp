#pragma once
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "data/label_sets.hpp"
#include "model/class_confusion.hpp"
#include "model/evaluation.hpp"
#include "model/label_ranking.hpp"
#include "model/matrix_model.hpp"
#include "model/matrix_tally.hpp"
#include "model/score_table.hpp"

namespace hogwild::model {

/// Adds the documents of `rows` to a tally. Scores are floats, sums doubles. The rows' own labels
/// do not count. With Decision::highest a document has one label, or none where its class is none
/// of the outputs.
/// @param labels          row i has those of document first_document + i, +1; the other outputs
///                        are -1. Where they are not known the document is only scored.
/// @param tally           of as many outputs as the model.
/// @param scores          takes the documents' scores, if it is given.
template <data::Numbering kNumbering>
void evaluate(const MatrixModel<kNumbering>& model, const data::NumberedRows<kNumbering>& rows,
              const data::LabelSets& labels, std::int64_t first_document, MatrixTally& tally,
              ScoreTable* scores = nullptr);

/// Adds documents whose scores are known to a tally, in which losses and penalties stay 0.
/// @param outputs    whose thresholds count.
/// @param scores     documents x outputs.
/// @param documents  for each document of `scores` its number among the labels and the weights.
/// @param weights    empty: all are 1.
void evaluate_scores(std::span<const OutputModel> outputs, std::span<const float> scores,
                     const data::LabelSets& labels, std::span<const std::int64_t> documents,
                     std::span<const float> weights, MatrixTally& tally);

/// By output, the squared norm of its weights, each divided by its factor, over the inputs of a
/// range: sums over disjoint ranges add up to what l2 takes half of, times lambda.
/// @param end  <= shape.inputs().
template <data::Numbering kNumbering>
std::vector<double> squared_norms(const MatrixModel<kNumbering>& model, std::size_t first,
                                  std::size_t end);

/// The figures that users read, of all outputs. Documents count by their weights in all of them
/// except in counts. Not a number where there is no document to count.
struct MatrixMetrics {
    static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

    /// What is not defined for an output, such as the precision where nothing is predicted, counts
    /// as 0 here, as with scikit-learn's zero_division=0.
    struct Average {
        double precision = kNone;
        double recall = kNone;
        double f1 = kNone;
    };

    /// Output by output. auc and average_precision: see set_rankings().
    std::vector<Metrics> outputs;
    std::int64_t documents = 0;
    Average micro;                  ///< of the sums over all outputs
    Average macro;                  ///< means over the outputs that a document is labelled with
    double mean_objective = kNone;  ///< over outputs
    double mean_loss = kNone;       ///< over outputs
    double mean_accuracy = kNone;   ///< over outputs
    data::Decision decision = data::Decision::threshold;
    ClassConfusion confusion;                ///< with Decision::highest
    double macro_auc = kNone;                ///< mean over outputs where it is defined
    double macro_average_precision = kNone;  ///< likewise
    double exact_match = kNone;  ///< share of documents whose labels are predicted, and no others
    LabelRanking ranking{kNone, kNone, kNone, kNone};

    /// For what knows one output: means of objective, loss, accuracy and rankings, micro averages,
    /// counts of all outputs. With Decision::highest the accuracy is the share of documents whose
    /// class is right; micro averages say no more than that, so the averages are macro averages.
    Metrics summary() const;
    /// Takes the means of outputs' auc and average_precision, which are set after the tallies.
    void average_rankings() noexcept;
    /// Whether the losses and objectives are numbers, or there is no document to count.
    bool finite() const noexcept;
};

/// Whether class weights enter the losses and objectives, as they do for training documents.
enum class ClassWeighting { no, yes };

/// @param squared_norms  see squared_norms(), of all inputs; empty with any regularizer but l2.
template <data::Numbering kNumbering>
MatrixMetrics metrics_of(const MatrixModel<kNumbering>& model, const MatrixTally& tally,
                         std::span<const double> squared_norms,
                         ClassWeighting weighting = ClassWeighting::no);

}  // namespace hogwild::model
