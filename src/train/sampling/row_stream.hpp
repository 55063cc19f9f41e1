#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "data/numbering.hpp"
#include "data/read_ahead.hpp"
#include "model/training_rows.hpp"
#include "train/sampling/stream_order.hpp"

namespace hogwild::train {

/// Reads a rank's training documents while the rank trains, in the order of a StreamOrder: one
/// window is in memory, and a thread reads the next one.
///
/// The thread reads only while this rank trains, between resume_reading() and pause_reading():
/// otherwise files belong to the caller, as the HDF5 library, which is not thread-safe, demands.
class RowStream {
public:
    /// A block of documents, and those held out that stand among them in the file.
    struct Block {
        std::int64_t first = 0;  ///< number of the first document
        model::TrainingRows training;
        data::NumberedRows<data::Numbering::training> held_out;
    };
    /// Reads a block. Called in one thread at a time.
    /// @param rows      the block's documents are appended.
    /// @param held_out  takes those held out; may be null.
    using Load = std::function<void(std::int64_t block, model::TrainingRows& rows,
                                    data::NumberedRows<data::Numbering::training>* held_out)>;

    /// @param window  without rows, in their layout; not owned. The strategies read it.
    RowStream(const StreamOrder& order, model::TrainingRows& window, Load load);
    RowStream(const RowStream&) = delete;
    RowStream& operator=(const RowStream&) = delete;
    ~RowStream();

    const StreamOrder& order() const noexcept { return order_; }
    /// Reads a window, or waits until it has been read. Call while reading is not paused.
    /// @throws what Load throws.
    void go_to(std::int64_t epoch, std::int64_t window);
    /// The number, among this rank's documents, of a row of the present window.
    std::uint32_t document(std::uint32_t row) const noexcept {
        const auto size = static_cast<std::uint32_t>(order_.block_size());
        return first_of_block_[row / size] + row % size;
    }
    /// Visits all documents, block by block. The present window stays. Call while reading is
    /// paused. @throws what Load throws.
    void pass(const std::function<void(const Block&)>& visit);

    void resume_reading() { files_.unlock(); }
    void pause_reading() { files_.lock(); }

private:
    void start_at(std::int64_t window);
    bool read_window(std::int64_t window, model::TrainingRows& rows);

    StreamOrder order_;
    model::TrainingRows& window_;
    const model::TrainingRows empty_;
    Load load_;
    std::int64_t present_ = -1;                  ///< window, counted from the start of the run
    std::vector<std::uint32_t> first_of_block_;  ///< document, by block of the present window
    std::mutex files_;                           ///< held by whoever may read files
    std::atomic<bool> ends_ = false;
    std::optional<data::ReadAhead<model::TrainingRows>> ahead_;  ///< last: it uses the others
};

/// While this exists, a stream reads ahead. @param stream  null: there is none.
class ReadsAhead {
public:
    explicit ReadsAhead(RowStream* stream) : stream_(stream) {
        if (stream_ != nullptr) stream_->resume_reading();
    }
    ReadsAhead(const ReadsAhead&) = delete;
    ReadsAhead& operator=(const ReadsAhead&) = delete;
    ~ReadsAhead() {
        if (stream_ != nullptr) stream_->pause_reading();
    }

private:
    RowStream* stream_;
};

/// All training documents of a rank, which are in memory, or of which a stream has a window there.
class OwnDocuments {
public:
    explicit(false) OwnDocuments(const model::TrainingRows& rows, RowStream* stream = nullptr)
        : rows_(rows), stream_(stream) {}

    std::int64_t size() const noexcept {
        return stream_ != nullptr ? stream_->order().documents() : rows_.size();
    }
    model::TrainingRows::Layout layout() const noexcept { return rows_.layout(); }
    /// Calls visit(rows, first) for all documents in their order, where `first` is the number of
    /// the first of `rows`. A pass over files where they are streamed; then not while they train.
    template <class Visit>
    void for_each_part(Visit&& visit) const {
        if (stream_ == nullptr) return visit(rows_, std::int64_t{0});
        stream_->pass([&](const RowStream::Block& block) { visit(block.training, block.first); });
    }

private:
    const model::TrainingRows& rows_;
    RowStream* stream_;
};

}  // namespace hogwild::train
