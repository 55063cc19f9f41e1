#pragma once
#include <atomic>
#include <cassert>
#include <cstdint>
#include <span>
#include <vector>

#include "hogwild/data/rows.hpp"

/// Arithmetic on weights that other ranks may be reading and writing at the same time.
///
/// Every access to a weight is a relaxed atomic load or store: no tearing and no undefined
/// behaviour, at the price of a plain access. A load followed by a store is *not* one atomic step,
/// so concurrent additions to one weight can be lost; that is Hogwild!'s bargain (Niu et al. 2011).
namespace hogwild::model {

template <class Real>
Real load(const Real& weight) noexcept {
    // atomic_ref wants a mutable reference even to read
    return std::atomic_ref<Real>(const_cast<Real&>(weight)).load(std::memory_order_relaxed);
}

template <class Real>
void store(Real& weight, Real value) noexcept {
    std::atomic_ref<Real>(weight).store(value, std::memory_order_relaxed);
}

/// How a weight is changed while others may be changing it too.
enum class Access {
    plain,  ///< a load and a store: a change of somebody else in between is lost
    atomic  ///< compare-and-swap until nobody was in between: nothing is lost
};

/// weight = change(weight). `change` may be called several times; its last call counts.
template <Access kAccess, class Real, class Change>
void update(Real& weight, Change&& change) noexcept {
    if constexpr (kAccess == Access::plain) {
        store(weight, change(load(weight)));
    } else {
        const std::atomic_ref<Real> cell(weight);
        Real old = cell.load(std::memory_order_relaxed);
        while (!cell.compare_exchange_weak(old, change(old), std::memory_order_relaxed)) {
        }
    }
}

/// w . x in double.
/// @param w  weights, longer than every index of `x`.
template <class Real>
double dot(std::span<const Real> w, data::SparseRow x) noexcept {
    double sum[4] = {};  // four chains, since an addition takes four cycles
    const std::size_t n = x.size();
    std::size_t k = 0;
    for (; k + 4 <= n; k += 4) {
        for (std::size_t lane = 0; lane < 4; ++lane) {
            sum[lane] += static_cast<double>(load(w[x.index[k + lane]])) *
                         static_cast<double>(x.value[k + lane]);
        }
    }
    for (; k < n; ++k) {
        sum[0] += static_cast<double>(load(w[x.index[k]])) * static_cast<double>(x.value[k]);
    }
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/// A sparse change of the weights: w[index[k]] += value[k]; indices ascending.
struct SparseDelta {
    std::vector<std::uint32_t> index;
    std::vector<double> value;

    void clear() noexcept {
        index.clear();
        value.clear();
    }
    void push(std::uint32_t u, double v) {
        index.push_back(u);
        value.push_back(v);
    }
};

/// Adds `delta` to the weights.
template <Access kAccess = Access::plain, class Real>
void add(std::span<Real> w, const SparseDelta& delta) noexcept {
    for (std::size_t k = 0; k < delta.index.size(); ++k) {
        update<kAccess>(w[delta.index[k]], [value = delta.value[k]](Real old) {
            return static_cast<Real>(static_cast<double>(old) + value);
        });
    }
}

/// As `add`, but what rounding cuts off is kept in `carry` and added the next time, so that changes
/// below the resolution of a float add up instead of vanishing.
/// @param carry  this rank's own, as long as `w`, zeros at first.
template <Access kAccess = Access::plain, class Real>
void add_carrying(std::span<Real> w, const SparseDelta& delta, std::span<double> carry) noexcept {
    for (std::size_t k = 0; k < delta.index.size(); ++k) {
        const std::uint32_t u = delta.index[k];
        const double wanted = delta.value[k] + carry[u];
        update<kAccess>(w[u], [&](Real old) {
            const Real rounded = static_cast<Real>(static_cast<double>(old) + wanted);
            carry[u] = wanted - (static_cast<double>(rounded) - static_cast<double>(old));
            return rounded;
        });
    }
}

}  // namespace hogwild::model
