#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "hogwild/data/rows.hpp"
#include "hogwild/model/kernels.hpp"

/// Kernels for one document at a time on weights that nobody else touches: sums in the precision of
/// the weights, which is what an SGD step needs (sums over documents are another matter).
namespace hogwild::model {

/// w . x on private weights.
/// @param w  longer than every index of `x`.
template <class Real>
Real private_dot(std::span<const Real> w, data::SparseRow x) noexcept {
    const std::uint32_t* index = x.index.data();
    const float* value = x.value.data();
    Real sum[8] = {};  // chains, since an addition takes several cycles
    std::size_t n = x.size();
    for (; n >= 8; n -= 8, index += 8, value += 8) {
        for (std::size_t lane = 0; lane < 8; ++lane) {
            sum[lane] += w[index[lane]] * static_cast<Real>(value[lane]);
        }
    }
    for (std::size_t k = 0; k < n; ++k) sum[k] += w[index[k]] * static_cast<Real>(value[k]);
    return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
}

/// w += a x on private weights. @param w  as above.
template <class Real>
void private_axpy(std::span<Real> w, Real a, data::SparseRow x) noexcept {
    for (std::size_t k = 0; k < x.size(); ++k) {
        w[x.index[k]] += a * static_cast<Real>(x.value[k]);
    }
}

/// w . x on shared weights, in their precision.
template <class Real>
Real shared_dot(std::span<const Real> w, data::SparseRow x) noexcept {
    Real sum = 0;
    for (std::size_t k = 0; k < x.size(); ++k) {
        sum += load(w[x.index[k]]) * static_cast<Real>(x.value[k]);
    }
    return sum;
}

/// w += a x on shared weights.
template <class Real, class Probe>
void shared_axpy(std::span<Real> w, Real a, data::SparseRow x, Probe& probe) noexcept {
    update_each<Access::plain>(
        w, x.index,
        [&](std::size_t k, Real old) { return old + a * static_cast<Real>(x.value[k]); }, probe);
}

/// Asks for a document's entries before they are needed.
inline void prefetch(data::SparseRow x) noexcept {
    constexpr std::size_t kLine = 64 / sizeof(std::uint32_t);
    for (std::size_t k = 0; k < x.size(); k += kLine) {
        __builtin_prefetch(x.index.data() + k);
        __builtin_prefetch(x.value.data() + k);
    }
}

}  // namespace hogwild::model
