#pragma once
#include <cstdint>

#include "hogwild/model/gradient.hpp"
#include "hogwild/model/objective.hpp"
#include "hogwild/model/training_rows.hpp"

namespace hogwild::train {

/// A learning rate per document, tried out: plain SGD over some documents with rates that differ by
/// factors of two, up and down from a first guess; the one with the lowest objective on other
/// documents is taken (after Bottou's svmsgd). The regularizer counts in the objective only: in so
/// few documents it hardly moves the weights.
///
/// @param rows        at least one.
/// @param batch_size  documents per update, those of other ranks that are added to it included.
/// @return            > 0. A function of the arguments alone. Not collective.
double calibrate_learning_rate(const model::Objective& objective, const model::TrainingRows& rows,
                               std::int64_t batch_size);

}  // namespace hogwild::train
