#include "train/exchange/consensus.hpp"

#include <cmath>
#include <type_traits>

#include "model/bfloat16.hpp"

namespace hogwild::train {
namespace {

/// A difference that is not larger, relative to the weight, is one of rounding: weights are
/// multiplied by scales and rounded a few times between two copies, and the logarithm of a decay of
/// e^-40 is known to 2^-47.
template <class Real>
constexpr double kClose = std::is_same_v<Real, float> ? 0x1p-20 : 0x1p-40;
/// With changes as Bfloat16: below their resolution of the weight. Else what one exchange rounds
/// off would be a change in the next, and twice as many weights would have one.
constexpr double kCloseInBfloat16 = 0x1p-8;
/// Relative difference of a group's factor from the consensus that is made up for.
constexpr double kVisibleDecay = 0x1p-12;
/// The scale below which it goes into the stored values.
constexpr double kSmallestScale = 1e-100;

double as_bfloat16(double value) noexcept {
    return static_cast<double>(model::nearest(static_cast<float>(value)).value());
}

}  // namespace

template <class Real>
Consensus<Real>::Consensus(const CombineRule& rule, const WeightBlocks& blocks)
    : rule_(rule), blocks_(blocks), values_(blocks.weights()), changed_(blocks.count()) {}

template <class Real>
void Consensus<Real>::restart(std::span<const double> w, double log_decay) {
    values_.assign(w.begin(), w.end());
    scale_ = 1.0;
    follow(log_decay);
}

template <class Real>
void Consensus<Real>::follow(double log_decay) noexcept {
    own_ = 1.0;
    decayed_until_ = log_decay;
}

template <class Real>
double Consensus<Real>::find_changes(std::span<Real> w, double log_decay, bool bfloat16) {
    const double decay = std::exp(log_decay - decayed_until_);
    decayed_until_ = log_decay;
    own_ *= decay;
    const double unchanged = own_ * scale_;
    const double close = bfloat16 ? kCloseInBfloat16 : kClose<Real>;
    for (std::size_t block = 0; block < blocks_.count(); ++block) {
        const std::span<const double> before = blocks_.of(std::span<const double>(values_), block);
        const std::span<Real> own = blocks_.of(w, block);
        unsigned any = 0;  // no bool: the loop is to become vectors
        for (std::size_t u = 0; u < own.size(); ++u) {
            const double expected = unchanged * before[u];
            const double change = static_cast<double>(own[u]) - expected;
            const bool is_none = std::abs(change) <= close * std::abs(expected);
            own[u] = is_none ? Real{0} : static_cast<Real>(change);
            any |= is_none ? 0U : 1U;
        }
        if (any != 0 && bfloat16) {
            for (Real& change : own) change = static_cast<Real>(as_bfloat16(change));
        }
        changed_[block] = any != 0;
    }
    return rule_.sums() ? decay : own_;
}

template <class Real>
void Consensus<Real>::land(std::span<Real> changes, std::span<const Real> sums,
                           const std::vector<bool>& in_sums, const GroupTotals& totals,
                           bool exactly) {
    own_ /= totals.decay;
    scale_ *= totals.decay;
    const bool corrects = own_ != 1.0 && (exactly || std::abs(own_ - 1.0) > kVisibleDecay);
    for (std::size_t block = 0; block < blocks_.count(); ++block) {
        if (!corrects && !changed_[block] && !in_sums[block]) continue;
        land_block(block, blocks_.of(changes, block), blocks_.of(sums, block),
                   corrects ? 1.0 - own_ : 0.0);
    }
    if (corrects) own_ = 1.0;
    if (scale_ < kSmallestScale) values();
}

template <class Real>
void Consensus<Real>::land_block(std::size_t block, std::span<Real> changes,
                                 std::span<const Real> sums, double correction) {
    const std::span<double> values = blocks_.of(std::span<double>(values_), block);
    const double inverse = 1.0 / scale_;
    const double of_sum = rule_.rate() * own_;
    const double of_value = correction * scale_;
    for (std::size_t u = 0; u < changes.size(); ++u) {
        const auto sum = static_cast<double>(sums[u]);
        values[u] += inverse * sum;
        changes[u] = static_cast<Real>(
            of_sum * sum - rule_.rate() * static_cast<double>(changes[u]) + of_value * values[u]);
    }
}

template <class Real>
std::vector<double>& Consensus<Real>::values() {
    if (scale_ != 1.0) {
        for (double& value : values_) value *= scale_;
    }
    scale_ = 1.0;
    return values_;
}

template class Consensus<float>;
template class Consensus<double>;

}  // namespace hogwild::train
