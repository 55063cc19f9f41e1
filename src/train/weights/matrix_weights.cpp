#include "train/weights/matrix_weights.hpp"

#include <algorithm>
#include <bit>

#include "data/partition.hpp"
#include "model/kernels.hpp"
#include "model/matrix_kernels.hpp"
#include "mpi/spin_wait.hpp"
#include "train/weights/matrix_row.hpp"

namespace hogwild::train {
namespace {

/// While a matrix is copied other ranks train, and their scale falls.
constexpr std::size_t kRowsPerScale = 256;
constexpr std::uint64_t kRounding = 0x726f756e64ULL;  // a stream of its own

void set_nearest(float& weight, float value) noexcept { weight = value; }
void set_nearest(model::Bfloat16& weight, float value) noexcept { weight = model::nearest(value); }

/// A difference of a whole exchange must not be lost as that of a step may be.
void add_to(float& weight, float difference, std::uint32_t /*noise*/) noexcept {
    model::update<model::WriteMode::atomic>(weight, [=](float w) { return w + difference; });
}
void add_to(model::Bfloat16& weight, float difference, std::uint32_t noise) noexcept {
    model::store(weight, model::rounded(model::load(weight).value() + difference, noise));
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
      me_(comms.group_rank()),
      random_(context.seed, kRounding, comms.rank()),
      progress_(context, totals, slots_.span(), me_),
      scales_(context, comms, stride_),
      head_(context.hot_head_plan.size, stride_, comms) {}

template <class Weight>
std::uint64_t MatrixWeights<Weight>::bytes(const model::WeightShape& shape, std::size_t head,
                                           int ranks) {
    const std::size_t stride = model::row_stride(shape.outputs);
    return mpi::SharedWindow<Weight>::bytes(shape.features * stride) +
           mpi::SharedWindow<float>::bytes(stride) +
           mpi::SharedWindow<ProgressSlot>::bytes(static_cast<std::size_t>(ranks)) +
           MatrixHead<Weight>::bytes(head) + OutputScales::bytes(shape.outputs, ranks);
}

template <class Weight>
void MatrixWeights<Weight>::close() {
    scales_.close();
    shared_.close();
    shared_bias_.close();
    slots_.close();
    head_.close();
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
        scales_.catch_up();
        apply_to_head();
        flush_rows();
        mpi::spin_until([this] { return merge_bias(); });
    } else if (phase == Phase::decay) {
        progress_.refresh();
        const double exponent = progress_.step_sum();
        const auto factors = scales_.materialize_at_boundary(exponent);
        const data::Range own = data::equal_part(static_cast<std::int64_t>(shape_.inputs()),
                                                 std::ssize(slots_.span()), me_);
        multiply(static_cast<std::size_t>(own.begin), static_cast<std::size_t>(own.end), factors,
                 exponent);
        rescale();
    } else if (phase == Phase::reload) {
        reload_head();
    }
}

template <class Weight>
void MatrixWeights<Weight>::reload_head() noexcept {
    head_.reload(shared_.span(), shared_bias_.span());
}

template <class Weight>
void MatrixWeights<Weight>::apply_to_head() noexcept {
    if (scales_.has_factors()) head_.multiply(scales_.factors(), noise_at(progress_.step_sum()));
}

template <class Weight>
void MatrixWeights<Weight>::enter() {
    // If others have materialized, this rank's step sum may be older than theirs. If not, the sum
    // is kept: ranks assume that they are equally fast, and if one that is scheduled later counted
    // all that the others have done in this round, its estimate would run ahead of all of them.
    scales_.enter();
    apply_to_head();
    if (scales_.has_factors()) progress_.refresh();
    rescale();
}

template <class Weight>
void MatrixWeights<Weight>::rescale() {
    scales_.advance(progress_.step_sum());
    while (scales_.due()) {
        scales_.materialize(
            [this] {
                progress_.refresh();
                return progress_.step_sum();
            },
            [this](std::span<const float> factors, double exponent) {
                multiply(0, shape_.inputs(), factors, exponent);
            });
        apply_to_head();
        // rows that are older than the scale have too small weights
        head_.flush(span(), noise_at(progress_.step_sum()));
        progress_.refresh();
        scales_.advance(progress_.step_sum());
    }
    scales_.renew();
}

template <class Weight>
void MatrixWeights<Weight>::renew_scales() {
    progress_.refresh();
    scales_.advance(progress_.step_sum());
    scales_.renew();
}

template <class Weight>
std::uint32_t MatrixWeights<Weight>::noise_at(double exponent) const noexcept {
    return static_cast<std::uint32_t>(
        random_.with(std::bit_cast<std::uint64_t>(exponent)).bits(0) >> 32U);
}

template <class Weight>
void MatrixWeights<Weight>::multiply(std::size_t first, std::size_t end,
                                     std::span<const float> factors, double exponent) {
    if (std::ranges::all_of(factors, [](float f) { return f == 1.0F; })) return;
    const std::uint32_t noise = noise_at(exponent);
    for (std::size_t row = first; row < std::min(end, shape_.features); ++row) {
        multiply_row<Weight>(span().subspan(row * stride_, stride_), factors,
                             model::noise_of_entry(noise, row));
    }
    if (end == shape_.inputs()) multiply_row<float>(shared_bias_.span(), factors, 0);
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
double MatrixWeights<Weight>::copy_to(std::span<float> out) {
    for (std::size_t row = 0; row < shape_.features; ++row) {
        if (row % kRowsPerScale == 0) renew_scales();
        const std::span<const Weight> from = row_of(row);
        float* const to = out.subspan(row * shape_.outputs).data();
        for (std::size_t o = 0; o < shape_.outputs; ++o) {
            to[o] = scales()[o] * value_of(model::load(from[o]));
        }
    }
    float* const to = out.subspan(shape_.features * shape_.outputs).data();
    for (std::size_t o = 0; o < shape_.outputs; ++o) to[o] = scales()[o] * head_.bias()[o];
    return log_decay();
}

template <class Weight>
void MatrixWeights<Weight>::add(std::span<const float> difference, double /*log_decay*/) {
    for (std::size_t row = 0; row < shape_.features; ++row) {
        if (row % kRowsPerScale == 0) renew_scales();
        const std::span<Weight> to = row_of(row);
        const float* const d = difference.subspan(row * shape_.outputs).data();
        const std::uint32_t noise = next_noise() >> 16U;
        for (std::size_t o = 0; o < shape_.outputs; ++o) {
            if (d[o] != 0.0F) add_to(to[o], inverse_scales()[o] * d[o], noise);
        }
    }
    const float* const d = difference.subspan(shape_.features * shape_.outputs).data();
    for (std::size_t o = 0; o < shape_.outputs; ++o) head_.bias()[o] += inverse_scales()[o] * d[o];
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
    reload_head();
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
