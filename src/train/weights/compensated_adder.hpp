#pragma once
#include <algorithm>
#include <span>
#include <type_traits>
#include <vector>

#include "data/state.hpp"
#include "model/kernels.hpp"
#include "train/context.hpp"

namespace hogwild::train {

/// Adds changes to weights of type Real without losing what lies below its resolution.
template <class Real>
class CompensatedAdder {
public:
    /// @param size  number of weights.
    CompensatedAdder(const TrainingContext& context, std::size_t size)
        : own_(carries(context) ? size : 0), carry_(own_) {}
    /// @param carry  what is carried, as long as the weights or empty; not owned. Ranks that take
    ///               turns can share it.
    explicit CompensatedAdder(std::span<double> carry) : carry_(carry) {}
    CompensatedAdder(const CompensatedAdder&) = delete;
    CompensatedAdder& operator=(const CompensatedAdder&) = delete;

    /// Whether anything is carried: in float a document's share of the regularizer can lie below
    /// the weights' resolution.
    static bool carries(const TrainingContext& context) {
        return std::is_same_v<Real, float> && context.regularization.in_gradient();
    }

    /// w += delta.
    template <model::WriteMode kMode = model::WriteMode::plain, class Probe = model::NoProbe>
    void add(std::span<Real> w, const model::SparseDelta& delta, Probe&& probe = {}) {
        if (carry_.empty()) {
            model::add<kMode>(w, delta, probe);
        } else {
            model::add_carrying<kMode>(w, delta, carry_, probe);
        }
    }

    void save(data::State& saved) const {
        if (!carry_.empty()) saved.put("carry", std::span<const double>(carry_));
    }
    /// Whether resume() can use it. @throws Error: bad_data.
    void check(const data::State& saved) const {
        if (!carry_.empty()) saved.check_length("carry", carry_.size());
    }
    /// @param saved  what save() gave; null: nothing is carried.
    void resume(const data::State* saved) {
        std::ranges::fill(carry_, 0.0);
        if (saved != nullptr && !carry_.empty()) saved->get("carry", carry_);
    }

private:
    std::vector<double> own_;  ///< where the carry is this rank's alone
    std::span<double> carry_;
};

}  // namespace hogwild::train
