#pragma once
#include <algorithm>
#include <span>
#include <type_traits>
#include <vector>

#include "data/state.hpp"
#include "model/kernels.hpp"
#include "train/context.hpp"

namespace hogwild::train {

/// Adds changes to weights of type Real, and carries what lies below its resolution.
template <class Real>
class CompensatedAdder {
public:
    /// @param size  number of weights.
    CompensatedAdder(const TrainingContext& context, std::size_t size)
        : own_(carries(context) ? size : 0), carry_(own_) {}
    /// @param carry  as long as the weights, or empty; not owned. Ranks that take turns can share
    /// it.
    explicit CompensatedAdder(std::span<double> carry) : carry_(carry) {}
    CompensatedAdder(const CompensatedAdder&) = delete;
    CompensatedAdder& operator=(const CompensatedAdder&) = delete;

    /// Whether rounding errors are carried: in float the regularizer's effect of one document can
    /// lie below the resolution of the weights.
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
    /// Checks that resume() can use the state. @throws Error: bad_data.
    void check(const data::State& saved) const {
        if (!carry_.empty()) saved.check_length("carry", carry_.size());
    }
    /// @param saved  from save(); null: the carry starts at 0.
    void resume(const data::State* saved) {
        std::ranges::fill(carry_, 0.0);
        if (saved != nullptr && !carry_.empty()) saved->get("carry", carry_);
    }

private:
    std::vector<double> own_;  ///< used unless the carry is shared
    std::span<double> carry_;
};

}  // namespace hogwild::train
