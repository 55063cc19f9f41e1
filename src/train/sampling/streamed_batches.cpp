#include "train/sampling/streamed_batches.hpp"

#include <algorithm>
#include <cassert>
#include <numeric>

#include "train/sampling/block_shuffle.hpp"

namespace hogwild::train {

StreamedBatches::StreamedBatches(const Sampler::Plan& plan)
    : stream_(*plan.stream),
      batches_({plan.rows, plan.batch_size, plan.iterations, plan.epochs, true}),
      neighbours_(plan.kind == Sampler::Kind::blocks ? plan.block : 1) {
    assert(plan.rows == stream_.order().documents());
    assert(stream_.order().block_size() % batches_.size() == 0);
}

std::size_t StreamedBatches::find(const EpochBatches::Place& at) {
    const StreamOrder& stream = stream_.order();
    const std::int64_t window = at.start / stream.window_size();
    const std::int64_t before = window * stream.window_size();
    if (window != window_ || at.epoch != epoch_) {
        stream_.go_to(at.epoch, window);
        order_.resize(
            static_cast<std::size_t>(std::min(stream.window_size(), stream.documents() - before)));
        std::iota(order_.begin(), order_.end(), 0U);
        shuffle_blocks(order_, neighbours_, stream.random_of(at.epoch, window));
        window_ = window;
        epoch_ = at.epoch;
    }
    return static_cast<std::size_t>(at.start - before);
}

std::span<const std::uint32_t> StreamedBatches::batch(std::int64_t iteration) {
    if (iteration >= batches()) return {};
    const EpochBatches::Place at = batches_.place(iteration);
    const std::size_t begin = find(at);  // it may replace the order
    return std::span<const std::uint32_t>(order_).subspan(begin, static_cast<std::size_t>(at.size));
}

/// Batches of one window only: their rows are in memory at the same time.
void StreamedBatches::draw(std::int64_t first, std::int64_t end, std::size_t rows,
                           BatchList& list) {
    list.rows.clear();
    list.offsets.assign(1, 0);
    const std::int64_t last = std::min(end, batches());
    if (first >= last) return;
    const std::size_t begin = find(batches_.place(first));
    std::size_t at = begin;
    for (std::int64_t i = first; i < last && at - begin < rows && at < order_.size(); ++i) {
        at = std::min(order_.size(), at + static_cast<std::size_t>(batches_.size()));
        list.offsets.push_back(at - begin);
    }
    list.rows.assign(order_.begin() + static_cast<std::ptrdiff_t>(begin),
                     order_.begin() + static_cast<std::ptrdiff_t>(at));
}

std::unique_ptr<BatchSource> make_batches(const Sampler::Plan& plan) {
    if (plan.stream != nullptr) return std::make_unique<StreamedBatches>(plan);
    return std::make_unique<Sampler>(plan);
}

}  // namespace hogwild::train
