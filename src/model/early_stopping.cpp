#include "hogwild/model/early_stopping.hpp"

#include <algorithm>

namespace hogwild::model {

bool EarlyStopping::observe(double loss) {
    if (patience_ == 0) return false;
    window_.push_back(loss);
    if (window_.size() > patience_) window_.pop_front();
    if (window_.size() < patience_) return false;
    const double minimum = *std::ranges::min_element(window_);
    const bool stop = last_minimum_ && minimum > *last_minimum_;
    last_minimum_ = minimum;
    return stop;
}

}  // namespace hogwild::model
