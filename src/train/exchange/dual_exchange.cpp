#include "train/exchange/dual_exchange.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "mpi/collectives.hpp"
#include "mpi/error.hpp"

namespace hogwild::train {
namespace {

using mpi::check;

constexpr double kSlow = 0.7;     // of the way down that a factor does not go
constexpr double kShort = 0.9;    // a gamma below it says that factors were too small
constexpr double kCaution = 1.2;  // what they are multiplied by then

}  // namespace

template <class Real>
DualExchange<Real>::DualExchange(const mpi::Communicators& comms, Plan plan)
    : leaders_(comms.leaders()),
      groups_(comms.replicas()),
      plan_(std::move(plan)),
      common_(plan_.block_ends.back()),
      base_(common_.size()),
      changes_(common_.size() + plan_.block_ends.size() + 1),
      factors_(plan_.block_ends.size(), groups_) {
    check(MPI_Comm_dup(leaders_, &comm_), "MPI_Comm_dup");
    check(MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
}

template <class Real>
void DualExchange<Real>::close() {
    check(MPI_Wait(&request_, MPI_STATUS_IGNORE), "MPI_Wait");
    check(MPI_Comm_free(&comm_), "MPI_Comm_free");
}

template <class Real>
void DualExchange<Real>::restart(std::span<const Real> shared) {
    check(MPI_Wait(&request_, MPI_STATUS_IGNORE), "MPI_Wait");
    std::ranges::transform(shared, base_.begin(), [](Real w) { return static_cast<double>(w); });
    common_ = base_;
    own_.clear();
}

template <class Real>
double DualExchange<Real>::combine(std::span<Real> shared, double gain, double documents,
                                   double& center) {
    const data::Stopwatch watch;
    take_changes(shared);
    const double pass_seconds = watch.seconds();
    land();
    changes_.back() = gain;
    const data::Stopwatch summing;
    if (plan_.in_rank_order) {
        mpi::sum_in_rank_order(leaders_, changes_);
    } else {
        mpi::sum_in_any_order(leaders_, changes_);
    }
    // The last bits of the sum may differ between leaders.
    double agreed[] = {step_length(changes_.back(), center), own_share_};
    mpi::broadcast(leaders_, 0, std::span<double>(agreed));
    const double gamma = agreed[0];
    waited_share_ = agreed[1];
    note_waiting(summing.seconds() - work_of_sum(pass_seconds));
    for (std::size_t u = 0; u < common_.size(); ++u) common_[u] += gamma * changes_[u];
    begin_from(shared, center);
    common_ = base_;  // with what is rounded: it is no change of the next round
    measure_overlap(changes_, gamma, 1.0);
    count(documents);
    meters_.visible_seconds += watch.seconds();
    meters_.under_way_seconds += watch.seconds();
    return gamma;
}

template <class Real>
void DualExchange<Real>::combine_meanwhile(std::span<Real> shared, double documents,
                                           double& center) {
    const data::Stopwatch watch;
    take_changes(shared);
    const data::Stopwatch landing;
    land();
    note_waiting(landing.seconds());
    under_way_ = own_ = changes_;
    check(MPI_Iallreduce(MPI_IN_PLACE, under_way_.data(), static_cast<int>(under_way_.size()),
                         MPI_DOUBLE, MPI_SUM, comm_, &request_),
          "MPI_Iallreduce");
    since_posted_ = data::Stopwatch();
    begin_from(shared, center);
    for (std::size_t u = 0; u < base_.size(); ++u) {
        shared[u] = static_cast<Real>(common_[u] + own_[u]);
        base_[u] = static_cast<double>(shared[u]);
    }
    count(documents);
    meters_.visible_seconds += watch.seconds();
}

/// About what a sum costs this leader's core, whenever it is done: a pass over the weights for each
/// message that it receives.
/// @param pass_seconds  that such a pass takes.
template <class Real>
double DualExchange<Real>::work_of_sum(double pass_seconds) const {
    return 2.0 * std::ceil(std::log2(groups_)) * pass_seconds;
}

/// @param seconds  that this leader has waited in this round.
template <class Real>
void DualExchange<Real>::note_waiting(double seconds) {
    const double round_seconds = std::exchange(since_round_, {}).seconds();
    const double share = plan_.oversubscribed ? 0.0 : std::max(0.0, seconds) / round_seconds;
    constexpr int kMemory = 4;  // rounds
    own_share_ += (share - own_share_) / std::min(++rounds_, kMemory);
}

template <class Real>
std::optional<double> DualExchange<Real>::waited_share() const noexcept {
    constexpr int kEnough = 4;  // rounds
    if (rounds_ <= kEnough) return {};
    return waited_share_;
}

template <class Real>
void DualExchange<Real>::poll() {
    int there = 0;
    if (request_ != MPI_REQUEST_NULL) {
        check(MPI_Test(&request_, &there, MPI_STATUS_IGNORE), "MPI_Test");
    }
    if (there != 0) meters_.under_way_seconds += since_posted_.seconds();
}

/// Adds the sum that is under way to the common weights.
template <class Real>
void DualExchange<Real>::land() {
    if (own_.empty()) return;
    if (request_ != MPI_REQUEST_NULL) {
        check(MPI_Wait(&request_, MPI_STATUS_IGNORE), "MPI_Wait");
        meters_.under_way_seconds += since_posted_.seconds();
    }
    for (std::size_t u = 0; u < common_.size(); ++u) common_[u] += under_way_[u];
    constexpr double kUnseen = 2.0;
    measure_overlap(under_way_, 1.0, kUnseen);
    own_.clear();
}

/// A new round begins with the common weights.
template <class Real>
void DualExchange<Real>::begin_from(std::span<Real> shared, double& center) {
    for (std::size_t u = 0; u < common_.size(); ++u) {
        shared[u] = static_cast<Real>(common_[u]);
        base_[u] = static_cast<double>(shared[u]);
    }
    center = plan_.theta * base_.back() + (1.0 - plan_.theta) * center;
}

template <class Real>
void DualExchange<Real>::count(double documents) {
    meters_.exchanges += 1.0;
    meters_.interval_documents += documents;
    meters_.bytes += static_cast<double>(changes_.size() * sizeof(double));
}

/// This group's changes, and their squares by block.
template <class Real>
void DualExchange<Real>::take_changes(std::span<const Real> shared) {
    std::size_t u = 0;
    for (std::size_t block = 0; block < factors_.size(); ++block) {
        double squares = 0.0;
        for (; u < plan_.block_ends[block]; ++u) {
            changes_[u] = (static_cast<double>(shared[u]) - base_[u]) / factors_[block];
            squares += changes_[u] * changes_[u];
        }
        changes_[base_.size() + block] = squares;
    }
}

/// Where the dual objective of the subproblem is highest on the way, as if -phi* were linear there:
/// it is at least that, being concave.
template <class Real>
double DualExchange<Real>::step_length(double gain, double center) const {
    double rise = 0.0;  // w . dw + b dS
    double bend = 0.0;  // |dw|^2 + theta dS^2
    const std::size_t s = common_.size() - 1;
    for (std::size_t u = 0; u < s; ++u) {
        rise += common_[u] * changes_[u];
        bend += changes_[u] * changes_[u];
    }
    if (plan_.theta > 0.0) {
        rise += (plan_.theta * common_[s] + (1.0 - plan_.theta) * center) * changes_[s];
        bend += plan_.theta * changes_[s] * changes_[s];
    }
    if (bend <= 0.0) return 1.0;
    return std::clamp((gain - plan_.lambda_n * rise) / (plan_.lambda_n * bend), 0.0, 1.0);
}

/// @param sums  changes of all groups, as in changes_. @param caution  what is measured is taken as
///              so many times as large.
template <class Real>
void DualExchange<Real>::measure_overlap(std::span<const double> sums, double gamma,
                                         double caution) {
    std::size_t u = 0;
    for (std::size_t block = 0; block < factors_.size(); ++block) {
        double together = 0.0;
        for (; u < plan_.block_ends[block]; ++u) together += sums[u] * sums[u];
        const double apart = sums[common_.size() + block];
        if (apart <= 0.0) continue;
        double wanted = caution * together / apart;
        if (gamma < kShort) wanted = std::max(wanted, kCaution * factors_[block]);
        wanted = std::clamp(wanted, 1.0, groups_);
        factors_[block] = std::max(wanted, kSlow * factors_[block] + (1.0 - kSlow) * wanted);
    }
}

template class DualExchange<float>;
template class DualExchange<double>;

}  // namespace hogwild::train
