#pragma once
#include "train/context.hpp"

namespace hogwild::train {

/// How groups combine one weight: the contribution of a group to the sum over all groups, and the
/// change that follows from the sum. Pure functions.
///
///   mean     the mean of all groups' weights, weighted by the documents each has processed
///            (parameter mixing; McDonald, Hall, Mann 2010)
///   sum      the consensus of the last exchange plus all groups' changes since
///   elastic  w + rate (mean - w) (Zhang, Choromanska, LeCun 2015, arXiv:1412.6651, with the mean
///            itself as the center)
class CombineRule {
public:
    explicit CombineRule(const ExchangePlan& plan)
        : sums_(plan.combine == Combine::sum),
          rate_(plan.combine == Combine::elastic ? plan.elastic_rate : 1.0) {}

    /// Whether changes are summed, rather than weights averaged.
    bool sums() const noexcept { return sums_; }
    /// How far a group goes towards the consensus during training: 1 but for `elastic`.
    double rate() const noexcept { return rate_; }

    /// @param w          a group's weight.
    /// @param weight     weight of the group in a mean: its documents.
    /// @param consensus  of the last exchange.
    template <class Real>
    Real contribution(Real w, Real weight, double consensus) const noexcept {
        return sums_ ? static_cast<Real>(static_cast<double>(w) - consensus) : weight * w;
    }
    /// The difference that a group adds to its weight, which was `w` when it contributed.
    /// @param sum        of all contributions. @param total  sum of the weights of all groups.
    /// @param consensus  with `sum`, updated to that of this exchange.
    template <class Real>
    Real difference(Real w, Real sum, Real total, double& consensus) const noexcept {
        if (sums_) {
            consensus += static_cast<double>(sum);
            return static_cast<Real>(consensus - static_cast<double>(w));
        }
        return total > 0 ? static_cast<Real>(rate_) * (sum / total - w) : Real{0};
    }
    /// The consensus at a boundary.
    double consensus(double sum, double total, double before) const noexcept {
        return sums_ ? before + sum : sum / total;
    }
    /// A group's weight at a boundary: the consensus, or with `elastic` a step towards it.
    template <class Real>
    Real settled(Real w, double consensus) const noexcept {
        const auto own = static_cast<double>(w);
        return static_cast<Real>(rate_ == 1.0 ? consensus : own + rate_ * (consensus - own));
    }

private:
    bool sums_;
    double rate_;
};

}  // namespace hogwild::train
