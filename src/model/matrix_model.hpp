#pragma once
#include <cassert>
#include <cstdint>
#include <span>
#include <vector>

#include "data/large_page_allocator.hpp"
#include "data/numbering.hpp"
#include "data/rows.hpp"
#include "model/class_weights.hpp"
#include "model/gradient.hpp"
#include "model/matrix_kernels.hpp"

namespace hogwild::model {

/// Floats that begin at a cache line, as MatrixKernels needs them.
using MatrixFloats = std::vector<float, data::LargePageAllocator<float>>;

/// One of several outputs: what it learnt with, and where it decides.
struct Output {
    double lambda = 0.0;
    ClassWeights class_weights;
    double threshold = 0.0;  ///< see predicts_positive()
};

/// Linear classifiers of several outputs over the same features, as LinearModel is one.
template <data::Numbering kNumbering>
struct MatrixModel {
    Objective objective;  ///< of all outputs but for what `outputs` says
    /// objective.shape.inputs() rows of row_stride(outputs) floats, the last one that of the bias;
    /// not owned.
    std::span<const float> weights;
    std::vector<Output> outputs;

    std::size_t stride() const noexcept { return row_stride(outputs.size()); }
    /// The scores of a document for all outputs. @param z  stride() floats, at a cache line.
    void scores(data::SparseRow x, std::span<float> z) const noexcept {
        assert(z.size() == stride() && weights.size() == objective.shape.inputs() * stride());
        matrix_kernels<std::uint32_t>().scores(weights.data(), stride(), {x.index, x.value},
                                               z.data());
        if (!objective.bias) return;
        const float* bias = weights.data() + objective.shape.features * stride();
        for (std::size_t o = 0; o < outputs.size(); ++o) z[o] += bias[o];
    }
};

/// Weights as rows of whole cache lines. @param weights  inputs x outputs.
inline MatrixFloats padded_rows(std::span<const double> weights, std::size_t outputs) {
    const std::size_t stride = row_stride(outputs);
    MatrixFloats rows(weights.size() / outputs * stride);
    for (std::size_t k = 0; k < weights.size(); ++k) {
        rows[k / outputs * stride + k % outputs] = static_cast<float>(weights[k]);
    }
    return rows;
}

}  // namespace hogwild::model
