#include "model/lazy_weight_decay.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace hogwild::model {

LazyWeightDecay::LazyWeightDecay(std::size_t first, std::span<const double> rates, Form form)
    : form_(form) {
    std::map<int, Bucket> by_magnitude;
    for (std::size_t k = 0; k < rates.size(); ++k) {
        if (rates[k] <= 0.0) continue;
        Bucket& bucket = by_magnitude[std::ilogb(rates[k])];
        bucket.index.push_back(static_cast<std::uint32_t>(first + k));
        bucket.rate.push_back(rates[k]);
        bucket.largest = std::max(bucket.largest, rates[k]);
    }
    for (auto& [magnitude, bucket] : by_magnitude) buckets_.push_back(std::move(bucket));
}

LazyWeightDecay::LazyWeightDecay(std::size_t first, std::size_t size, double rate, Form form)
    : form_(form) {
    if (rate <= 0.0 || size == 0) return;
    Bucket& bucket = buckets_.emplace_back();
    bucket.first = first;
    bucket.size = size;
    bucket.largest = rate;
}

std::vector<double> LazyWeightDecay::applied() const {
    std::vector<double> all;
    for (const Bucket& bucket : buckets_) all.push_back(bucket.applied);
    return all;
}

void LazyWeightDecay::set_applied(std::span<const double> applied, double e) {
    const bool fits = applied.size() == buckets_.size();
    for (std::size_t k = 0; k < buckets_.size(); ++k) buckets_[k].applied = fits ? applied[k] : e;
}

template <WriteMode kMode, class Real>
void LazyWeightDecay::apply(Bucket& bucket, std::span<Real> w, double e) const {
    const double progress = e - bucket.applied;
    bucket.applied = e;
    const auto factor_of = [this, progress](double rate) {
        return form_ == Form::linear ? 1.0 - rate * progress : std::exp(-rate * progress);
    };
    const auto multiply = [](Real& weight, double factor) {
        // not writing a zero again leaves its cache line with other ranks
        if (load(weight) == Real{0}) return;
        update<kMode>(weight, [factor](Real old) {
            return static_cast<Real>(static_cast<double>(old) * factor);
        });
    };
    double rate = bucket.largest;
    double factor = factor_of(rate);
    for (Real& weight : w.subspan(bucket.first, bucket.size)) multiply(weight, factor);
    for (std::size_t k = 0; k < bucket.index.size(); ++k) {
        if (bucket.rate[k] != rate) {  // consecutive rates are often equal
            rate = bucket.rate[k];
            factor = factor_of(rate);
        }
        multiply(w[bucket.index[k]], factor);
    }
}

template <WriteMode kMode, class Real>
void LazyWeightDecay::advance(std::span<Real> w, double e, double threshold) {
    for (Bucket& bucket : buckets_) {
        if (bucket.largest * (e - bucket.applied) > threshold) apply<kMode>(bucket, w, e);
    }
}

template void LazyWeightDecay::advance<WriteMode::plain>(std::span<float>, double, double);
template void LazyWeightDecay::advance<WriteMode::plain>(std::span<double>, double, double);
template void LazyWeightDecay::advance<WriteMode::atomic>(std::span<float>, double, double);
template void LazyWeightDecay::advance<WriteMode::atomic>(std::span<double>, double, double);

}  // namespace hogwild::model
