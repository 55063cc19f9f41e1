#pragma once
#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "model/compact_rows.hpp"
#include "model/kernels.hpp"

/// Kernels for one document at a time: sums in the precision of the weights, which is what an SGD
/// step needs (sums over documents are another matter). Private weights are read and written
/// plainly; shared ones by relaxed atomics, as in kernels.hpp.
///
/// A gather instruction gains nothing over scalar loads here: both wait for the document's entries.
namespace hogwild::model {

/// Four indices by as few loads as possible: the processor loads two or three words in a cycle, and
/// each entry needs loads of its weight and value, too (record 6).
template <class Index>
[[gnu::always_inline]] inline std::array<std::size_t, 4> four_indices(const Index* index) noexcept {
    if constexpr (sizeof(Index) == 2 && std::endian::native == std::endian::little) {
        std::uint64_t all = 0;
        std::memcpy(&all, index, sizeof all);
        return {all & 0xffffU, (all >> 16U) & 0xffffU, (all >> 32U) & 0xffffU, all >> 48U};
    } else if constexpr (sizeof(Index) == 4 && std::endian::native == std::endian::little) {
        std::uint64_t two[2];
        std::memcpy(two, index, sizeof two);
        return {two[0] & 0xffffffffU, two[0] >> 32U, two[1] & 0xffffffffU, two[1] >> 32U};
    } else {
        return {index[0], index[1], index[2], index[3]};
    }
}

/// w . x on private weights.
///
/// Computes four lanes at a time in vectors that every processor has: the loads of single weights
/// dominate the time, and everything else is vectorised.
/// @param w  longer than every index of `x`.
/// @param x  a multiple of four entries, see CompactRows.
template <class Real, class Entries>
Real private_dot(std::span<const Real> w, const Entries& x) noexcept {
    using Lanes [[gnu::vector_size(4 * sizeof(Real))]] = Real;
    const auto* index = x.index.data();
    const float* value = x.value.data();
    const Real* weight = w.data();
    const std::size_t n = x.index.size();
    assert(n % 4 == 0);
    Lanes sum = {};
    for (std::size_t k = 0; k < n; k += 4) {
        const auto [u, v, s, t] = four_indices(index + k);
        const Lanes weights = {weight[u], weight[v], weight[s], weight[t]};
        const Lanes values = {value[k], value[k + 1], value[k + 2], value[k + 3]};
        sum += weights * values;
    }
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/// weight[u] += step(u) x_u on private weights.
/// @param w, x  as for private_dot. Four loads precede four stores, so no index may occur twice,
///              except in padding.
template <class Real, class Entries, class Step>
[[gnu::always_inline]] inline void private_steps(std::span<Real> w, const Step& step,
                                                 const Entries& x) noexcept {
    const auto* index = x.index.data();
    const float* value = x.value.data();
    Real* weight = w.data();
    const std::size_t n = x.index.size();
    assert(n % 4 == 0);
    for (std::size_t k = 0; k < n; k += 4) {
        const std::array<std::size_t, 4> u = four_indices(index + k);
        Real sum[4];
        for (std::size_t lane = 0; lane < 4; ++lane) {
            sum[lane] = weight[u[lane]] + step(u[lane]) * static_cast<Real>(value[k + lane]);
        }
        for (std::size_t lane = 0; lane < 4; ++lane) weight[u[lane]] = sum[lane];
    }
}

/// w += a x on private weights; see private_steps().
template <class Real, class Entries>
void private_axpy(std::span<Real> w, Real a, const Entries& x) noexcept {
    private_steps(
        w, [a](auto /*every feature*/) { return a; }, x);
}

/// w += a F x on private weights, F the diagonal matrix of `factor`; see private_steps().
template <class Real, class Entries>
void private_axpy(std::span<Real> w, Real a, std::span<const Real> factor,
                  const Entries& x) noexcept {
    private_steps(
        w, [a, factor](auto u) { return a * factor[u]; }, x);
}

/// Sum of factor[u] x_u^2.
template <class Real, class Entries>
Real weighted_squares(std::span<const Real> factor, const Entries& x) noexcept {
    Real sum[4] = {};
    const std::size_t n = x.index.size();
    assert(n % 4 == 0);
    for (std::size_t k = 0; k < n; k += 4) {
        for (std::size_t lane = 0; lane < 4; ++lane) {
            const auto value = static_cast<Real>(x.value[k + lane]);
            sum[lane] += factor[x.index[k + lane]] * value * value;
        }
    }
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/// Sum of x_u^2, in double.
template <class Entries>
double squares(const Entries& x) noexcept {
    double sum = 0.0;
    for (const float value : x.value) {
        sum += static_cast<double>(value) * static_cast<double>(value);
    }
    return sum;
}

/// w . x on shared weights, in their precision.
template <class Real, class Entries>
Real shared_dot(std::span<const Real> w, const Entries& x) noexcept {
    Real a = 0, b = 0;  // two chains: there are few entries, and their loads dominate
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
    update_each<WriteMode::plain>(
        w, x.index,
        [&](std::size_t k, Real old) { return old + a * static_cast<Real>(x.value[k]); }, probe);
}

}  // namespace hogwild::model
