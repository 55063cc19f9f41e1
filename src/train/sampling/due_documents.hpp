#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "data/random.hpp"
#include "train/sampling/row_stream.hpp"
#include "train/sampling/sampler.hpp"

namespace hogwild::train {

/// The documents that coordinate ascent visits: in each epoch those that are due, in a new random
/// order. A document that stays at a bound is passed over for 1, 3, 7 and then 15 epochs, or one
/// less at random; one that moves is due in the next epoch.
///
/// An epoch has as many batches on every rank, so that the epochs of ranks with different numbers
/// of rows begin and end together. A batch holds its share of the due documents: mostly one or
/// none.
class DueDocuments final : public BatchSource {
public:
    struct Plan {
        std::int64_t rows = 0;       ///< of this rank, >= 0
        std::int64_t per_epoch = 1;  ///< batches, the same on every rank, >= 1
        std::int64_t epochs = 1;     ///< of the whole run
        std::uint64_t seed = 1;
        std::int64_t rank = 0;
        bool backs_off = true;   ///< false: every document is due in every epoch
        std::int64_t block = 1;  ///< due documents that stay together, see block_for()
        /// Of documents that are not all in memory; not owned. The documents that are due in an
        /// epoch follow the order of its windows.
        RowStream* stream = nullptr;
    };
    explicit DueDocuments(const Plan& plan);

    std::span<const std::uint32_t> batch(std::int64_t iteration) override;
    void draw(std::int64_t first, std::int64_t end, std::size_t rows, BatchList& list) override;
    /// Documents visited or passed over.
    std::int64_t documents_before(std::int64_t iteration) const override;
    std::int64_t batches() const override { return plan_.epochs * plan_.per_epoch; }

    /// The number, among this rank's documents, of a row that was drawn.
    std::uint32_t document(std::uint32_t row) const noexcept {
        return plan_.stream == nullptr ? row : plan_.stream->document(row);
    }
    std::int64_t per_epoch() const noexcept { return plan_.per_epoch; }
    /// Notes that a document has moved, or has not, when it was visited in the present epoch.
    void moved(std::uint32_t document) noexcept { stays_[document] = 0; }
    void stayed(std::uint32_t document) noexcept;
    /// Makes a document due in the next epoch.
    void wake(std::uint32_t document) noexcept;

private:
    static constexpr std::uint8_t kMost = 4;  ///< doublings of the pause

    void begin(std::int64_t epoch);
    void order_windows();
    /// Goes to the window of a position. @return where the window ends.
    std::size_t find_window(std::size_t position);
    std::size_t position(std::int64_t batch_of_epoch) const noexcept;

    Plan plan_;
    std::int64_t epoch_ = -1;
    data::CounterRandom pauses_;           ///< of the present epoch
    std::vector<std::int32_t> due_;        ///< by document: the next epoch in which it is visited
    std::vector<std::uint8_t> stays_;      ///< by document: visits without a move since the last
    std::vector<std::uint32_t> order_;     ///< the rows due in `epoch_`
    std::vector<std::size_t> window_end_;  ///< of a stream's windows in `order_`
};

}  // namespace hogwild::train
