#pragma once
#include <cstdint>
#include <span>

#include "data/rows.hpp"
#include "model/gradient.hpp"

namespace hogwild::train {

/// Documents that rates are tried out on, at most.
inline constexpr std::int64_t kCalibrationDocuments = 6000;

/// A learning rate per document, tried out: plain SGD over some documents with rates that differ by
/// factors of two, up and down from a first guess; the one with the lowest objective on other
/// documents is taken (after Bottou's svmsgd). The regularizer counts in the objective only: in so
/// few documents it hardly moves the weights.
///
/// @param rows        a random sample.
/// @param order       rows by number in random order, at least one: the first ones are learned
///                    from, the next ones judge, those after kCalibrationDocuments are ignored.
/// @param batch_size  documents per update, those of other ranks that are added to it included.
/// @return            > 0. A function of the arguments alone. Not collective.
double calibrate_learning_rate(const model::Objective& objective, const data::Rows& rows,
                               std::span<const std::uint32_t> order, std::int64_t batch_size);

}  // namespace hogwild::train
