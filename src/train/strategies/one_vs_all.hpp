#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "data/cache_line_allocator.hpp"
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
          weight_(w.stride()),
          groups_(w.stride() / model::kGroupOutputs) {
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
            visit(batch.number(k), {x.hot.index, x.hot.value}, {x.cold.index, x.cold.value},
                  static_cast<float>(step.eta) * std::abs(x.y));
        }
    }
    /// Documents so far with a gradient in one of the outputs.
    std::size_t active() const noexcept { return active_; }

private:
    using Floats = std::vector<float, data::CacheLineAllocator<float>>;
    using Entries = model::MatrixEntries<Index>;

    /// @param hot  the entries of features with a private row. @param cold  the others.
    void visit(std::uint32_t row, const Entries& hot, const Entries& cold, float rate) noexcept {
        const std::span<const std::uint16_t> labels = labels_.of(row);
        for (const std::uint16_t o : labels) {
            sign_[o] = 1.0F;
            weight_[o] = positive_[o];
        }
        kernels_.scores(w_.span().data(), w_.stride(), cold, scores_.data());
        if (!hot.index.empty()) {
            kernels_.add_scores(w_.head().data(), w_.stride(), hot, scores_.data());
        }
        const std::uint32_t noise = w_.next_noise();
        const std::uint32_t hot_noise = hot.index.empty() ? 0 : w_.next_noise();
        const std::size_t found = find_steps(rate);
        for (const std::size_t first : std::span(groups_).first(found)) {
            const float* const a = steps_.data() + first;
            kernels_.add(w_.span().data() + first, w_.stride(), cold, a, noise);
            if (!hot.index.empty()) {
                kernels_.add(w_.head().data() + first, w_.stride(), hot, a, hot_noise);
            }
            if (bias_) add_to_bias(first);
        }
        if (found > 0) ++active_;
        for (const std::uint16_t o : labels) {
            sign_[o] = -1.0F;
            weight_[o] = negative_[o];
        }
    }
    /// @return the number of groups to step in.
    std::size_t find_steps(float rate) noexcept {
        const model::StepTerms terms{scores_.data(),     w_.bias().data(),
                                     w_.scales().data(), w_.inverse_scales().data(),
                                     sign_.data(),       weight_.data()};
        return step_kernel_.steps(terms, w_.stride(), rate, steps_.data(), groups_.data());
    }
    void add_to_bias(std::size_t first) noexcept {
        float* bias = w_.bias().data();
        for (std::size_t o = first; o < first + model::kGroupOutputs; ++o) bias[o] += steps_[o];
    }

    const model::MatrixKernels<Index, W>& kernels_ = model::matrix_kernels<Index, W>();
    const model::StepKernel& step_kernel_ = model::step_kernel<Loss>();
    Weights& w_;
    const data::LabelSets& labels_;
    bool bias_;
    Floats scores_;
    Floats steps_;
    Floats sign_;                      ///< of the document's labels, by output
    Floats weight_;                    ///< of the document's classes times rate_share, by output
    std::vector<std::size_t> groups_;  ///< the first outputs of those to step in
    std::vector<float> negative_;
    std::vector<float> positive_;
    std::size_t active_ = 0;
};

}  // namespace hogwild::train
