#pragma once
#include <cstdint>
#include <span>

#include "data/rows.hpp"
#include "model/gradient.hpp"

namespace hogwild::train {

/// Upper bound on the documents on which rates are tried.
inline constexpr std::int64_t kCalibrationDocuments = 6000;

/// Chooses a learning rate per document by trial: runs plain SGD over some documents with rates
/// that differ by factors of two, up and down from a first guess, and takes the rate with the
/// lowest objective on other documents (after Bottou's svmsgd). The regularizer is part of the
/// objective only: over so few documents it hardly changes the weights.
///
/// @param rows        a random sample.
/// @param order       numbers of rows in random order, at least one. The first rows are trained on,
///                    the next ones evaluated, those after kCalibrationDocuments ignored.
/// @param batch_size  documents per update, including those of other ranks in the same update.
/// @return            > 0. Depends on the arguments only. Not collective.
/// Cost: some dozen passes over the sample's entries; memory by the features that occur in it.
double calibrate_learning_rate(const model::Objective& objective, data::Rows rows,
                               std::span<const std::uint32_t> order, std::int64_t batch_size);

}  // namespace hogwild::train
