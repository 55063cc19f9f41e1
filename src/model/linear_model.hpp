#pragma once
#include <span>
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

/// The same classifier in the numbering of the dataset's files.
/// @param order  that of the training rows.
inline LinearModel<data::Numbering::file> in_file_numbering(
    const LinearModel<data::Numbering::training>& model, const data::FeatureOrder& order) {
    LinearModel<data::Numbering::file> out{
        model.objective,
        order.undo(std::span<const double>(model.weights), model.objective.shape.outputs)};
    out.threshold = model.threshold;
    if (!out.objective.inverse_degree.empty()) {
        out.objective.inverse_degree =
            order.undo(std::span<const double>(model.objective.inverse_degree));
    }
    return out;
}

}  // namespace hogwild::model
