#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "mpi/communicators.hpp"
#include "train/meters/meters.hpp"

namespace hogwild::train {

/// How groups that each maximise over the dual variables of their own documents combine what they
/// have found (CoCoA+: Ma et al. 2015, arXiv:1502.03508).
///
/// Between two rounds a group sees w + sigma' o (its own change of w), so that its steps are as
/// careful as the changes of all groups together need. In a round the changes are added up, without
/// sigma', times a gamma that maximises a lower bound of the dual objective along them, with the
/// present c: but for what ranks of a group lose when they write the same rare feature, it cannot
/// fall. sigma' must be large where the changes of the groups point in the same direction. It is
/// measured for each block of features of similar frequency,
///
///     sigma'_b = |sum_k dw_k|_b^2 / sum_k |dw_k|_b^2,   1 <= sigma'_b <= groups.
///
/// The last weight is S, what stands in the place of the bias (see DualAscent); it is a block of
/// its own. Used by the leaders; a round is collective over them.
template <class Real>
class DualExchange {
public:
    struct Plan {
        std::vector<std::size_t>
            block_ends;         ///< of the weights: ascending; the last is their number
        double lambda_n = 0.0;  ///< lambda times the documents of all groups
        double theta = 0.0;     ///< share of S in the bias; 0: there is no bias
    };
    /// @param comms  its leaders() must outlive this.
    DualExchange(const mpi::Communicators& comms, Plan plan);

    /// sigma' by block, in [1, groups]: what a group multiplies its changes by until the next
    /// round.
    std::span<const double> factors() const noexcept { return factors_; }
    /// Takes over weights that are the same in all groups: there is no change so far.
    void restart(std::span<const Real> shared);
    /// A round. @note Collective over the leaders.
    /// @param shared  what the group saw; becomes what all groups begin the next round with.
    /// @param gain    change since the last round of the sum over the group's documents of
    ///                -C_i phi*(-a_i), see DualAscent.
    /// @param documents  that the group has visited in this round.
    /// @param center  c of DualAscent; moves on.
    /// @return gamma, in [0, 1]: the changes of dual variables must be made as much smaller.
    double combine(std::span<Real> shared, double gain, double documents, double& center);

    const ExchangeMeters& meters() const noexcept { return meters_; }

private:
    void take_changes(std::span<const Real> shared);
    double step_length(double gain, double center) const;
    void measure_overlap(double gamma);

    mpi::Communicator leaders_;
    double groups_;
    Plan plan_;
    std::vector<double> base_;  ///< weights after the last round
    /// Of this group, then of all; behind them the squares of each group's by block, and the gain.
    std::vector<double> changes_;
    std::vector<double> factors_;
    ExchangeMeters meters_;
};

}  // namespace hogwild::train
