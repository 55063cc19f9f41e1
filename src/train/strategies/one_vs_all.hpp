#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "data/large_page_allocator.hpp"
#include "model/matrix_kernels.hpp"
#include "train/context.hpp"
#include "train/engine.hpp"
#include "train/weights/matrix_weights.hpp"

namespace hogwild::train {

/// Hogwild! (see Hogwild) for all outputs at once, each against the rest: the scores of all outputs
/// in one sweep over the rows of a document's features, then a step in each group of outputs of
/// which one has a gradient.
/// @tparam W  of the weights in memory, see MatrixWeights.
template <class Loss, class Index, class W>
class OneVsAll {
public:
    using Weights = MatrixWeights<W>;
    /// @param w, outputs  not owned.
    OneVsAll(Weights& w, const TrainingContext& context)
        : w_(w),
          labels_(context.outputs->labels),
          bias_(context.objective.bias),
          scores_(w.stride()),
          steps_(w.stride()),
          sign_(w.stride(), -1.0F),
          weight_(w.stride()) {
        for (const OutputSetting& output : context.outputs->settings) {
            const auto step = [&](double weight) {
                return static_cast<float>(weight * output.rate_share);
            };
            negative_.push_back(step(output.step_weights.negative));
            positive_.push_back(step(output.step_weights.positive));
        }
        std::ranges::copy(negative_, weight_.begin());  // what is padding has the weight 0
    }

    template <class Batch>
    void operator()(const Batch& batch, const Step& step) {
        for (std::size_t k = 0; k < batch.size(); ++k) {
            const auto x = batch.next(k);
            visit(batch.number(k), {x.cold.index, x.cold.value},
                  static_cast<float>(step.eta) * std::abs(x.y));
        }
    }
    /// Documents so far with a gradient in one of the outputs.
    std::size_t active() const noexcept { return active_; }

private:
    using Floats = std::vector<float, data::LargePageAllocator<float>>;
    using Entries = model::MatrixEntries<Index>;

    void visit(std::uint32_t row, const Entries& x, float rate) noexcept {
        const std::span<const std::uint16_t> labels = labels_.of(row);
        for (const std::uint16_t o : labels) {
            sign_[o] = 1.0F;
            weight_[o] = positive_[o];
        }
        kernels_.scores(w_.span().data(), w_.stride(), x, scores_.data());
        const std::uint32_t noise = w_.next_noise();
        bool active = false;
        for (std::size_t first = 0; first < w_.stride(); first += model::kGroupOutputs) {
            if (!find_steps(first, rate)) continue;
            active = true;
            kernels_.add(w_.span().data() + first, w_.stride(), x, steps_.data() + first, noise);
            if (bias_) add_to_bias(first);
        }
        if (active) ++active_;
        for (const std::uint16_t o : labels) {
            sign_[o] = -1.0F;
            weight_[o] = negative_[o];
        }
    }
    /// The steps of a group of outputs. @return whether one of them is not 0.
    bool find_steps(std::size_t first, float rate) noexcept {
        const float* scale = w_.scales().data();
        const float* inverse_scale = w_.inverse_scales().data();
        const float* bias = w_.bias().data();
        int any = 0;
        for (std::size_t o = first; o < first + model::kGroupOutputs; ++o) {
            const float margin = sign_[o] * scale[o] * (scores_[o] + bias[o]);
            steps_[o] = Loss::slope(margin) * sign_[o] * weight_[o] * (rate * inverse_scale[o]);
            any |= steps_[o] != 0.0F ? 1 : 0;
        }
        return any != 0;
    }
    void add_to_bias(std::size_t first) noexcept {
        float* bias = w_.bias().data();
        for (std::size_t o = first; o < first + model::kGroupOutputs; ++o) bias[o] += steps_[o];
    }

    const model::MatrixKernels<Index, W>& kernels_ = model::matrix_kernels<Index, W>();
    Weights& w_;
    const data::LabelSets& labels_;
    bool bias_;
    Floats scores_;
    Floats steps_;
    std::vector<float> sign_;    ///< of the document's labels, by output
    std::vector<float> weight_;  ///< of the document's classes times rate_share, by output
    std::vector<float> negative_;
    std::vector<float> positive_;
    std::size_t active_ = 0;
};

}  // namespace hogwild::train
