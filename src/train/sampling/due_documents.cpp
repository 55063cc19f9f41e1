#include "train/sampling/due_documents.hpp"

#include <algorithm>

#include "train/sampling/block_shuffle.hpp"

namespace hogwild::train {
namespace {

constexpr std::uint64_t kOrder = 0x647565;

}  // namespace

DueDocuments::DueDocuments(const Plan& plan)
    : plan_(plan),
      pauses_(plan.seed, kOrder, plan.rank, epoch_),
      due_(static_cast<std::size_t>(plan.rows)),
      stays_(static_cast<std::size_t>(plan.rows)) {}

std::int64_t DueDocuments::documents_before(std::int64_t iteration) const {
    const std::int64_t i = std::min(iteration, batches());
    const std::int64_t epoch = i / plan_.per_epoch;
    // of an epoch that is not complete as many as its share: rows fit 32 bits
    return epoch * plan_.rows + i % plan_.per_epoch * plan_.rows / plan_.per_epoch;
}

std::size_t DueDocuments::position(std::int64_t batch_of_epoch) const noexcept {
    return static_cast<std::size_t>(batch_of_epoch * std::ssize(order_) / plan_.per_epoch);
}

std::span<const std::uint32_t> DueDocuments::batch(std::int64_t iteration) {
    if (iteration >= batches()) return {};
    begin(iteration / plan_.per_epoch);
    const std::int64_t b = iteration % plan_.per_epoch;
    if (plan_.stream != nullptr && position(b) < position(b + 1)) find_window(position(b));
    return std::span<const std::uint32_t>(order_).subspan(position(b),
                                                          position(b + 1) - position(b));
}

/// The documents of all these batches as one batch: coordinate ascent has no batches.
void DueDocuments::draw(std::int64_t first, std::int64_t end, std::size_t rows, BatchList& list) {
    list.rows.clear();
    list.offsets.assign(1, 0);
    const std::int64_t last = std::min(end, batches());
    if (first >= last) return;
    begin(first / plan_.per_epoch);
    const std::int64_t b = first % plan_.per_epoch;
    const std::int64_t most = std::min(plan_.per_epoch, b + (last - first));
    std::int64_t stop = most;
    if (position(most) - position(b) > rows) {
        stop = b + 1;
        // each batch holds order_.size() / per_epoch documents, which is at most about one
        const auto share = static_cast<std::int64_t>(rows) * plan_.per_epoch / std::ssize(order_);
        stop = std::clamp(b + share, b + 1, most);
    }
    if (plan_.stream != nullptr && position(b) < position(stop)) {
        // batches that begin in this window: none holds two documents
        const auto past = static_cast<std::int64_t>(find_window(position(b)) + 1);
        stop = std::min(stop, (past * plan_.per_epoch - 1) / std::ssize(order_));
    }
    list.rows.assign(order_.begin() + static_cast<std::ptrdiff_t>(position(b)),
                     order_.begin() + static_cast<std::ptrdiff_t>(position(stop)));
    list.offsets.resize(static_cast<std::size_t>(stop - b) + 1, list.rows.size());
}

void DueDocuments::stayed(std::uint32_t document) noexcept {
    if (!plan_.backs_off) return;
    std::uint8_t& stays = stays_[document];
    stays = std::min<std::uint8_t>(kMost, static_cast<std::uint8_t>(stays + 1));
    const auto less = static_cast<std::int32_t>(pauses_.below(document, 2));
    due_[document] = static_cast<std::int32_t>(epoch_) + (1 << stays) - less;
}

void DueDocuments::wake(std::uint32_t document) noexcept {
    stays_[document] = 0;
    due_[document] = static_cast<std::int32_t>(epoch_) + 1;
}

void DueDocuments::begin(std::int64_t epoch) {
    if (epoch == epoch_) return;
    epoch_ = epoch;
    pauses_ = data::CounterRandom(plan_.seed, kOrder, plan_.rank, epoch);
    order_.clear();
    if (plan_.stream != nullptr) return order_windows();
    for (std::uint32_t row = 0; row < due_.size(); ++row) {
        if (due_[row] <= epoch) order_.push_back(row);
    }
    shuffle_blocks(order_, plan_.block,
                   data::CounterRandom(plan_.seed, kOrder, plan_.rank, ~epoch));
}

void DueDocuments::order_windows() {
    const StreamOrder& stream = plan_.stream->order();
    window_end_.clear();
    std::vector<std::uint32_t> rows;  // due in a window
    for (std::int64_t window = 0; window < stream.windows(); ++window) {
        rows.clear();
        std::uint32_t row = 0;
        for (const std::int64_t block : stream.blocks_of(epoch_, window)) {
            const data::Range documents = stream.documents_of(block);
            for (std::int64_t i = documents.begin; i < documents.end; ++i, ++row) {
                if (due_[static_cast<std::size_t>(i)] <= epoch_) rows.push_back(row);
            }
        }
        shuffle_blocks(rows, plan_.block, stream.random_of(epoch_, window));
        order_.insert(order_.end(), rows.begin(), rows.end());
        window_end_.push_back(order_.size());
    }
}

std::size_t DueDocuments::find_window(std::size_t position) {
    const auto end = std::ranges::upper_bound(window_end_, position);
    plan_.stream->go_to(epoch_, end - window_end_.begin());
    return *end;
}

}  // namespace hogwild::train
