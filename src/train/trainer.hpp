#pragma once
#include <cstdint>
#include <span>

#include "train/context.hpp"
#include "train/meters/meters.hpp"
#include "train/saved_state.hpp"

namespace hogwild::train {

/// What carries out a strategy on this rank. Each strategy makes one, see StrategyInfo::make.
///
/// The weights have the shape objective.shape. All ranks make the same calls in the same order; a
/// function that communicates says so.
class Trainer {
public:
    virtual ~Trainer() = default;
    /// Goes on to this rank's iteration `until` (or to its last).
    virtual void run(std::int64_t until) = 0;
    /// Brings every rank to a boundary: all messages drained, all changes in the weights.
    /// @note Collective.
    virtual void quiesce() = 0;
    /// The weights in double with all that is due to them, the same on every rank. Call after
    /// quiesce(); a strategy that keeps bits needs no quiesce(), and goes on as if not asked.
    /// @param out  objective.shape.size() values. @note Collective; no rank may be running.
    virtual void weights(std::span<double> out) = 0;
    /// Whether it goes on with the same bits after save() and resume(), wherever run() has
    /// returned, quiesced or not.
    virtual bool keeps_bits() const { return false; }
    /// What this rank must know to go on, besides the weights. No rank may be running. Unless it
    /// keeps bits, to be called after quiesce().
    virtual void save(SavedState& /*out*/) const {}
    /// Whether resume() can use it. Does not communicate. @throws Error: bad_data.
    virtual void check_restored(const RestoredState& /*saved*/) const {}
    /// Goes on as if this rank's next iteration were `iteration`.
    /// @param weights  objective.shape.size() values, the same on every rank.
    /// @param saved    what save() gave, as check_restored() accepts it.
    /// @note Collective; no rank may be running.
    virtual void resume(std::int64_t iteration, std::span<const double> weights,
                        const RestoredState& saved) = 0;
    /// What this rank has measured so far.
    virtual Meters meters() const = 0;
    /// Releases shared memory and locks. @note Collective. Without it they are left to the abort.
    virtual void close() = 0;
};

}  // namespace hogwild::train
