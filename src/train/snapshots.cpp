#include "hogwild/train/snapshots.hpp"

#include <algorithm>

#include "hogwild/model/kernels.hpp"

namespace hogwild::train {

template <class Real>
void Snapshots::take(std::int64_t iteration, std::span<const Real> w) {
    next_ = iteration + every_;
    if (count_ == taken_.size()) return;
    const Clock::time_point begin = Clock::now();
    Snapshot& snapshot = taken_[count_++];
    snapshot.iteration = iteration;
    snapshot.seconds = seconds(begin - start_ - copying_);
    std::ranges::transform(w, snapshot.weights.begin(), [](const Real& weight) {
        return static_cast<double>(model::load(weight));
    });
    copying_ += Clock::now() - begin;
}

template void Snapshots::take(std::int64_t, std::span<const float>);
template void Snapshots::take(std::int64_t, std::span<const double>);

}  // namespace hogwild::train
