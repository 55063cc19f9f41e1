#include "train/weights/matrix_weights.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "data/partition.hpp"
#include "model/kernels.hpp"
#include "model/matrix_kernels.hpp"
#include "mpi/spin_wait.hpp"

namespace hogwild::train {

MatrixWeights::MatrixWeights(const TrainingContext& context, const mpi::Communicators& comms,
                             const DocumentTotals& totals)
    : shape_(context.objective.shape),
      stride_(model::row_stride(shape_.outputs)),
      shared_(comms.group(), shape_.inputs() * stride_),
      slots_(comms.group(), static_cast<std::size_t>(comms.group_size())),
      bias_lock_(comms.group(), 1),
      me_(comms.group_rank()),
      progress_(context, totals, slots_.span(), me_),
      common_scale_(context, comms),
      scales_(stride_, 1.0F),
      inverse_scales_(stride_, 1.0F),
      bias_(stride_),
      merged_bias_(stride_) {
    for (const OutputSetting& output : context.outputs->settings) {
        decay_.push_back(output.lambda > 0.0 ? output.lambda / context.objective.lambda : 0.0);
    }
}

std::uint64_t MatrixWeights::bytes(const model::WeightShape& shape, int ranks) {
    return mpi::SharedWindow<float>::bytes(shape.inputs() * model::row_stride(shape.outputs)) +
           mpi::SharedWindow<ProgressSlot>::bytes(static_cast<std::size_t>(ranks)) +
           mpi::SharedWindow<BiasLock>::bytes(1) + LazyL2Scale::bytes(ranks);
}

void MatrixWeights::close() {
    common_scale_.close();
    shared_.close();
    slots_.close();
    bias_lock_.close();
}

void MatrixWeights::after(const Slice& slice) {
    progress_.add_step_sum(slice.step_sum);
    rescale();
    progress_.advance(slice.documents);
}

void MatrixWeights::settle(Phase phase) {
    if (phase == Phase::flush) {
        apply_to_bias(common_scale_.catch_up());
        mpi::spin_until([this] { return try_merge_bias(); });
    } else if (phase == Phase::decay) {
        progress_.refresh();
        const double factor = common_scale_.materialize_at_boundary(progress_.step_sum());
        const data::Range own = data::equal_part(static_cast<std::int64_t>(shape_.inputs()),
                                                 std::ssize(slots_.span()), me_);
        multiply(static_cast<std::size_t>(own.begin), static_cast<std::size_t>(own.end), factor);
        rescale();
    } else if (phase == Phase::reload) {
        reload_bias();
    }
}

bool MatrixWeights::try_merge_bias() noexcept {
    mpi::SpinLock& lock = bias_lock_.span().front().lock;
    if (!lock.try_lock()) return false;
    for (std::size_t o = 0; o < shape_.outputs; ++o) {
        float& shared = shared_bias()[o];
        bias_[o] = model::load(shared) + (bias_[o] - merged_bias_[o]);
        model::store(shared, bias_[o]);
    }
    lock.unlock();
    merged_bias_ = bias_;
    return true;
}

void MatrixWeights::reload_bias() noexcept {
    std::ranges::transform(shared_bias(), bias_.begin(),
                           [](const float& w) { return model::load(w); });
    merged_bias_ = bias_;
}

void MatrixWeights::apply_to_bias(double factor) noexcept {
    if (factor == 1.0) return;
    for (std::size_t o = 0; o < shape_.outputs; ++o) {
        bias_[o] *= power(factor, o);
        merged_bias_[o] *= power(factor, o);
    }
}

void MatrixWeights::enter() {
    // If others have materialized, this rank's step sum may be older than theirs. If not, the sum
    // is kept: ranks assume that they are equally fast, and if one that is scheduled later counted
    // all that the others have done in this round, its estimate would run ahead of all of them.
    const double factor = common_scale_.enter();
    apply_to_bias(factor);
    if (factor != 1.0) progress_.refresh();
    rescale();
}

void MatrixWeights::rescale() {
    common_scale_.advance(progress_.step_sum());
    while (common_scale_.due()) {
        apply_to_bias(common_scale_.materialize(
            [this] {
                progress_.refresh();
                return progress_.step_sum();
            },
            [this](double factor) { multiply(0, shape_.inputs(), factor); }));
        progress_.refresh();
        common_scale_.advance(progress_.step_sum());
    }
    for (std::size_t o = 0; o < shape_.outputs; ++o) {
        scales_[o] = power(common_scale_.value(), o);
        inverse_scales_[o] = 1.0F / scales_[o];
    }
}

float MatrixWeights::power(double factor, std::size_t output) const noexcept {
    const double exponent = decay_[output];
    return static_cast<float>(exponent == 1.0 ? factor : std::pow(factor, exponent));
}

/// Replaces subnormal numbers by 0: computing with them is slow.
void MatrixWeights::multiply(std::size_t first, std::size_t end, double factor) {
    if (factor == 1.0) return;
    std::vector<float> factors(stride_, 1.0F);
    for (std::size_t o = 0; o < shape_.outputs; ++o) factors[o] = power(factor, o);
    for (std::size_t row = first; row < end; ++row) {
        float* w = span().data() + row * stride_;
        for (std::size_t o = 0; o < stride_; ++o) {
            const float product = w[o] * factors[o];
            w[o] = std::abs(product) < std::numeric_limits<float>::min() ? 0.0F : product;
        }
    }
}

void MatrixWeights::copy_to(std::span<double> out) const {
    for (std::size_t row = 0; row < shape_.inputs(); ++row) {
        const float* w = shared_.span().data() + row * stride_;
        std::copy_n(w, shape_.outputs,
                    out.begin() + static_cast<std::ptrdiff_t>(row * shape_.outputs));
    }
}

void MatrixWeights::resume(std::span<const double> weights) {
    sync();
    for (std::size_t row = 0; me_ == 0 && row < shape_.inputs(); ++row) {
        const auto from = weights.begin() + static_cast<std::ptrdiff_t>(row * shape_.outputs);
        std::transform(from, from + static_cast<std::ptrdiff_t>(shape_.outputs),
                       span().begin() + static_cast<std::ptrdiff_t>(row * stride_),
                       [](double w) { return static_cast<float>(w); });
    }
    sync();
    reload_bias();
    // no rank continues, and may materialize, before all have reloaded
    sync();
}

}  // namespace hogwild::train
