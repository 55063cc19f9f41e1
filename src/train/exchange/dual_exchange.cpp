#include "train/exchange/dual_exchange.hpp"

#include <algorithm>
#include <utility>

#include "data/stopwatch.hpp"
#include "mpi/collectives.hpp"

namespace hogwild::train {
namespace {

constexpr double kSlow = 0.7;     // of the way down that a factor does not go
constexpr double kShort = 0.9;    // a gamma below it says that factors were too small
constexpr double kCaution = 1.2;  // what they are multiplied by then

}  // namespace

template <class Real>
DualExchange<Real>::DualExchange(const mpi::Communicators& comms, Plan plan)
    : leaders_(comms.leaders()),
      groups_(comms.replicas()),
      plan_(std::move(plan)),
      base_(plan_.block_ends.back()),
      changes_(base_.size() + plan_.block_ends.size() + 1),
      factors_(plan_.block_ends.size(), groups_) {}

template <class Real>
void DualExchange<Real>::restart(std::span<const Real> shared) {
    std::ranges::transform(shared, base_.begin(), [](Real w) { return static_cast<double>(w); });
}

template <class Real>
double DualExchange<Real>::combine(std::span<Real> shared, double gain, double documents,
                                   double& center) {
    const data::Stopwatch watch;
    take_changes(shared);
    changes_.back() = gain;
    mpi::sum_in_any_order(leaders_, changes_);
    // The last bits of the sum may differ between leaders.
    double agreed[] = {step_length(changes_.back(), center)};
    mpi::broadcast(leaders_, 0, std::span<double>(agreed));
    const double gamma = agreed[0];
    for (std::size_t u = 0; u < base_.size(); ++u) {
        shared[u] = static_cast<Real>(base_[u] + gamma * changes_[u]);
    }
    restart(shared);  // with what is rounded: it is no change of the next round
    center = plan_.theta * base_.back() + (1.0 - plan_.theta) * center;
    measure_overlap(gamma);
    meters_.exchanges += 1.0;
    meters_.visible_seconds += watch.seconds();
    meters_.under_way_seconds += watch.seconds();
    meters_.interval_documents += documents;
    meters_.bytes += static_cast<double>(changes_.size() * sizeof(double));
    return gamma;
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
    const std::size_t s = base_.size() - 1;
    for (std::size_t u = 0; u < s; ++u) {
        rise += base_[u] * changes_[u];
        bend += changes_[u] * changes_[u];
    }
    if (plan_.theta > 0.0) {
        rise += (plan_.theta * base_[s] + (1.0 - plan_.theta) * center) * changes_[s];
        bend += plan_.theta * changes_[s] * changes_[s];
    }
    if (bend <= 0.0) return 1.0;
    return std::clamp((gain - plan_.lambda_n * rise) / (plan_.lambda_n * bend), 0.0, 1.0);
}

template <class Real>
void DualExchange<Real>::measure_overlap(double gamma) {
    std::size_t u = 0;
    for (std::size_t block = 0; block < factors_.size(); ++block) {
        double together = 0.0;
        for (; u < plan_.block_ends[block]; ++u) together += changes_[u] * changes_[u];
        const double apart = changes_[base_.size() + block];
        if (apart <= 0.0) continue;
        double wanted = together / apart;
        if (gamma < kShort) wanted = std::max(wanted, kCaution * factors_[block]);
        wanted = std::clamp(wanted, 1.0, groups_);
        factors_[block] = std::max(wanted, kSlow * factors_[block] + (1.0 - kSlow) * wanted);
    }
}

template class DualExchange<float>;
template class DualExchange<double>;

}  // namespace hogwild::train
