#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "model/bfloat16.hpp"

/// Kernels of one document against all outputs of a weight matrix (WeightShape) at once. The
/// weights of an input are one row of the matrix, so that an entry of a document meets a few cache
/// lines that hold its weights of all outputs.
///
/// Other ranks may read and write the rows meanwhile. C++ has no atomic vectors; so the rows are
/// read and written by vector instructions in assembly, which the rules of the language do not
/// cover, and which leave each aligned float whole on every x86-64 processor that we know of.
/// Elsewhere, and under the thread sanitizer, each weight is a relaxed atomic, as in kernels.hpp.
namespace hogwild::model {

/// Outputs of a group: as many floats as a cache line holds.
inline constexpr std::size_t kGroupOutputs = 16;

/// Floats from a row to the next: whole groups, so that each begins at a cache line, but no
/// multiple of 16 groups: where rows follow each other at a distance of 2 KiB, a step takes 1.3
/// times as long (docs/design/037-all-outputs-at-once.md).
constexpr std::size_t row_stride(std::size_t outputs) noexcept {
    const std::size_t groups = (outputs + kGroupOutputs - 1) / kGroupOutputs;
    return (groups % 16 == 0 ? groups + 1 : groups) * kGroupOutputs;
}

/// The entries of a document. @tparam Index  std::uint16_t or std::uint32_t.
template <class Index>
struct MatrixEntries {
    std::span<const Index> index;
    std::span<const float> value;
};

/// One implementation of the kernels.
///
/// Matrices begin at a cache line, as vectors of outputs do; `stride` is a multiple of
/// kGroupOutputs, and every index of the entries is that of a row. Sums are floats.
/// @tparam Weight  float or Bfloat16.
template <class Index, class Weight = float>
struct MatrixKernels {
    const char* name;  ///< of the instructions it needs
    /// z[o] = sum over entries of value * w[index][o], for all outputs. @param z  stride floats.
    void (*scores)(const Weight* w, std::size_t stride, MatrixEntries<Index> x, float* z) noexcept;
    /// The same, added to what is in z.
    void (*add_scores)(const Weight* w, std::size_t stride, MatrixEntries<Index> x,
                       float* z) noexcept;
    /// w[index][o] += value * a[o] for the outputs of one group, for all entries.
    /// @param w, a   at the group's first output.
    /// @param noise  of a Bfloat16: entry k is rounded with noise_of_entry(noise, k).
    void (*add)(Weight* w, std::size_t stride, MatrixEntries<Index> x, const float* a,
                std::uint32_t noise) noexcept;
};

/// What decides the steps of a document; each by output, and one float for each of the stride.
struct StepTerms {
    const float* z;              ///< the scores of stored weights, without the bias
    const float* bias;           ///< stored
    const float* scale;          ///< weight divided by stored value
    const float* inverse_scale;  ///< 1 / scale
    const float* sign;           ///< the label, -1 or +1
    const float* weight;         ///< what the document counts; 0 of padding
};

/// One implementation of a loss's steps. All of a loss give the same bits.
struct StepKernel {
    const char* name;  ///< of the instructions it needs
    /// a[o] = slope(sign * scale * (z + bias)) * sign * weight * (rate * inverse_scale).
    /// @param groups  receives the first outputs of the groups of which a step is not 0, ascending;
    ///                room for all groups. @return how many there are.
    std::size_t (*steps)(const StepTerms& terms, std::size_t stride, float rate, float* a,
                         std::size_t* groups) noexcept;
};

/// The fastest that this processor can run.
template <class Index, class Weight = float>
const MatrixKernels<Index, Weight>& matrix_kernels() noexcept;
/// All that this processor can run, for tests; the last one is the fastest.
template <class Index, class Weight = float>
std::span<const MatrixKernels<Index, Weight>> all_matrix_kernels() noexcept;
/// Likewise. @tparam Loss  see loss.hpp.
template <class Loss>
const StepKernel& step_kernel() noexcept;
template <class Loss>
std::span<const StepKernel> all_step_kernels() noexcept;

}  // namespace hogwild::model
