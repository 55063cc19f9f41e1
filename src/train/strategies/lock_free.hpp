#pragma once
#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "model/class_weights.hpp"
#include "train/engine.hpp"
#include "train/weights/hot_weights.hpp"

namespace hogwild::train {

/// Hogwild!: every rank reads and writes the shared weights without protection
/// (Niu, Recht, Ré, Wright 2011, arXiv:1106.5730, algorithm 1), document by document. Only
/// documents with a gradient write.
template <class Loss, class Real, class Probe>
class Hogwild {
public:
    Hogwild(HotView<Real> w, Probe& probe, const model::ClassWeights& step_weights)
        : w_(w), probe_(probe), step_weight_{step_weights.of(-1), step_weights.of(1)} {}

    /// Computes all gradients of a batch at the same weights, then applies the steps.
    template <class Batch>
    [[gnu::always_inline]] void operator()(const Batch& batch, const Step& step) {
        const double rate = step.eta / step.scale;
        if (batch.size() == 1) {
            const auto x = batch.next(0);
            descend(x, slope(x, step.scale), rate);
            return;
        }
        slopes_.resize(batch.size());
        for (std::size_t k = 0; k < batch.size(); ++k)
            slopes_[k] = slope(batch.next(k), step.scale);
        for (std::size_t k = 0; k < batch.size(); ++k) descend(batch[k], slopes_[k], rate);
    }
    /// Documents so far whose gradient was not 0.
    std::size_t active() const noexcept { return active_; }

private:
    /// -dL/dm at the document's margin m = y (w . x), >= 0.
    template <class Row>
    [[gnu::always_inline]] double slope(const Row& x, double scale) const noexcept {
        return Loss::slope(static_cast<double>(x.sign()) * scale * static_cast<double>(w_.dot(x)));
    }
    /// w += rate * slope * c y x, where c is the document's relative weight.
    template <class Row>
    [[gnu::always_inline]] void descend(const Row& x, double slope, double rate) noexcept {
        if (slope == 0.0) return;
        const double step = rate * step_weight_[x.y > 0.0F ? 1 : 0];
        w_.axpy(static_cast<Real>(static_cast<double>(x.y) * (slope * step)), x, probe_);
        ++active_;
    }

    HotView<Real> w_;
    Probe& probe_;
    /// Of negative and of positive documents; indexed, since labels are too random to branch on.
    std::array<double, 2> step_weight_;
    std::vector<double> slopes_;
    std::size_t active_ = 0;
};

}  // namespace hogwild::train
