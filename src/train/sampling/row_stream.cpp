#include "train/sampling/row_stream.hpp"

#include <utility>

#include "mpi/topology.hpp"

namespace hogwild::train {

RowStream::RowStream(const StreamOrder& order, model::TrainingRows& window, Load load)
    : order_(order), window_(window), empty_(window), load_(std::move(load)) {
    files_.lock();
}

RowStream::~RowStream() {
    ends_ = true;
    files_.unlock();
}

void RowStream::go_to(std::int64_t epoch, std::int64_t window) {
    const std::int64_t wanted = epoch * order_.windows() + window;
    if (wanted == present_) return;
    if (!ahead_ || wanted != present_ + 1) start_at(wanted);
    ahead_->next(window_);
    present_ = wanted;
    first_of_block_.clear();
    for (const std::int64_t block : order_.blocks_of(epoch, window)) {
        first_of_block_.push_back(static_cast<std::uint32_t>(order_.documents_of(block).begin));
    }
}

void RowStream::start_at(std::int64_t window) {
    ahead_.reset();
    ahead_.emplace(
        [this, window, begins = true](model::TrainingRows& rows) mutable {
            // Bound to the rank's core, the thread would take turns with the training.
            if (std::exchange(begins, false)) mpi::Topology::of_this_machine().allow_all_cores();
            return read_window(window++, rows);
        },
        1);
}

/// @return false when the stream ends.
bool RowStream::read_window(std::int64_t window, model::TrainingRows& rows) {
    if (rows.layout() != empty_.layout() || rows.n_hot() != empty_.n_hot()) rows = empty_;
    rows.clear();
    const std::int64_t windows = order_.windows();
    for (const std::int64_t block : order_.blocks_of(window / windows, window % windows)) {
        const std::lock_guard lock(files_);
        if (ends_) return false;
        load_(block, rows, nullptr);
    }
    return true;
}

void RowStream::pass(const std::function<void(const Block&)>& visit) {
    data::ReadAhead<Block> blocks(
        [this, next = std::int64_t{0}](Block& block) mutable {
            if (next == 0) mpi::Topology::of_this_machine().allow_all_cores();
            if (next == order_.blocks()) return false;
            block.first = order_.documents_of(next).begin;
            block.training = empty_;
            block.held_out.clear();
            load_(next++, block.training, &block.held_out);
            return true;
        },
        1);
    Block block;
    while (blocks.next(block)) visit(block);
}

}  // namespace hogwild::train
