#pragma once
#include <limits>
#include <optional>
#include <vector>

#include "model/matrix_evaluation.hpp"
#include "mpi/communicator.hpp"

namespace hogwild::app {

/// Adds up the ranks' tallies in rank order, on every rank. @param own  of as many outputs on all.
/// @note Collective over `comm`.
model::MatrixTally sum_tallies(const model::MatrixTally& own, mpi::Communicator comm);

/// The metrics of the documents of all ranks, the same on every rank.
/// @param model  the same on every rank; with l2, each rank sums up a part of its norms.
/// @param own    of this rank's documents.
/// @note Collective over `comm`.
template <data::Numbering kNumbering>
model::MatrixMetrics metrics_of_all(const model::MatrixModel<kNumbering>& model,
                                    const model::MatrixTally& own, mpi::Communicator comm,
                                    model::ClassWeighting weighting = model::ClassWeighting::no);

/// What follows from the ranking of an output's documents. Not a number where it is not defined,
/// or a score is not a finite number.
struct OutputRanking {
    double auc = std::numeric_limits<double>::quiet_NaN();
    double average_precision = std::numeric_limits<double>::quiet_NaN();
    std::optional<model::BestThreshold> threshold;  ///< empty: not asked for, or scores not finite
};

/// The ranking of all documents of one output, which this rank knows. Not collective.
/// @param fbr  of choose_threshold(); empty: the threshold is not asked for.
OutputRanking rank_output(std::vector<model::LabelledScore> scores, std::optional<double> fbr);

/// The rankings of all outputs over the documents of all ranks, the same on every rank. Each rank
/// ranks some of the outputs: those of a round, one per rank, are exchanged and sorted at a time,
/// so that none holds more than the documents of one output, besides what it sends (16 bytes each).
/// @param own  scores of this rank's documents, of as many outputs on all ranks.
/// @param fbr  of choose_threshold(); empty: thresholds are not asked for.
/// @note Collective over `comm`.
std::vector<OutputRanking> rank_outputs(const model::ScoreTable& own, std::optional<double> fbr,
                                        mpi::Communicator comm);

/// Sets the measures of the rankings and their means. @param rankings  one per output.
void set_rankings(const std::vector<OutputRanking>& rankings, model::MatrixMetrics& metrics);

}  // namespace hogwild::app
