#pragma once
#include <optional>
#include <vector>

#include "model/isotonic.hpp"
#include "model/ranking.hpp"
#include "mpi/communicator.hpp"

namespace hogwild::app {

/// Exact sums over the documents of all ranks, the same on every rank. A sample sort: each rank
/// receives a range of scores, so that none holds all documents (16 bytes each), unless most have
/// the same score.
/// @param own  scores of this rank's documents, in any order.
/// @note Collective over `comm`.
model::RankingSums rank_all(std::vector<model::LabelledScore> own, mpi::Communicator comm);

/// model::best_f1() over the documents of all ranks, the same on every rank.
/// @param own  scores of this rank's documents, in any order. @note Collective over `comm`.
std::optional<model::BestThreshold> best_threshold(std::vector<model::LabelledScore> own,
                                                   mpi::Communicator comm);

/// Isotonic calibration to the documents of all ranks, the same on every rank.
/// @param own  finite scores of this rank's documents, in any order.
/// @return empty without documents of both labels. @note Collective over `comm`.
std::optional<model::Isotonic> fit_isotonic(std::vector<model::LabelledScore> own,
                                            mpi::Communicator comm);

}  // namespace hogwild::app
