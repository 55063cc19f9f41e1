#pragma once
#include "data/rows.hpp"
#include "model/gradient.hpp"

namespace hogwild::train {

/// Numbers the features that occur in a sample anew, in their order, so that a trial costs as much
/// as the sample has entries, however many features there are. The results stay the same to the
/// bit: the other weights are 0.
/// @param rows  of the sample; renumbered.
/// @return      the objective in that numbering.
model::Objective compact(const model::Objective& all, data::Rows& rows);

}  // namespace hogwild::train
