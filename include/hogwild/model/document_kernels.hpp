#pragma once
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>

#include "hogwild/model/compact_rows.hpp"
#include "hogwild/model/kernels.hpp"

/// Kernels for one document at a time: sums in the precision of the weights, which is what an SGD
/// step needs (sums over documents are another matter). Private weights are read and written
/// plainly; shared ones by relaxed atomics, as in kernels.hpp.
///
/// A gather instruction gains nothing over scalar loads here: both wait for the document's entries.
namespace hogwild::model {

/// w . x on private weights.
/// @param w  longer than every index of `x`.
/// @param x  a multiple of four entries, see CompactRows.
template <class Real, class Entries>
Real private_dot(std::span<const Real> w, const Entries& x) noexcept {
    const auto* index = x.index.data();
    const float* value = x.value.data();
    const Real* weight = w.data();
    const std::size_t n = x.index.size();
    assert(n % 4 == 0);
    Real a = 0, b = 0, c = 0, d = 0;  // four chains, since an addition takes several cycles
    for (std::size_t k = 0; k < n; k += 4) {
        a += weight[index[k]] * static_cast<Real>(value[k]);
        b += weight[index[k + 1]] * static_cast<Real>(value[k + 1]);
        c += weight[index[k + 2]] * static_cast<Real>(value[k + 2]);
        d += weight[index[k + 3]] * static_cast<Real>(value[k + 3]);
    }
    return (a + b) + (c + d);
}

/// w += a x on private weights. @param w  as above.
template <class Real, class Entries>
void private_axpy(std::span<Real> w, Real a, const Entries& x) noexcept {
    for (std::size_t k = 0; k < x.index.size(); ++k) {
        w[x.index[k]] += a * static_cast<Real>(x.value[k]);
    }
}

/// w . x on shared weights, in their precision.
template <class Real, class Entries>
Real shared_dot(std::span<const Real> w, const Entries& x) noexcept {
    Real a = 0, b = 0;  // two chains: these are few, or waited for anyway
    std::size_t k = 0;
    for (; k + 2 <= x.index.size(); k += 2) {
        a += load(w[x.index[k]]) * static_cast<Real>(x.value[k]);
        b += load(w[x.index[k + 1]]) * static_cast<Real>(x.value[k + 1]);
    }
    if (k < x.index.size()) a += load(w[x.index[k]]) * static_cast<Real>(x.value[k]);
    return a + b;
}

/// w += a x on shared weights.
template <class Real, class Entries, class Probe>
void shared_axpy(std::span<Real> w, Real a, const Entries& x, Probe& probe) noexcept {
    update_each<Access::plain>(
        w, x.index,
        [&](std::size_t k, Real old) { return old + a * static_cast<Real>(x.value[k]); }, probe);
}

}  // namespace hogwild::model
