#include "model/early_stopping.hpp"

#include <algorithm>
#include <cmath>

namespace hogwild::model {

bool EarlyStopping::observe(const Metrics& validation) {
    const double cost = cost_of(value_of(validation, measure_), measure_);
    if (patience_ == 0 || std::isnan(cost)) return false;
    window_.push_back(cost);
    if (window_.size() > patience_) window_.pop_front();
    if (window_.size() < patience_) return false;
    const double minimum = *std::ranges::min_element(window_);
    const bool stop = last_minimum_ && minimum > *last_minimum_;
    last_minimum_ = minimum;
    return stop;
}

void EarlyStopping::save(data::State& state) const {
    const std::vector<double> window(window_.begin(), window_.end());
    state.put("stopping_window", std::span<const double>(window));
    if (last_minimum_) state.put("stopping_minimum", *last_minimum_);
    if (measure_ != Measure::objective) {
        state.put("stopping_measure", static_cast<double>(measure_));
    }
}

void EarlyStopping::resume(const data::State& state) {
    const double saved = state.has("stopping_measure") ? state.number("stopping_measure") : 0.0;
    if (saved != static_cast<double>(measure_)) return;
    const std::vector<double>& window = state.array("stopping_window");
    window_.assign(window.begin(), window.end());
    while (window_.size() > patience_) window_.pop_front();
    last_minimum_.reset();
    if (state.has("stopping_minimum")) last_minimum_ = state.number("stopping_minimum");
}

}  // namespace hogwild::model
