#include "train/weights/matrix_weights.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "data/partition.hpp"
#include "model/kernels.hpp"
#include "model/matrix_kernels.hpp"
#include "mpi/spin_wait.hpp"

namespace hogwild::train {
namespace {

/// While a matrix is copied other ranks train, and their scale falls.
constexpr std::size_t kRowsPerScale = 256;
constexpr std::uint64_t kRounding = 0x726f756e64ULL;  // a stream of its own

/// @param value  of a weight. @param noise  see model::rounded().
void set(float& weight, float value, std::uint32_t /*noise*/) noexcept { weight = value; }
void set(model::Bfloat16& weight, float value, std::uint32_t noise) noexcept {
    weight = model::rounded(value, noise);
}
void set_nearest(float& weight, float value) noexcept { weight = value; }
void set_nearest(model::Bfloat16& weight, float value) noexcept { weight = model::nearest(value); }

/// A difference of a whole exchange must not be lost as that of a step may be.
void add_to(float& weight, float difference, std::uint32_t /*noise*/) noexcept {
    model::update<model::WriteMode::atomic>(weight, [=](float w) { return w + difference; });
}
void add_to(model::Bfloat16& weight, float difference, std::uint32_t noise) noexcept {
    model::store(weight, model::rounded(model::load(weight).value() + difference, noise));
}

float value_of(float weight) noexcept { return weight; }
float value_of(model::Bfloat16 weight) noexcept { return weight.value(); }

/// row[o] *= factors[o]. Replaces subnormal numbers by 0: computing with them is slow.
template <class Weight>
void multiply_row(std::span<Weight> row, std::span<const float> factors,
                  std::uint32_t noise) noexcept {
    for (std::size_t o = 0; o < row.size(); ++o) {
        const float product = value_of(row[o]) * factors[o];
        const bool is_subnormal = std::abs(product) < std::numeric_limits<float>::min();
        set(row[o], is_subnormal ? 0.0F : product, noise);
    }
}

}  // namespace

template <class Weight>
MatrixWeights<Weight>::MatrixWeights(const TrainingContext& context,
                                     const mpi::Communicators& comms, const DocumentTotals& totals)
    : shape_(context.objective.shape),
      stride_(model::row_stride(shape_.outputs)),
      shared_(comms.group(), shape_.features * stride_),
      shared_bias_(comms.group(), stride_),
      slots_(comms.group(), static_cast<std::size_t>(comms.group_size())),
      bias_lock_(comms.group(), 1),
      me_(comms.group_rank()),
      random_(context.seed, kRounding, comms.rank()),
      progress_(context, totals, slots_.span(), me_),
      common_scale_(context, comms),
      scales_(stride_, 1.0F),
      inverse_scales_(stride_, 1.0F),
      bias_(stride_),
      merged_bias_(stride_) {
    for (const OutputSetting& output : context.outputs->settings) {
        decay_.push_back(output.lambda > 0.0
                             ? output.lambda / context.objective.lambda * output.rate_share
                             : 0.0);
    }
}

template <class Weight>
std::uint64_t MatrixWeights<Weight>::bytes(const model::WeightShape& shape, int ranks) {
    const std::size_t stride = model::row_stride(shape.outputs);
    return mpi::SharedWindow<Weight>::bytes(shape.features * stride) +
           mpi::SharedWindow<float>::bytes(stride) +
           mpi::SharedWindow<ProgressSlot>::bytes(static_cast<std::size_t>(ranks)) +
           mpi::SharedWindow<BiasLock>::bytes(1) + LazyL2Scale::bytes(ranks);
}

template <class Weight>
void MatrixWeights<Weight>::close() {
    common_scale_.close();
    shared_.close();
    shared_bias_.close();
    slots_.close();
    bias_lock_.close();
}

template <class Weight>
void MatrixWeights<Weight>::after(const Slice& slice) {
    progress_.add_step_sum(slice.step_sum);
    rescale();
    progress_.advance(slice.documents);
}

template <class Weight>
void MatrixWeights<Weight>::settle(Phase phase) {
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

template <class Weight>
bool MatrixWeights<Weight>::try_merge_bias() noexcept {
    mpi::SpinLock& lock = bias_lock_.span().front().lock;
    if (!lock.try_lock()) return false;
    for (std::size_t o = 0; o < shape_.outputs; ++o) {
        float& shared = shared_bias_.span()[o];
        bias_[o] = model::load(shared) + (bias_[o] - merged_bias_[o]);
        model::store(shared, bias_[o]);
    }
    lock.unlock();
    merged_bias_ = bias_;
    return true;
}

template <class Weight>
void MatrixWeights<Weight>::reload_bias() noexcept {
    std::ranges::transform(shared_bias_.span(), bias_.begin(),
                           [](const float& w) { return model::load(w); });
    merged_bias_ = bias_;
}

template <class Weight>
void MatrixWeights<Weight>::apply_to_bias(double factor) noexcept {
    if (factor == 1.0) return;
    for (std::size_t o = 0; o < shape_.outputs; ++o) {
        bias_[o] *= power(factor, o);
        merged_bias_[o] *= power(factor, o);
    }
}

template <class Weight>
void MatrixWeights<Weight>::enter() {
    // If others have materialized, this rank's step sum may be older than theirs. If not, the sum
    // is kept: ranks assume that they are equally fast, and if one that is scheduled later counted
    // all that the others have done in this round, its estimate would run ahead of all of them.
    const double factor = common_scale_.enter();
    apply_to_bias(factor);
    if (factor != 1.0) progress_.refresh();
    rescale();
}

template <class Weight>
void MatrixWeights<Weight>::rescale() {
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
    set_scales();
}

template <class Weight>
void MatrixWeights<Weight>::set_scales() {
    for (std::size_t o = 0; o < shape_.outputs; ++o) {
        scales_[o] = power(common_scale_.value(), o);
        inverse_scales_[o] = 1.0F / scales_[o];
    }
}

template <class Weight>
void MatrixWeights<Weight>::renew_scales() {
    progress_.refresh();
    common_scale_.advance(progress_.step_sum());
    set_scales();
}

template <class Weight>
float MatrixWeights<Weight>::power(double factor, std::size_t output) const noexcept {
    const double exponent = decay_[output];
    return static_cast<float>(exponent == 1.0 ? factor : std::pow(factor, exponent));
}

template <class Weight>
void MatrixWeights<Weight>::multiply(std::size_t first, std::size_t end, double factor) {
    if (factor == 1.0) return;
    std::vector<float> factors(stride_, 1.0F);
    for (std::size_t o = 0; o < shape_.outputs; ++o) factors[o] = power(factor, o);
    for (std::size_t row = first; row < std::min(end, shape_.features); ++row) {
        multiply_row(span().subspan(row * stride_, stride_), factors, next_noise() >> 16U);
    }
    if (end == shape_.inputs()) multiply_row(shared_bias_.span(), factors, 0);
}

template <class Weight>
template <class Out>
void MatrixWeights<Weight>::copy_settled_to(std::span<Out> out) const {
    for (std::size_t row = 0; row < shape_.features; ++row) {
        std::ranges::transform(shared_.span().subspan(row * stride_, shape_.outputs),
                               out.subspan(row * shape_.outputs).begin(),
                               [](Weight w) { return value_of(w); });
    }
    std::ranges::copy(shared_bias_.span().first(shape_.outputs),
                      out.subspan(shape_.features * shape_.outputs).begin());
}

template <class Weight>
void MatrixWeights<Weight>::copy_to(std::span<double> out) const {
    copy_settled_to(out);
}

template <class Weight>
void MatrixWeights<Weight>::copy_to(std::span<float> out) {
    for (std::size_t row = 0; row < shape_.features; ++row) {
        if (row % kRowsPerScale == 0) renew_scales();
        const std::span<const Weight> from = shared_.span().subspan(row * stride_, stride_);
        float* const to = out.subspan(row * shape_.outputs).data();
        for (std::size_t o = 0; o < shape_.outputs; ++o) {
            to[o] = scales_[o] * value_of(model::load(from[o]));
        }
    }
    float* const to = out.subspan(shape_.features * shape_.outputs).data();
    for (std::size_t o = 0; o < shape_.outputs; ++o) to[o] = scales_[o] * bias_[o];
}

template <class Weight>
void MatrixWeights<Weight>::add(std::span<const float> difference) {
    for (std::size_t row = 0; row < shape_.features; ++row) {
        if (row % kRowsPerScale == 0) renew_scales();
        const std::span<Weight> to = span().subspan(row * stride_, stride_);
        const float* const d = difference.subspan(row * shape_.outputs).data();
        const std::uint32_t noise = next_noise() >> 16U;
        for (std::size_t o = 0; o < shape_.outputs; ++o) {
            if (d[o] != 0.0F) add_to(to[o], inverse_scales_[o] * d[o], noise);
        }
    }
    const float* const d = difference.subspan(shape_.features * shape_.outputs).data();
    for (std::size_t o = 0; o < shape_.outputs; ++o) bias_[o] += inverse_scales_[o] * d[o];
}

template <class Weight>
template <class In>
void MatrixWeights<Weight>::replace(std::span<const In> weights) {
    const auto take = [&](auto row, std::size_t input) {
        const auto from = weights.subspan(input * shape_.outputs, shape_.outputs);
        for (std::size_t o = 0; o < from.size(); ++o) {
            set_nearest(row[o], static_cast<float>(from[o]));
        }
    };
    for (std::size_t row = 0; row < shape_.features; ++row) {
        take(span().subspan(row * stride_, stride_), row);
    }
    take(shared_bias_.span(), shape_.features);
}

template <class Weight>
void MatrixWeights<Weight>::resume(std::span<const double> weights) {
    sync();
    if (me_ == 0) replace(weights);
    sync();
    reload_bias();
    // no rank continues, and may materialize, before all have reloaded
    sync();
}

template class MatrixWeights<float>;
template class MatrixWeights<model::Bfloat16>;
template void MatrixWeights<float>::copy_settled_to(std::span<float>) const;
template void MatrixWeights<float>::replace(std::span<const float>);
template void MatrixWeights<model::Bfloat16>::copy_settled_to(std::span<float>) const;
template void MatrixWeights<model::Bfloat16>::replace(std::span<const float>);

}  // namespace hogwild::train
