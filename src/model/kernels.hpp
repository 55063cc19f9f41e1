#pragma once
#include <atomic>
#include <cassert>
#include <cstdint>
#include <span>
#include <vector>

#include "data/rows.hpp"

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

/// How a weight is changed while other ranks may be changing it too.
enum class WriteMode {
    plain,  ///< a load and a store: another rank's change in between is lost
    atomic  ///< compare-and-swap until no rank was in between: nothing is lost
};

/// weight = change(weight). `change` may be called several times; its last call counts.
template <WriteMode kMode, class Real, class Change>
void update(Real& weight, Change&& change) noexcept {
    if constexpr (kMode == WriteMode::plain) {
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

/// A probe samples the stores of a sparse change: stores_until_sample() says how many stores are
/// not sampled, record() takes the outcome of the next one. This probe samples nothing.
struct NoProbe {
    /// @param available  stores left to do. @return number of these to do without sampling.
    static std::size_t stores_until_sample(std::size_t available) noexcept { return available; }
    /// @param collided   another rank stored between our load and our store.
    /// @param destroyed  their change that our store wiped out: the value overwritten minus that
    /// read.
    /// @param changed    our own change: the value written minus that read.
    static void record(bool /*collided*/, double /*destroyed*/, double /*changed*/) noexcept {}
};

/// As `update`, but tells the probe whether another rank stored in between: the store is an atomic
/// exchange, which writes the same value and returns the value that it overwrote.
template <WriteMode kMode, class Real, class Change, class Probe>
void probed_update(Real& weight, Change&& change, Probe& probe) noexcept {
    const std::atomic_ref<Real> cell(weight);
    const Real old = cell.load(std::memory_order_relaxed);
    const Real wanted = change(old);
    const double changed = static_cast<double>(wanted) - static_cast<double>(old);
    if constexpr (kMode == WriteMode::plain) {
        const Real found = cell.exchange(wanted, std::memory_order_relaxed);
        probe.record(found != old, static_cast<double>(found) - static_cast<double>(old), changed);
    } else {
        Real expected = old;
        const bool alone =
            cell.compare_exchange_strong(expected, wanted, std::memory_order_relaxed);
        if (!alone) update<kMode>(weight, change);
        probe.record(!alone, 0.0, changed);
    }
}

/// weight u = change(k, weight u) for every k, u = index[k]; the stores that the probe picks are
/// done by probed_update, all others by update.
template <WriteMode kMode, class Real, class Index, class Change, class Probe>
void update_each(std::span<Real> w, std::span<const Index> index, Change&& change,
                 Probe& probe) noexcept {
    for (std::size_t k = 0; k < index.size(); ++k) {
        for (const std::size_t stop = k + probe.stores_until_sample(index.size() - k); k < stop;
             ++k) {
            update<kMode>(w[index[k]], [&](Real old) { return change(k, old); });
        }
        if (k == index.size()) return;
        probed_update<kMode>(
            w[index[k]], [&](Real old) { return change(k, old); }, probe);
    }
}

/// Adds `delta` to the weights.
template <WriteMode kMode = WriteMode::plain, class Real, class Probe = NoProbe>
void add(std::span<Real> w, const SparseDelta& delta, Probe&& probe = {}) noexcept {
    update_each<kMode>(
        w, std::span<const std::uint32_t>(delta.index),
        [&](std::size_t k, Real old) {
            return static_cast<Real>(static_cast<double>(old) + delta.value[k]);
        },
        probe);
}

/// As `add`, but keeps the rounding errors in `carry` and adds them the next time, so that changes
/// below the resolution of a float accumulate instead of being lost to rounding.
/// @param carry  private to this rank, as long as `w`, initially zeros.
template <WriteMode kMode = WriteMode::plain, class Real, class Probe = NoProbe>
void add_carrying(std::span<Real> w, const SparseDelta& delta, std::span<double> carry,
                  Probe&& probe = {}) noexcept {
    std::size_t of =
        delta.index.size();  // which k `wanted` belongs to: a change may be asked twice
    double wanted = 0.0;
    update_each<kMode>(
        w, std::span<const std::uint32_t>(delta.index),
        [&](std::size_t k, Real old) {
            const std::uint32_t u = delta.index[k];
            if (of != k) {
                of = k;
                wanted = delta.value[k] + carry[u];
            }
            const Real rounded = static_cast<Real>(static_cast<double>(old) + wanted);
            carry[u] = wanted - (static_cast<double>(rounded) - static_cast<double>(old));
            return rounded;
        },
        probe);
}

}  // namespace hogwild::model
