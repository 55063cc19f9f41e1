#pragma once
#include <cassert>
#include <cstddef>
#include <span>
#include <vector>

#include "data/decision.hpp"
#include "data/feature_order.hpp"
#include "data/large_page_allocator.hpp"
#include "data/numbering.hpp"
#include "model/class_weights.hpp"
#include "model/gradient.hpp"
#include "model/matrix_kernels.hpp"

namespace hogwild::model {

/// Memory for a weight matrix as MatrixKernels read it: shape.inputs() rows of row_stride(outputs)
/// floats, padding included.
using PaddedMatrix = std::vector<float, data::LargePageAllocator<float>>;

/// What one output of a MatrixModel has of its own.
struct OutputModel {
    double lambda = 0.0;  ///< >= 0; takes the place of Objective::lambda
    /// Of its training documents, see Objective::class_weights.
    ClassWeights class_weights = {};
    double threshold = 0.0;  ///< see predicts_positive()
};

/// Linear classifiers of several outputs over the same features, each against the rest. As in
/// LinearModel, the objective, the weights and the documents follow one numbering of the features.
template <data::Numbering kNumbering>
struct MatrixModel {
    /// Loss, regularizer, factors of the norm and shape of all outputs. What OutputModel holds
    /// counts in place of the objective's own.
    Objective objective;
    /// Not owned: a row of stride() floats for each input, the last one that of the bias. Begins at
    /// a cache line.
    std::span<const float> weights;
    std::vector<OutputModel> outputs;  ///< objective.shape.outputs of them
    /// With Decision::highest the thresholds mean nothing.
    data::Decision decision = data::Decision::threshold;

    /// Floats from a row to the next.
    std::size_t stride() const noexcept { return row_stride(objective.shape.outputs); }
    std::span<const float> row(std::size_t input) const noexcept {
        return weights.subspan(input * stride(), stride());
    }
    /// The scores of a document, w . x plus bias, of all outputs.
    /// @param z  stride() floats that begin at a cache line; what is behind the outputs has no
    ///           meaning.
    void scores(data::SparseRow x, std::span<float> z) const noexcept {
        assert(z.size() == stride() && weights.size() == objective.shape.inputs() * stride());
        matrix_kernels<std::uint32_t>().scores(weights.data(), stride(), {x.index, x.value},
                                               z.data());
        if (!objective.bias) return;
        const std::span<const float> bias = row(objective.shape.features);
        for (std::size_t o = 0; o < z.size(); ++o) z[o] += bias[o];
    }
};

/// Weights without padding as a matrix, rounded to floats.
/// @param weights  shape.size() values, see WeightShape.
PaddedMatrix padded(std::span<const double> weights, const WeightShape& shape);

/// The same classifiers for documents of any features, as the function for a LinearModel.
/// @param order   that of the training rows.
/// @param memory  takes the weights, which the result refers to. Not that of `model`.
MatrixModel<data::Numbering::listed> in_listed_numbering(
    const MatrixModel<data::Numbering::training>& model, const data::FeatureOrder& order,
    PaddedMatrix& memory);

}  // namespace hogwild::model
