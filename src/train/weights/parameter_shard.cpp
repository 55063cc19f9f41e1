#include "train/weights/parameter_shard.hpp"

#include <cmath>
#include <utility>

namespace hogwild::train {
namespace {

constexpr double kEpsilon = 1e-8;
constexpr std::size_t kSweep =
    512;  ///< documents between the decays of the whole block with AdaGrad

}  // namespace

template <class Real>
ParameterShard<Real>::ParameterShard(const TrainingContext& context, data::Range block)
    : context_(context),
      block_(block),
      w_(static_cast<std::size_t>(block.size())),
      squares_(context.downpour.adagrad ? w_.size() : 0),
      adder_(context, w_.size()),
      decay_(SharedWeightDecay::make_for_copy(context, slot_, block)) {}

template <class Real>
void ParameterShard<Real>::resume(std::span<const double> weights, std::vector<double> squares) {
    const auto first = static_cast<std::size_t>(block_.begin);
    for (std::size_t k = 0; k < w_.size(); ++k) w_[k] = static_cast<Real>(weights[first + k]);
    adder_.resume(nullptr);
    decay_.resume(nullptr);
    if (!squares.empty()) squares_ = std::move(squares);
}

template <class Real>
void ParameterShard<Real>::apply(const DeltaMessage::View& push) {
    staleness_.add(version_ - push.counts[kFetchedVersion] - push.counts[kOwnBatches]);
    version_ += push.counts[kBatches];
    delta_.value.assign(push.value.begin(), push.value.end());
    delta_.index.assign(push.index.begin(), push.index.end());
    for (std::uint32_t& u : delta_.index) u -= static_cast<std::uint32_t>(block_.begin);
    if (squares_.empty() || push.counts[kPlain] != 0) {
        decay_.advance(std::span<Real>(w_), push.header.step_sum, push.header.documents);
    } else if (push.header.documents > 0) {
        scale_by_adagrad(push.header.step_sum / static_cast<double>(push.header.documents));
        pending_step_sum_ += push.header.step_sum;
        pending_documents_ += push.header.documents;
        if (pending_documents_ >= kSweep) decay_scaled();
    }
    adder_.add(std::span<Real>(w_), delta_);
}

/// Turns the gradient sums in delta_ into AdaGrad's steps.
template <class Real>
void ParameterShard<Real>::scale_by_adagrad(double eta) {
    for (std::size_t k = 0; k < delta_.index.size(); ++k) {
        double& g = delta_.value[k];
        double& square = squares_[delta_.index[k]];
        square += g * g;
        g *= eta / (std::sqrt(square) + kEpsilon);
    }
}

/// AdaGrad scales the step of each coordinate, so it must also scale the weight decay, which is a
/// part of the gradient: otherwise the two balance at a point that is not the minimum of the
/// objective. The form w / (1 + x) is stable for steps of any size. A coordinate without a gradient
/// so far (after a warm start) decays without scaling.
template <class Real>
void ParameterShard<Real>::decay_scaled() {
    const double step_sum = std::exchange(pending_step_sum_, 0.0);
    pending_documents_ = 0;
    if (!context_.regularization.decays()) return;
    const auto first = static_cast<std::size_t>(block_.begin);
    for (std::size_t k = 0; k < w_.size(); ++k) {
        const double scale = squares_[k] > 0.0 ? 1.0 / (std::sqrt(squares_[k]) + kEpsilon) : 1.0;
        const double due = context_.regularization.rate(first + k) * step_sum * scale;
        w_[k] = static_cast<Real>(static_cast<double>(w_[k]) / (1.0 + due));
    }
}

template <class Real>
void ParameterShard<Real>::flush() {
    decay_.flush(std::span<Real>(w_));
    if (!squares_.empty()) decay_scaled();
}

template class ParameterShard<float>;
template class ParameterShard<double>;

}  // namespace hogwild::train
