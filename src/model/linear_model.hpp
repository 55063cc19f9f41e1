#pragma once
#include <algorithm>
#include <cassert>
#include <utility>
#include <vector>

#include "data/feature_order.hpp"
#include "data/numbering.hpp"
#include "model/gradient.hpp"

namespace hogwild::model {

/// A linear classifier: what it minimises, its weights, and the numbering of the features that
/// both of them follow. They are useless apart, so they are kept together, and evaluate() accepts
/// only rows with the same numbering.
template <data::Numbering kNumbering>
struct LinearModel {
    Objective objective;
    std::vector<double> weights;  ///< objective.shape.size() values
    double threshold = 0.0;       ///< see predicts_positive()
};

/// Values by input with, before those of the bias, one or more for all features without a weight.
/// @param values  of the listed features and the bias. @param per_input  values of one input.
inline std::vector<double> with_unlisted(std::vector<double> values, double unlisted = 0.0,
                                         std::size_t per_input = 1) {
    assert(values.size() >= per_input);
    values.insert(values.end() - static_cast<std::ptrdiff_t>(per_input), per_input, unlisted);
    return values;
}

/// What is minimised, for documents of any features: all those that training has not seen share
/// one more feature, the last. @param order  that of the training rows.
inline Objective in_listed_numbering(Objective objective, const data::FeatureOrder& order) {
    ++objective.shape.features;
    std::vector<double>& degrees = objective.inverse_degree;
    if (!degrees.empty()) degrees = with_unlisted(order.undo(std::move(degrees)));
    std::vector<double>& factors = objective.norm_factors;
    if (!factors.empty()) factors = with_unlisted(order.undo(std::move(factors)), 1.0);
    return objective;
}

/// The same classifier for documents of any features: those that training has not seen weigh
/// nothing. Takes the memory of the model.
/// @param order  that of the training rows.
inline LinearModel<data::Numbering::listed> in_listed_numbering(
    LinearModel<data::Numbering::training> model, const data::FeatureOrder& order) {
    const std::size_t outputs = model.objective.shape.outputs;
    return {in_listed_numbering(std::move(model.objective), order),
            with_unlisted(order.undo(std::move(model.weights), outputs), 0.0, outputs),
            model.threshold};
}

/// Documents of a file as such a model numbers them, entry by entry in their order; their lengths
/// do not change. @param columns  the list.
inline data::NumberedRows<data::Numbering::listed> in_listed_numbering(
    data::NumberedRows<data::Numbering::file> rows, const data::FeatureSet& columns) {
    data::NumberedRows<data::Numbering::listed> out(std::move(rows));
    columns.number(out.arrays().index);
    return out;
}

}  // namespace hogwild::model
