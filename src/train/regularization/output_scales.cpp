#include "train/regularization/output_scales.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "model/kernels.hpp"

namespace hogwild::train {
namespace {

bool is_too_small(double scale) noexcept {
    static const double smallest = std::exp(-LazyL2Scale::kLargest);
    return scale < smallest;
}

}  // namespace

OutputScales::OutputScales(const TrainingContext& context, const mpi::Communicators& comms,
                           std::size_t stride)
    : calls_(context, comms), values_(stride, 1.0F), inverses_(stride, 1.0F), factors_(stride) {
    std::map<double, std::size_t> number;
    for (const OutputSetting& output : context.outputs->settings) {
        const double rate = calls_.used() ? output.lambda * output.rate_share : 0.0;
        const auto [found, is_new] = number.try_emplace(rate, rates_.size());
        if (is_new) rates_.push_back(rate);
        rate_of_.push_back(found->second);
    }
    known_materialized_.assign(rates_.size(), 0.0);
    scales_.assign(rates_.size(), 1.0);
    factor_of_rate_.assign(rates_.size(), 1.0);
    if (calls_.used()) materialized_ = mpi::SharedWindow<double>(comms.group(), rates_.size());
}

void OutputScales::close() {
    calls_.close();
    materialized_.close();
}

double OutputScales::scale(std::size_t rate, double exponent) const noexcept {
    return std::exp(-rates_[rate] * (exponent - known_materialized_[rate]));
}

void OutputScales::advance(double exponent) noexcept {
    calls_.advance(exponent);
    for (std::size_t k = 0; k < rates_.size(); ++k) scales_[k] = scale(k, exponent);
}

bool OutputScales::due() const noexcept {
    return calls_.due() || std::ranges::any_of(scales_, is_too_small);
}

void OutputScales::renew() noexcept {
    for (std::size_t o = 0; o < rate_of_.size(); ++o) {
        values_[o] = static_cast<float>(scales_[rate_of_[o]]);
        inverses_[o] = 1.0F / values_[o];
    }
}

void OutputScales::enter() {
    calls_.enter();
    take_over();
}

void OutputScales::catch_up() noexcept {
    calls_.catch_up();
    take_over();
}

/// What another rank has stored before it was done, or what all have agreed on at a boundary.
void OutputScales::take_over() noexcept {
    has_factors_ = false;
    for (std::size_t k = 0; k < materialized_.span().size(); ++k) {
        const double now = model::load(materialized_.span()[k]);
        factor_of_rate_[k] = scale(k, now);
        has_factors_ = has_factors_ || now != known_materialized_[k];
        known_materialized_[k] = now;
    }
    if (has_factors_) set_factors(factor_of_rate_);
}

std::span<const float> OutputScales::materialize_small(double exponent) noexcept {
    for (std::size_t k = 0; k < rates_.size(); ++k) {
        const double now = scale(k, exponent);
        factor_of_rate_[k] = is_too_small(now) ? now : 1.0;
        if (is_too_small(now)) model::store(materialized_.span()[k], exponent);
    }
    set_factors(factor_of_rate_);
    return factors_;
}

std::span<const float> OutputScales::materialize_at_boundary(double exponent) noexcept {
    calls_.materialize_at_boundary(exponent);
    for (std::size_t k = 0; k < rates_.size(); ++k) factor_of_rate_[k] = scale(k, exponent);
    set_factors(factor_of_rate_);
    std::ranges::fill(known_materialized_, exponent);
    // all ranks store the same value
    for (double& shared : materialized_.span()) model::store(shared, exponent);
    return factors_;
}

void OutputScales::set_factors(std::span<const double> by_rate) noexcept {
    std::ranges::fill(factors_, 1.0F);
    for (std::size_t o = 0; o < rate_of_.size(); ++o) {
        factors_[o] = static_cast<float>(by_rate[rate_of_[o]]);
    }
}

}  // namespace hogwild::train
