#pragma once
#include <cstdint>
#include <optional>
#include <span>

#include "train/certificate.hpp"
#include "train/context.hpp"
#include "train/meters/meters.hpp"
#include "train/saved_state.hpp"

namespace hogwild::train {

/// Runs a strategy on this rank. Each strategy makes one, see StrategyInfo::make.
///
/// The weights have the shape objective.shape. All ranks make the same calls in the same order; a
/// function that communicates says so.
class Trainer {
public:
    virtual ~Trainer() = default;
    /// Trains up to this rank's iteration `until`, or to its last.
    virtual void run(std::int64_t until) = 0;
    /// Brings all ranks to a boundary: all messages are received and all changes applied.
    /// @note Collective.
    virtual void quiesce() = 0;
    /// The weights in double, with all weight decay applied; the same on every rank. Call after
    /// quiesce(). A strategy that keeps bits needs no quiesce(), and its state does not change.
    /// @param out  objective.shape.size() values. @note Collective; no rank may be running.
    virtual void weights(std::span<double> out) = 0;
    /// True if a run resumed from save() is bitwise identical to an uninterrupted one, without
    /// quiesce().
    virtual bool keeps_bits() const { return false; }
    /// Saves the state of this rank, without the weights. No rank may be running. Call after
    /// quiesce(), unless the strategy keeps bits.
    virtual void save(SavedState& /*out*/) const {}
    /// Checks that resume() can use the state. Does not communicate. @throws Error: bad_data.
    virtual void check_restored(const RestoredState& /*saved*/) const {}
    /// Resumes at iteration `iteration` of this rank.
    /// @param weights  objective.shape.size() values, the same on every rank.
    /// @param saved    from save(), accepted by check_restored().
    /// @note Collective; no rank may be running.
    virtual void resume(std::int64_t iteration, std::span<const double> weights,
                        const RestoredState& saved) = 0;
    /// How far the weights are from the optimum. Strategies that cannot tell return nothing.
    /// Afterwards weights() are those of the certificate, until the next run(). Call after
    /// quiesce(), at the end of each epoch.
    /// @param at_any_rate  false: only if an estimate says that TrainingContext::dual's gap may be
    ///                     reached, or where progress must be checked; a certificate takes about as
    ///                     long as two epochs. @note Collective.
    virtual std::optional<Certificate> certify(bool /*at_any_rate*/) { return {}; }
    /// The iteration at which training up to `until` has ended: before that, where what was asked
    /// for was reached sooner. Call after certify(); the same on every rank.
    virtual std::int64_t ended_at(std::int64_t until) const { return until; }
    /// Whether run() has returned before its end, so that the state can be saved; another call goes
    /// on. Call after certify(); the same on every rank.
    virtual bool has_paused() const { return false; }
    /// What this rank has measured so far.
    virtual Meters meters() const = 0;
    /// Releases shared memory and locks; without a call they are left to the abort. @note
    /// Collective.
    virtual void close() = 0;
};

}  // namespace hogwild::train
