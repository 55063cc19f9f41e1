#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "model/kernels.hpp"

namespace hogwild::model {

/// Weight decay that is applied at intervals as a factor on the weights, instead of to every
/// feature of every document.
///
/// Progress is measured by the exponent E, the sum of the learning rate over the documents of all
/// ranks; until E, a weight with rate r decays by the factor exp(-r E). The rates of rare features
/// are so small that the decay of one document would be lost to rounding: decay accumulates in
/// double and is applied when it exceeds a threshold. Weights with similar rates form a bucket, so
/// that a check costs a few comparisons.
class LazyWeightDecay {
public:
    enum class Form {
        exponential,  ///< exp(-r E)
        linear        ///< 1 - r E, the form of one gradient step
    };

    LazyWeightDecay() = default;
    /// @param first      index of the block's first weight.
    /// @param rates      >= 0, one per weight of the block; with 0 a weight does not decay.
    LazyWeightDecay(std::size_t first, std::span<const double> rates, Form form);
    /// The same rate for all `size` weights of the block; needs no memory per weight.
    LazyWeightDecay(std::size_t first, std::size_t size, double rate, Form form);

    /// Applies the decay up to exponent `e` to the weights of the block, and to no others.
    /// @param e          never smaller than before.
    /// @param threshold  decay r (e - E applied) below this is postponed.
    template <WriteMode kMode = WriteMode::plain, class Real>
    void advance(std::span<Real> w, double e, double threshold);

    /// Exponent up to which each bucket has decayed, for save and resume.
    std::vector<double> applied() const;
    /// @param applied  returned by applied(); if its length differs, all buckets are set to `e`.
    void set_applied(std::span<const double> applied, double e);

    bool empty() const noexcept { return buckets_.empty(); }

private:
    struct Bucket {
        std::size_t first = 0;  ///< weights [first, first + size) at rate `largest`, or none
        std::size_t size = 0;
        std::vector<std::uint32_t> index;
        std::vector<double> rate;
        double largest = 0.0;
        double applied = 0.0;  ///< E up to which the bucket's weights have decayed
    };
    template <WriteMode kMode, class Real>
    void apply(Bucket& bucket, std::span<Real> w, double e) const;

    std::vector<Bucket> buckets_;
    Form form_ = Form::exponential;
};

}  // namespace hogwild::model
