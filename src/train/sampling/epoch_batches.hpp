#pragma once
#include <algorithm>
#include <cstdint>

namespace hogwild::train {

/// Where the batches of a run stand in its epochs, each of which passes over all rows of a rank.
class EpochBatches {
public:
    struct Plan {
        std::int64_t rows = 0;        ///< of this rank, >= 0
        std::int64_t batch_size = 1;  ///< more than `rows` means all of them
        std::int64_t iterations = 0;  ///< batches; used if epochs is 0
        std::int64_t epochs = 0;      ///< passes; the last batch of an epoch may be short
        bool by_epoch = true;         ///< false: all batches are of full size; `epochs` must be 0
    };
    struct Place {
        std::int64_t epoch;
        std::int64_t start;  ///< documents before the batch in its epoch
        std::int64_t size;
    };

    explicit EpochBatches(const Plan& plan)
        : rows_(plan.rows), size_(std::min(plan.batch_size, plan.rows)) {
        if (rows_ == 0) return;
        if (plan.by_epoch) per_epoch_ = (rows_ + size_ - 1) / size_;
        count_ = plan.epochs > 0 ? plan.epochs * per_epoch_ : plan.iterations;
    }

    std::int64_t size() const noexcept { return size_; }    ///< of a batch that is not short
    std::int64_t count() const noexcept { return count_; }  ///< batches of the run
    Place place(std::int64_t batch) const noexcept {
        if (per_epoch_ == 0) return {0, 0, size_};
        const std::int64_t start = batch % per_epoch_ * size_;
        return {batch / per_epoch_, start, std::min(size_, rows_ - start)};
    }
    std::int64_t documents_before(std::int64_t batch) const noexcept {
        const std::int64_t i = std::min(batch, count_);
        if (per_epoch_ == 0) return i * size_;
        return i / per_epoch_ * rows_ + i % per_epoch_ * size_;
    }

private:
    std::int64_t rows_;
    std::int64_t size_;
    std::int64_t per_epoch_ = 0;  ///< batches an epoch; 0: batches are not tied to epochs
    std::int64_t count_ = 0;
};

}  // namespace hogwild::train
