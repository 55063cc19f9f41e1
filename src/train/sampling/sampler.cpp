#include "train/sampling/sampler.hpp"

#include <algorithm>
#include <numeric>

#include "data/random.hpp"
#include "train/sampling/block_shuffle.hpp"

namespace hogwild::train {
namespace {

constexpr std::uint64_t kUniform = 0x756e69;
constexpr std::uint64_t kPermutation = 0x706572;

}  // namespace

void BatchSource::draw(std::int64_t first, std::int64_t end, std::size_t rows, BatchList& list) {
    list.rows.clear();
    list.offsets.assign(1, 0);
    for (std::int64_t i = first; i < end && list.rows.size() < rows; ++i) {
        const std::span<const std::uint32_t> drawn = batch(i);
        list.rows.insert(list.rows.end(), drawn.begin(), drawn.end());
        list.offsets.push_back(list.rows.size());
    }
}

Sampler::Sampler(const Plan& plan)
    : plan_(plan),
      batches_({plan.rows, plan.batch_size, plan.iterations, plan.epochs,
                plan.epochs > 0 || plan.kind != Kind::uniform}),
      uniform_(plan.seed, kUniform, plan.rank) {
    if (plan_.kind == Kind::uniform) stamp_.resize(static_cast<std::size_t>(plan_.rows));
}

std::span<const std::uint32_t> Sampler::batch(std::int64_t iteration) {
    if (iteration >= batches()) return {};
    const EpochBatches::Place at = batches_.place(iteration);
    if (plan_.kind == Kind::uniform) {
        draw_uniform(iteration, at.size);
        return drawn_;
    }
    if (at.epoch != shuffled_epoch_) shuffle_epoch(at.epoch);
    return std::span<const std::uint32_t>(order_).subspan(static_cast<std::size_t>(at.start),
                                                          static_cast<std::size_t>(at.size));
}

/// Draws single documents in one loop: a call and a division per document would cost a tenth of a
/// training step.
void Sampler::draw(std::int64_t first, std::int64_t end, std::size_t rows, BatchList& list) {
    if (batches_.size() != 1) {
        BatchSource::draw(first, end, rows, list);
        return;
    }
    const std::int64_t left = std::max<std::int64_t>(0, std::min(end, batches()) - first);
    std::size_t n = std::min(rows, static_cast<std::size_t>(left));
    if (plan_.kind == Kind::uniform) {
        list.rows.resize(n);
        for (std::size_t k = 0; k < n; ++k) {
            list.rows[k] = draw_one(first + static_cast<std::int64_t>(k));
        }
    } else if (n > 0) {
        const EpochBatches::Place at = batches_.place(first);
        if (at.epoch != shuffled_epoch_) shuffle_epoch(at.epoch);
        n = std::min(n, static_cast<std::size_t>(plan_.rows - at.start));  // rest of this epoch
        const auto from = order_.begin() + static_cast<std::ptrdiff_t>(at.start);
        list.rows.assign(from, from + static_cast<std::ptrdiff_t>(n));
    }
    list.rows.resize(n);
    list.offsets.resize(n + 1);
    std::iota(list.offsets.begin(), list.offsets.end(), std::size_t{0});
}

std::uint32_t Sampler::draw_one(std::int64_t iteration) const {
    return static_cast<std::uint32_t>(uniform_.with(static_cast<std::uint64_t>(iteration))
                                          .below(0, static_cast<std::uint64_t>(plan_.rows)));
}

/// Floyd's sampling without replacement: one draw per position, independent of earlier draws
/// (Bentley and Floyd 1987, doi:10.1145/30401.315746).
void Sampler::draw_uniform(std::int64_t iteration, std::int64_t size) {
    drawn_.clear();
    if (size == 1) {  // no repetition possible
        drawn_.push_back(draw_one(iteration));
        return;
    }
    const data::CounterRandom random = uniform_.with(static_cast<std::uint64_t>(iteration));
    ++draw_;
    for (std::int64_t k = 0; k < size; ++k) {
        const std::int64_t top = plan_.rows - size + k;
        auto row = static_cast<std::size_t>(
            random.below(static_cast<std::uint64_t>(k), static_cast<std::uint64_t>(top) + 1));
        if (stamp_[row] == draw_) row = static_cast<std::size_t>(top);
        stamp_[row] = draw_;
        drawn_.push_back(static_cast<std::uint32_t>(row));
    }
}

void Sampler::shuffle_epoch(std::int64_t epoch) {
    const data::CounterRandom random(plan_.seed, kPermutation, plan_.rank, epoch);
    order_.resize(static_cast<std::size_t>(plan_.rows));
    std::iota(order_.begin(), order_.end(), 0U);
    shuffle_blocks(order_, plan_.kind == Kind::blocks ? plan_.block : 1, random);
    shuffled_epoch_ = epoch;
}

}  // namespace hogwild::train
