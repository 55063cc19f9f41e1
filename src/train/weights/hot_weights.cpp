#include "train/weights/hot_weights.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace hogwild::train {

template <class Real>
HotWeights<Real>::HotWeights(const TrainingContext& context, const mpi::Communicators& comms,
                             const DocumentTotals& totals)
    : context_(context),
      head_size_(context.hot_head_plan.size),
      shared_(comms.group(), context.objective.shape.size()),
      slots_(comms.group(), static_cast<std::size_t>(comms.group_size())),
      me_(comms.group_rank()),
      progress_(context, totals, slots_.span(), me_),
      scale_(context, comms),
      head_(context, !scale_.used() && head_size_ > 0, comms),
      merges_(head_size_ > 0 && (comms.group_size() > 1 || head_.decays())) {
    if (scale_.used()) return;
    decay_ = SharedWeightDecay::make_for_shared(context, slots_.span(), me_, cold());
}

template <class Real>
HotView<Real> HotWeights<Real>::numbers() noexcept {
    return {head_.weights(), span(), context_.objective.bias ? &bias() : nullptr};
}

template <class Real>
void HotWeights<Real>::close() {
    scale_.close();
    head_.close();
    shared_.close();
    slots_.close();
}

template <class Real>
void HotWeights<Real>::after(const Slice& slice) {
    if (scale_.used()) {
        progress_.add_step_sum(slice.step_sum);
        rescale();
    } else {
        decay_.advance(span(), slice.step_sum, slice.documents);  // which also adds to the step sum
    }
    progress_.advance(slice.documents);
}

template <class Real>
void HotWeights<Real>::settle(Phase phase) {
    if (phase == Phase::flush) {
        const double factor = scale_.catch_up();
        if (factor != 1.0) head_.multiply(static_cast<Real>(factor));
        if (has_head()) head_.flush(span(), step_sum());
    } else if (phase == Phase::decay) {
        decay_.flush(span());
        progress_.refresh();
        if (scale_.used()) {
            multiply(own_block(), scale_.materialize_at_boundary(progress_.step_sum()));
        }
    } else if (phase == Phase::reload) {
        reload_head();
    }
}

template <class Real>
void HotWeights<Real>::resume(std::span<const double> weights) {
    shared_.sync();
    if (me_ == 0) {
        std::ranges::transform(weights, span().begin(),
                               [](double w) { return static_cast<Real>(w); });
    }
    shared_.sync();
    reload_head();
    // A rank that trains may materialize the scale without the others. A rank that reloads its head
    // after that would apply the factor twice: no rank continues before all have reloaded.
    shared_.sync();
}

template <class Real>
void HotWeights<Real>::reload_head() {
    if (has_head()) head_.reload(span());
}

/// Computes the scale for the next updates, and materializes it when that is due.
template <class Real>
void HotWeights<Real>::rescale() {
    scale_.advance(progress_.step_sum());
    while (scale_.due()) {
        apply_to_head(scale_.materialize(
            [this] {
                progress_.refresh();
                return progress_.step_sum();
            },
            [this](double factor) { multiply(span(), factor); }));
        flush_head();  // a head that is older than the scale has too small weights
        scale_.advance(progress_.step_sum());
    }
}

/// Multiplies the head after the shared weights have been multiplied.
template <class Real>
void HotWeights<Real>::apply_to_head(double factor) {
    if (factor == 1.0) return;
    head_.multiply(static_cast<Real>(factor));
    progress_.refresh();  // an older step sum may be smaller than the one that was materialized
}

template <class Real>
void HotWeights<Real>::begin_view() {
    for (int k = 0; k < kMostTimes; ++k) {
        progress_.refresh();
        rescale();
        const double before = scale_.value();
        flush_head();
        progress_.refresh();
        rescale();
        if (scale_.value() <= before && scale_.value() >= (1.0 - kClose) * before) return;
    }
}

template <class Real>
double HotWeights<Real>::view(std::size_t u) const noexcept {
    const std::span<const Real> shared = shared_.span();
    if (!has_head() || (u >= head_size_ && u != shape().bias())) {
        return scale_.value() * static_cast<double>(model::load(shared[u]));
    }
    const std::span<const Real> head = head_.weights();
    return scale_.value() * static_cast<double>(u < head_size_ ? head[u] : head_.bias());
}

template <class Real>
template <class Out>
double HotWeights<Real>::copy_to(std::span<Out> out) {
    double decay = log_decay();
    for (int k = 0; k < kMostTimes; ++k) {
        const double s = scale_.value();
        decay = log_decay();
        copy_at(s, out);
        progress_.refresh();
        scale_.advance(progress_.step_sum());
        if (scale_.value() >= (1.0 - kClose) * s) break;
        begin_view();
    }
    return decay;
}

template <class Real>
template <class Out>
void HotWeights<Real>::copy_at(double s, std::span<Out> out) const {
    const std::span<const Real> head = head_.weights();
    for (std::size_t u = 0; u < head_size_; ++u) {
        out[u] = static_cast<Out>(static_cast<Real>(s) * head[u]);
    }
    if (has_head()) out[shape().bias()] = static_cast<Out>(s * static_cast<double>(head_.bias()));
    const data::Range only_shared = cold();
    for (std::int64_t k = only_shared.begin; k < only_shared.end; ++k) {
        const auto u = static_cast<std::size_t>(k);
        out[u] = static_cast<Out>(s * static_cast<double>(model::load(shared_.span()[u])));
    }
}

template <class Real>
void HotWeights<Real>::add(std::span<const Real> difference, double log_decay) {
    const double since = std::exp(scale_.log_decay() - log_decay);
    const auto inverse = static_cast<Real>(since / scale_.value());
    const std::span<Real> head = head_.weights();
    for (std::size_t u = 0; u < head_size_; ++u) head[u] += inverse * difference[u];
    if (has_head()) head_.bias() += inverse * difference[shape().bias()];
    const data::Range only_shared = cold();
    for (std::int64_t k = only_shared.begin; k < only_shared.end; ++k) {
        const auto u = static_cast<std::size_t>(k);
        if (const Real d = inverse * difference[u]; d != 0) {
            model::update<model::WriteMode::atomic>(span()[u], [d](Real w) { return w + d; });
        }
    }
}

/// Replaces subnormal numbers by 0: computing with them is slow.
template <class Real>
void HotWeights<Real>::multiply(std::span<Real> weights, double factor) noexcept {
    for (Real& w : weights) {
        const auto product = static_cast<Real>(static_cast<double>(w) * factor);
        w = std::abs(product) < std::numeric_limits<Real>::min() ? Real{0} : product;
    }
}

template <class Real>
std::span<Real> HotWeights<Real>::own_block() {
    const data::Range block = data::equal_part(std::ssize(span()), std::ssize(slots_.span()), me_);
    return span().subspan(static_cast<std::size_t>(block.begin),
                          static_cast<std::size_t>(block.size()));
}

template <class Real>
data::Range HotWeights<Real>::cold() const noexcept {
    if (!has_head()) return {0, std::ssize(shared_.span())};
    return {static_cast<std::int64_t>(head_size_), static_cast<std::int64_t>(shape().bias())};
}

template class HotWeights<float>;
template class HotWeights<double>;
template double HotWeights<float>::copy_to(std::span<float>);
template double HotWeights<float>::copy_to(std::span<double>);
template double HotWeights<double>::copy_to(std::span<double>);

}  // namespace hogwild::train
