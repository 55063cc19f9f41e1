#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "train/exchange/combine_rule.hpp"
#include "train/exchange/group_share.hpp"
#include "train/exchange/weight_blocks.hpp"

namespace hogwild::train {

/// The weights on which all groups agreed in the last exchange, as a group keeps them to find out
/// what it has changed since. Without MPI.
///
/// Between two exchanges weight decay multiplies all weights of a group by the same factor. That is
/// no change: the factor goes with the group's share, and the consensus is multiplied by what
/// follows from all shares, as one number (scale_). The weights of a group may differ from the
/// consensus by a factor (own_); the difference is made up for when it grows.
///
///     weight of a group = own * consensus + its change
///
/// What is within rounding errors of the weight is no change either. It stays in the group's
/// weight, and goes with a later exchange when it has grown. So does the error of rounding a change
/// to a Bfloat16.
template <class Real>
class Consensus {
public:
    Consensus(const CombineRule& rule, const WeightBlocks& blocks);

    /// @param w  the consensus from now on, which the group has, too. @param log_decay  at w.
    void restart(std::span<const double> w, double log_decay);
    /// values() have been changed: the group had what they say at this log_decay.
    void follow(double log_decay) noexcept;
    /// Replaces the weights of the group by its changes.
    /// @param w          all weights. @param log_decay  when they were copied: the logarithm of all
    ///                   weight decay since some time; falls by that of each exchange.
    /// @param bfloat16   the changes are rounded to Bfloat16.
    /// @return the decay of the group's share.
    double find_changes(std::span<Real> w, double log_decay, bool bfloat16);
    /// Ends an exchange: replaces the changes of find_changes() by what must be added to the
    /// group's weights as they were then.
    /// @param sums     changes of all groups times their factors, by weight.
    /// @param in_sums  by block: whether `sums` has a change there.
    /// @param exactly  the group's weights must follow the factor of the consensus at once.
    void land(std::span<Real> changes, std::span<const Real> sums, const std::vector<bool>& in_sums,
              const GroupTotals& totals, bool exactly);
    /// The weights; from then on they are stored as they are.
    std::vector<double>& values();
    std::span<const double> stored() const noexcept { return values_; }

private:
    void land_block(std::size_t block, std::span<Real> changes, std::span<const Real> sums,
                    double correction);

    CombineRule rule_;
    WeightBlocks blocks_;
    std::vector<double> values_;  ///< consensus / scale_
    double scale_ = 1.0;
    double own_ = 1.0;
    double decayed_until_ = 0.0;  ///< log_decay of the last copy
    std::vector<bool> changed_;   ///< by block: the group has a change there
};

}  // namespace hogwild::train
