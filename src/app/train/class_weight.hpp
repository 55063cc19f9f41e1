#pragma once
#include <string>

#include "model/class_weights.hpp"
#include "model/training_rows.hpp"
#include "mpi/communicator.hpp"

namespace hogwild::app {

/// The largest weight of a class: its products with weights of documents stay finite.
inline constexpr double kMostClassWeight = 1e30;

/// What a user says of the weights of classes.
struct ClassWeightSetting {
    bool balanced = false;      ///< so that both classes count the same
    model::ClassWeights given;  ///< else
};

/// `balanced`, `P:N`, or `P` for `P:1`. @throws Error: usage.
ClassWeightSetting parse_class_weight(const std::string& text);
/// `balanced` or `P:N`.
std::string class_weight_text(const ClassWeightSetting& setting);

/// Weights of documents, of all ranks.
struct WeightTotals {
    double positive = 0.0;  ///< of all training documents labelled +1
    double negative = 0.0;
    bool equal = true;  ///< all documents have the same weight
};

/// @param own  of this rank's training documents. @note Collective over `comm`.
WeightTotals add_up(const model::DocumentWeights& own, mpi::Communicator comm);

/// What the classes weigh: n / (2 n_class) if balanced, as in scikit-learn. @pre both classes
/// occur.
model::ClassWeights class_weights_of(const ClassWeightSetting& setting, const WeightTotals& totals);
/// Those weights divided by the mean weight of a training document.
/// @param documents  of all ranks.
model::ClassWeights step_weights_of(const model::ClassWeights& weights, const WeightTotals& totals,
                                    double documents);

}  // namespace hogwild::app
