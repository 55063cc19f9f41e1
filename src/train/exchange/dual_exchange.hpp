#pragma once
#include <mpi.h>

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "data/stopwatch.hpp"
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
/// A round can also go on while the groups train: then its sum arrives in the next one, and until
/// then a group sees w + (its own change under way) + sigma' o (its change since). There is no
/// gamma, and sigma' is twice as large, since others do not know yet what a group has done.
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
        /// Sums have the same bits in every run, which takes time and memory for each group.
        bool in_rank_order = false;
        /// Ranks share cores: who waits leaves the core to another rank, so nothing can be hidden.
        bool oversubscribed = false;
    };
    /// @param comms  its leaders() must outlive this.
    DualExchange(const mpi::Communicators& comms, Plan plan);
    DualExchange(const DualExchange&) = delete;
    DualExchange& operator=(const DualExchange&) = delete;
    /// @note Collective over the leaders.
    void close();

    /// sigma' by block, in [1, groups]: what a group multiplies its changes by until the next
    /// round.
    std::span<const double> factors() const noexcept { return factors_; }
    /// Takes over weights that are the same in all groups: there is no change so far, and what is
    /// under way is part of them. @note Collective over the leaders.
    void restart(std::span<const Real> shared);
    /// A round. @note Collective over the leaders.
    /// @param shared  what the group saw; becomes what all groups begin the next round with.
    /// @param gain    change since the last round of the sum over the group's documents of
    ///                -C_i phi*(-a_i), see DualAscent.
    /// @param documents  that the group has visited in this round.
    /// @param center  c of DualAscent; moves on.
    /// @return gamma, in [0, 1]: the changes of dual variables must be made as much smaller.
    double combine(std::span<Real> shared, double gain, double documents, double& center);
    /// A round whose sum arrives in the next one. @note Collective over the leaders.
    /// @param shared  what the group saw; becomes what this group begins the next round with.
    void combine_meanwhile(std::span<Real> shared, double documents, double& center);
    /// Lets MPI progress, which it does only when called.
    void poll();
    /// The share of the time that leaders have waited for sums, lately; empty: not known yet. The
    /// same on all leaders.
    std::optional<double> waited_share() const noexcept;
    /// Rounds become longer, or shorter.
    void forget_waiting() noexcept { rounds_ = 0; }

    const ExchangeMeters& meters() const noexcept { return meters_; }

private:
    void take_changes(std::span<const Real> shared);
    void land();
    void begin_from(std::span<Real> shared, double& center);
    double step_length(double gain, double center) const;
    void measure_overlap(std::span<const double> sums, double gamma, double caution);
    double work_of_sum(double pass_seconds) const;
    void note_waiting(double seconds);
    void count(double documents);

    mpi::Communicator leaders_;
    double groups_;
    Plan plan_;
    std::vector<double> common_;  ///< weights after the last round whose sum is there
    std::vector<double> base_;    ///< as the group saw them at the beginning of this round
    /// Of this group in this round, then of all; behind them the squares of each group's by block,
    /// and the gain.
    std::vector<double> changes_;
    std::vector<double> own_;        ///< this group's changes that are under way
    std::vector<double> under_way_;  ///< the same, then those of all
    MPI_Comm comm_ = MPI_COMM_NULL;  ///< of the sums under way
    MPI_Request request_ = MPI_REQUEST_NULL;
    std::vector<double> factors_;
    data::Stopwatch since_posted_;
    data::Stopwatch since_round_;  ///< since the last note_waiting()
    double own_share_ = 0.0;       ///< of the time, that this leader waits: a running mean
    double waited_share_ = 0.0;    ///< that of the first leader, which all know
    int rounds_ = 0;               ///< in the mean
    ExchangeMeters meters_;
};

}  // namespace hogwild::train
