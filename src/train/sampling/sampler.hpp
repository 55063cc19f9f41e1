#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "data/random.hpp"
#include "train/sampling/epoch_batches.hpp"

namespace hogwild::train {

/// Several consecutive batches.
struct BatchList {
    std::vector<std::uint32_t> rows;
    /// Batch b is rows[offsets[b]] to rows[offsets[b + 1] - 1].
    std::vector<std::size_t> offsets{0};

    std::size_t batches() const noexcept { return offsets.size() - 1; }
};

/// Chooses the rows that a rank processes in each iteration.
class BatchSource {
public:
    virtual ~BatchSource() = default;
    /// Row numbers of batch `iteration` (from 0); empty past the last. Valid until the next call.
    virtual std::span<const std::uint32_t> batch(std::int64_t iteration) = 0;
    /// Draws batches from `first` on until there are `rows` rows: at least one batch, none beyond
    /// `end`. @param list  replaced.
    virtual void draw(std::int64_t first, std::int64_t end, std::size_t rows, BatchList& list);
    /// Documents in the batches before `iteration`.
    virtual std::int64_t documents_before(std::int64_t iteration) const = 0;
    /// Number of batches in the whole run.
    virtual std::int64_t batches() const = 0;
};

class RowStream;

/// Random batches. Each is a function of (seed, rank, iteration) only: a resumed run needs no
/// state, and batches may be drawn in any order.
class Sampler final : public BatchSource {
public:
    enum class Kind {
        uniform,      ///< without replacement within a batch, batches independent
        permutation,  ///< every row once an epoch, in a new order each epoch
        blocks        ///< as permutation, but `Plan::block` neighbouring rows stay together
    };
    struct Plan {
        Kind kind = Kind::uniform;
        std::int64_t rows = 0;        ///< of this rank, >= 0
        std::int64_t batch_size = 1;  ///< more than `rows` means all of them
        std::int64_t iterations = 0;  ///< batches; used if epochs is 0
        std::int64_t epochs = 0;      ///< passes; the last batch of an epoch may be short
        std::uint64_t seed = 1;
        std::int64_t rank = 0;
        std::int64_t block = 1;       ///< rows, see block_for(); for `blocks` only
        RowStream* stream = nullptr;  ///< of rows that are not all in memory: not for Sampler
    };
    explicit Sampler(const Plan& plan);

    std::span<const std::uint32_t> batch(std::int64_t iteration) override;
    void draw(std::int64_t first, std::int64_t end, std::size_t rows, BatchList& list) override;
    std::int64_t documents_before(std::int64_t iteration) const override {
        return batches_.documents_before(iteration);
    }
    std::int64_t batches() const override { return batches_.count(); }

private:
    std::uint32_t draw_one(std::int64_t iteration) const;
    void draw_uniform(std::int64_t iteration, std::int64_t size);
    void shuffle_epoch(std::int64_t epoch);

    Plan plan_;
    EpochBatches batches_;
    data::CounterRandom uniform_;  ///< source of all batches
    std::vector<std::uint32_t> drawn_;
    std::vector<std::uint64_t> stamp_;  ///< by row: the last draw that took it
    std::uint64_t draw_ = 0;
    std::vector<std::uint32_t> order_;  ///< rows in the order of `shuffled_epoch_`
    std::int64_t shuffled_epoch_ = -1;
};

}  // namespace hogwild::train
