#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "data/partition.hpp"
#include "data/state.hpp"
#include "model/lazy_weight_decay.hpp"
#include "train/context.hpp"

namespace hogwild::train {

/// How far one rank has come, on a cache line of its own; the others only look.
struct alignas(64) ProgressSlot {
    double exponent = 0.0;       ///< its share of the common exponent
    std::int64_t batches = 0;    ///< written
    std::int64_t documents = 0;  ///< processed
    double done = 0.0;           ///< share of the rank's own work
};

/// The shrinking of shared weights, shared out among ranks: each rank charges its own slot with
/// the documents it processes, and shrinks its own block of the weights by what all ranks have
/// charged, so that every document counts once.
class SharedWeightDecay {
public:
    SharedWeightDecay() = default;
    /// For weights that the ranks of `slots` share: one slot per rank, shared among them; this
    /// rank's slot is number `me`, and so is its block of the weights [all.begin, all.end).
    static SharedWeightDecay make_for_shared(const TrainingContext& context,
                                             std::span<ProgressSlot> slots, int me,
                                             data::Range all);
    static SharedWeightDecay make_for_shared(const TrainingContext& context,
                                             std::span<ProgressSlot> slots, int me);
    /// For this rank's own copy of the weights [block.begin, block.end).
    static SharedWeightDecay make_for_copy(const TrainingContext& context, ProgressSlot& slot,
                                           data::Range block);

    /// Charges this rank's documents and applies to its block what has become due.
    /// @param exponent  learning rate times documents.
    template <model::WriteMode kMode = model::WriteMode::plain, class Real>
    void advance(std::span<Real> w, double exponent, std::size_t documents);
    /// Applies all that is due to this rank's block. Call between two barriers of all ranks.
    template <class Real>
    void flush(std::span<Real> w);

    /// Adds what this rank must know to go on with the same bits.
    void save(data::State& saved) const;
    /// Whether resume() can use it. @throws Error: bad_data.
    void check(const data::State& saved) const;
    /// @param saved  what save() gave; null: starts anew, with nothing due. @note Between barriers:
    ///               every rank's slot counts, and each sets its own.
    void resume(const data::State* saved);

    /// Of all ranks so far.
    double common_exponent() const noexcept;

private:
    static SharedWeightDecay make(const TrainingContext& context, std::span<ProgressSlot> slots,
                                  std::size_t me, std::size_t first, data::Range block);
    double threshold(std::size_t documents) noexcept;

    std::span<ProgressSlot> slots_;
    std::size_t me_ = 0;
    model::LazyWeightDecay shrink_;
    bool every_batch_ = false;
    std::size_t since_sweep_ = 0;  ///< documents of this rank
};

}  // namespace hogwild::train
