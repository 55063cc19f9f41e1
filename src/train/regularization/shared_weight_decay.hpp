#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "data/partition.hpp"
#include "data/state.hpp"
#include "model/lazy_weight_decay.hpp"
#include "train/context.hpp"

namespace hogwild::train {

/// Progress of one rank, on its own cache line; the other ranks only read it.
struct alignas(64) ProgressSlot {
    double step_sum = 0.0;       ///< learning rate times documents, summed over its batches
    std::int64_t batches = 0;    ///< batches written
    std::int64_t documents = 0;  ///< documents processed
    double done = 0.0;           ///< finished share of the rank's own work
};

/// Weight decay of shared weights, distributed among ranks: each rank adds the step sum of its
/// documents to its own slot, and decays its own block of the weights by the step sum of all ranks,
/// so that every document counts once.
class SharedWeightDecay {
public:
    SharedWeightDecay() = default;
    /// For the weights [all.begin, all.end), which the ranks of `slots` share.
    /// @param slots  one per rank, shared among them. @param me  number of this rank's slot, and of
    ///               its block of the weights.
    static SharedWeightDecay make_for_shared(const TrainingContext& context,
                                             std::span<ProgressSlot> slots, int me,
                                             data::Range all);
    static SharedWeightDecay make_for_shared(const TrainingContext& context,
                                             std::span<ProgressSlot> slots, int me);
    /// For this rank's own copy of the weights [block.begin, block.end).
    static SharedWeightDecay make_for_copy(const TrainingContext& context, ProgressSlot& slot,
                                           data::Range block);

    /// Adds this rank's documents to the step sum, and applies the decay that is due to its block.
    /// @param step_sum  learning rate times documents.
    template <model::WriteMode kMode = model::WriteMode::plain, class Real>
    void advance(std::span<Real> w, double step_sum, std::size_t documents);
    /// Applies all decay that is due to this rank's block. Call between two barriers of all ranks.
    template <class Real>
    void flush(std::span<Real> w);

    /// Saves the state from which this rank can resume bitwise identically.
    void save(data::State& saved) const;
    /// Checks that resume() can use the state. @throws Error: bad_data.
    void check(const data::State& saved) const;
    /// @param saved  from save(); null: starts anew, with nothing due.
    /// @note Call between barriers: each rank sets its own slot, and every slot counts.
    void resume(const data::State* saved);

    /// Step sum of all ranks so far.
    double total_step_sum() const noexcept;

private:
    static SharedWeightDecay make(const TrainingContext& context, std::span<ProgressSlot> slots,
                                  std::size_t me, std::size_t first, data::Range block);
    double threshold(std::size_t documents) noexcept;

    std::span<ProgressSlot> slots_;
    std::size_t me_ = 0;
    model::LazyWeightDecay lazy_decay_;
    bool every_batch_ = false;
    std::size_t since_sweep_ = 0;  ///< documents of this rank
};

}  // namespace hogwild::train
