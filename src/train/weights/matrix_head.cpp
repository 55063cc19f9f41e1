#include "train/weights/matrix_head.hpp"

#include <algorithm>
#include <mutex>

#include "model/matrix_kernels.hpp"
#include "mpi/spin_wait.hpp"
#include "train/weights/matrix_row.hpp"

namespace hogwild::train {
namespace {

/// Adds what `own` has changed since it was equal to `merged`, and takes the sums. A weight that no
/// other rank has changed is not rounded: a rank that is alone may merge at any time, and outputs
/// whose scales are materialized change no bit of others. Lines that are unchanged are only read,
/// so that the next rank that merges them need not fetch them.
template <class Weight>
void merge_row(std::span<Weight> own, std::span<Weight> merged, std::span<Weight> shared,
               std::uint32_t noise) noexcept {
    for (std::size_t first = 0; first < own.size(); first += model::kGroupOutputs) {
        Weight* const mine = &own[first];
        Weight* const before = &merged[first];
        Weight* const ours = &shared[first];
        if (!std::equal(mine, mine + model::kGroupOutputs, before)) {
            for (std::size_t o = 0; o < model::kGroupOutputs; ++o) {
                const float now = value_of(mine[o]);
                const float then = value_of(before[o]);
                const float others = value_of(ours[o]);
                set(ours[o], others == then ? now : others + (now - then), noise);
            }
        }
        std::copy_n(ours, model::kGroupOutputs, mine);
        std::copy_n(ours, model::kGroupOutputs, before);
    }
}

}  // namespace

template <class Weight>
MatrixHead<Weight>::MatrixHead(std::size_t features, std::size_t stride,
                               const mpi::Communicators& comms)
    : blocks_(features),
      stride_(stride),
      me_(static_cast<std::size_t>(comms.group_rank())),
      rows_(features > 0 ? (features + 1) * stride : 0),
      merged_rows_(features * stride),
      bias_(stride),
      merged_bias_(stride),
      locks_(comms.group(), blocks_.count() + 1) {}

template <class Weight>
void MatrixHead<Weight>::merge(std::span<Weight> shared, std::uint32_t noise) noexcept {
    ++merges_;
    for (std::size_t block = 0; features() > 0 && block < blocks_.count(); ++block) {
        if (HeadBlocks::due(block, merges_, me_)) try_merge(block, shared, noise);
    }
}

template <class Weight>
void MatrixHead<Weight>::flush(std::span<Weight> shared, std::uint32_t noise) noexcept {
    for (std::size_t block = 0; features() > 0 && block < blocks_.count(); ++block) {
        mpi::spin_until([&] { return try_merge(block, shared, noise); });
    }
}

template <class Weight>
bool MatrixHead<Weight>::try_merge(std::size_t block, std::span<Weight> shared,
                                   std::uint32_t noise) noexcept {
    const std::unique_lock held(locks_.span()[block].lock, std::try_to_lock);
    if (!held) return false;
    const data::Range features = blocks_.features_of(block);
    for (auto row = static_cast<std::size_t>(features.begin);
         row < static_cast<std::size_t>(features.end); ++row) {
        const auto of_row = [&](std::span<Weight> rows) {
            return rows.subspan(row * stride_, stride_);
        };
        merge_row(of_row(rows_), of_row(merged_rows_), of_row(shared),
                  model::noise_of_entry(noise, row));
    }
    return true;
}

template <class Weight>
bool MatrixHead<Weight>::try_merge_bias(std::span<float> shared) noexcept {
    const std::unique_lock held(lock_of_bias(), std::try_to_lock);
    if (!held) return false;
    for (std::size_t o = 0; o < stride_; ++o) {
        shared[o] += bias_[o] - merged_bias_[o];
        bias_[o] = merged_bias_[o] = shared[o];
    }
    return true;
}

template <class Weight>
void MatrixHead<Weight>::multiply(std::span<const float> factors, std::uint32_t noise) noexcept {
    for (std::size_t row = 0; row < features(); ++row) {
        // rounded alike, so that what is unchanged stays unchanged
        const std::uint32_t own = model::noise_of_entry(noise, row);
        multiply_row(std::span(rows_).subspan(row * stride_, stride_), factors, own);
        multiply_row(std::span(merged_rows_).subspan(row * stride_, stride_), factors, own);
    }
    multiply_row(std::span(bias_), factors, 0);
    multiply_row(std::span(merged_bias_), factors, 0);
}

template <class Weight>
void MatrixHead<Weight>::reload(std::span<const Weight> shared,
                                std::span<const float> shared_bias) noexcept {
    std::ranges::copy(shared.first(merged_rows_.size()), rows_.begin());
    std::ranges::copy(shared.first(merged_rows_.size()), merged_rows_.begin());
    std::ranges::copy(shared_bias.first(stride_), bias_.begin());
    merged_bias_ = bias_;
}

template class MatrixHead<float>;
template class MatrixHead<model::Bfloat16>;

}  // namespace hogwild::train
