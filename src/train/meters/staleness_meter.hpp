#pragma once
#include <cstdint>
#include <span>

#include "train/context.hpp"
#include "train/meters/meters.hpp"
#include "train/regularization/shared_weight_decay.hpp"

namespace hogwild::train {

/// Measures the staleness of updates to shared weights: the number of batches that other ranks
/// write between the first read and the last write of a sampled update.
class StalenessMeter {
public:
    /// Mean gap between samples. A sample costs two cache misses per rank; with this gap, and one
    /// document per batch, that is about 1 % of the time.
    static constexpr std::int64_t kDocumentsPerRank = 128;

    /// @param progress  one slot per rank, shared among them.
    /// @param me        number of this rank's slot.
    StalenessMeter(const TrainingContext& context, std::span<ProgressSlot> progress, int me)
        : progress_(progress),
          me_(static_cast<std::size_t>(me)),
          gap_(mean_gap(context, progress.size()), static_cast<std::uint64_t>(me)),
          until_sample_(context.meters ? gap_.next() : 0) {}

    void before_reading() noexcept {
        if (until_sample_ == 1) before_ = batches_of_others();
    }
    /// Counts this rank's batch in its slot, where other ranks read it.
    void after_writing() noexcept {
        std::int64_t& mine = progress_[me_].batches;
        model::store(mine, model::load(mine) + 1);
        if (until_sample_ == 0 || --until_sample_ > 0) return;
        const std::int64_t now = batches_of_others();
        histogram_.add(now - before_);
        hot_histogram_.add(now - merged_);
        until_sample_ = gap_.next();
    }
    /// Call after a merge of the hot head. Costs a cache miss per rank, unless the slots were read
    /// just before.
    void merged() noexcept { merged_ = batches_of_others(); }
    /// Batches of other ranks since the last call of merged(), for the same sampled updates.
    const StalenessHistogram& hot_histogram() const noexcept { return hot_histogram_; }
    const StalenessHistogram& histogram() const noexcept { return histogram_; }

private:
    static std::size_t mean_gap(const TrainingContext& context, std::size_t ranks) {
        const std::int64_t batches = context.batches.batches();
        const std::int64_t documents = context.batches.documents_before(batches);
        const std::int64_t per_batch =
            batches > 0 ? std::max<std::int64_t>(1, documents / batches) : 1;
        return static_cast<std::size_t>(std::max<std::int64_t>(
            1, kDocumentsPerRank * static_cast<std::int64_t>(ranks) / per_batch));
    }
    std::int64_t batches_of_others() const noexcept {
        std::int64_t sum = 0;
        for (std::size_t r = 0; r < progress_.size(); ++r) {
            if (r != me_) sum += model::load(progress_[r].batches);
        }
        return sum;
    }

    std::span<ProgressSlot> progress_;
    std::size_t me_;
    RandomGap gap_;
    std::size_t until_sample_;  ///< batches; 0: the meter is off
    std::int64_t before_ = 0;
    std::int64_t merged_ = 0;
    StalenessHistogram histogram_;
    StalenessHistogram hot_histogram_;
};

}  // namespace hogwild::train
