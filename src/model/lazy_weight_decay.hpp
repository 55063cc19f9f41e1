#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "model/kernels.hpp"

namespace hogwild::model {

/// The part of a regularizer that is applied to weights as a factor, at intervals, instead of to
/// every feature of every document.
///
/// Progress is measured by the exponent E = sum over all documents (of all ranks) of the learning
/// rate; a weight with rate r is due the factor exp(-r E) in all. Rates of rare features are so
/// small that one document's share vanishes in rounding: what is due accumulates in double and is
/// applied when it exceeds a threshold. Features of like rates are handled together,
/// so that looking costs a few comparisons.
class LazyWeightDecay {
public:
    enum class Form {
        exponential,  ///< exp(-r E)
        linear        ///< 1 - r E, the form of one gradient step
    };

    LazyWeightDecay() = default;
    /// @param first      index of the block's first weight.
    /// @param rates      >= 0, one per weight of the block; 0 leaves a weight alone.
    LazyWeightDecay(std::size_t first, std::span<const double> rates, Form form);
    /// The same rate for all `size` weights of the block, which takes no memory by weight.
    LazyWeightDecay(std::size_t first, std::size_t size, double rate, Form form);

    /// Applies what has become due at exponent `e`; touches only the block's weights.
    /// @param e          never smaller than before.
    /// @param threshold  leave alone what is due less than this much, r (E - E applied).
    template <WriteMode kMode = WriteMode::plain, class Real>
    void advance(std::span<Real> w, double e, double threshold);

    /// How far each group of weights has been charged, for save and resume.
    std::vector<double> applied() const;
    /// @param applied  as applied() gave it; of another length: all groups up to `e`.
    void set_applied(std::span<const double> applied, double e);

    bool empty() const noexcept { return buckets_.empty(); }

private:
    struct Bucket {
        std::size_t first = 0;  ///< weights [first, first + size) at rate `largest`, or none
        std::size_t size = 0;
        std::vector<std::uint32_t> index;
        std::vector<double> rate;
        double largest = 0.0;
        double applied = 0.0;  ///< E up to which the bucket's weights have been charged
    };
    template <WriteMode kMode, class Real>
    void apply(Bucket& bucket, std::span<Real> w, double e) const;

    std::vector<Bucket> buckets_;
    Form form_ = Form::exponential;
};

}  // namespace hogwild::model
