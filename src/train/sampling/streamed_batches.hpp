#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "train/sampling/epoch_batches.hpp"
#include "train/sampling/row_stream.hpp"
#include "train/sampling/sampler.hpp"

namespace hogwild::train {

/// Batches of documents that a stream reads: each document once an epoch, in the order of the
/// stream's windows, whose rows are shuffled. Rows are numbered by their places in the window.
class StreamedBatches final : public BatchSource {
public:
    /// @param plan    its stream has blocks of whole batches, but for the last.
    /// Sampler::Kind::blocks
    ///                shuffles blocks of neighbours.
    explicit StreamedBatches(const Sampler::Plan& plan);

    std::span<const std::uint32_t> batch(std::int64_t iteration) override;
    void draw(std::int64_t first, std::int64_t end, std::size_t rows, BatchList& list) override;
    std::int64_t documents_before(std::int64_t iteration) const override {
        return batches_.documents_before(iteration);
    }
    std::int64_t batches() const override { return batches_.count(); }

private:
    /// Goes to the window of a batch. @return where the batch begins in it.
    std::size_t find(const EpochBatches::Place& at);

    RowStream& stream_;
    EpochBatches batches_;
    std::int64_t neighbours_;
    std::int64_t epoch_ = -1;
    std::int64_t window_ = -1;
    std::vector<std::uint32_t> order_;  ///< the rows of the window
};

/// Of rows in memory, or of a stream.
std::unique_ptr<BatchSource> make_batches(const Sampler::Plan& plan);

}  // namespace hogwild::train
