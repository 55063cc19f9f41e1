#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "mpi/communicators.hpp"
#include "mpi/shared_window.hpp"
#include "mpi/spin_wait.hpp"
#include "train/context.hpp"

namespace hogwild::train {

/// Lazy weight decay of all weights at the same rate (l2, aggregated), at no cost per weight: the
/// weights are w = s v, the ranks of a group share v, and s = exp(-rate E) falls with their
/// exponent E, the step sum of all of them (Bottou's svmsgd has the same trick for one rank). Each
/// rank computes s from its own estimate of E.
///
/// As s falls, v grows. So the scale is materialized from time to time: v is multiplied by s, and s
/// is 1 again. This happens at boundaries, where no rank trains, and during training as soon as s
/// is too small: one rank calls, all present ranks stop between two slices, and the caller
/// multiplies all of v. Absent ranks, which wait for something or have finished, take no part; they
/// catch up when they enter again. So an absent rank must not read or write v, and a present rank
/// must not wait for another rank of its group.
class LazyL2Scale {
public:
    /// The scale is materialized when s is less than exp(-kLargest), so that v = w / s stays far
    /// from the limits of a float.
    static constexpr double kLargest = 40.0;

    /// Bytes of shared memory. @param ranks  of the group.
    static std::uint64_t bytes(int ranks) {
        return mpi::SharedWindow<Slot>::bytes(static_cast<std::size_t>(ranks)) +
               mpi::SharedWindow<Common>::bytes(1);
    }
    /// @note Collective over the group, here and in close().
    LazyL2Scale(const TrainingContext& context, const mpi::Communicators& comms);
    void close();

    bool used() const noexcept { return rate_ > 0.0; }
    /// w / v as this rank estimates it.
    double value() const noexcept { return value_; }
    /// The logarithm of all decay so far, materialized or not; 0 if the scale is not used.
    double log_decay() const noexcept {
        return used() ? std::log(value_) - rate_ * materialized_at_ : 0.0;
    }
    /// How often this rank has multiplied all of v during training.
    std::int64_t materializations() const noexcept { return materializations_; }

    /// Computes s. @param exponent  of the ranks of the group.
    void advance(double exponent) noexcept;
    /// Whether this rank must call materialize(): s is too small, or another rank has called.
    bool due() const noexcept;

    /// Makes this rank present: from now on the others wait for it before they materialize.
    /// @return the factor for this rank's copies of v, since others may have materialized
    /// meanwhile.
    double enter();
    /// Makes this rank absent. Call after updates, and before this rank waits for another.
    void leave() noexcept;

    /// Materializes the scale together with all present ranks. Afterwards s is 1.
    /// @param exponent  returns the exponent of the ranks of the group.
    /// @param multiply  multiplies v by a factor; called on one rank, while no rank trains.
    /// @return the factor for this rank's copies of v.
    template <class Exponent, class Multiply>
    double materialize(Exponent&& exponent, Multiply&& multiply) {
        if (call()) {
            mpi::spin_until([this] { return all_have_come(); });
            const double e = exponent();
            multiply(factor(e));
            ++materializations_;
            done(e);
        } else {
            mpi::spin_until([this] { return is_done(); });
        }
        return catch_up();
    }

    /// Call at a boundary, where all ranks are absent.
    /// @return the factor for this rank's copies of v, since others may have materialized.
    double catch_up() noexcept;
    /// Call after catch_up(). From then on s is 1.
    /// @param exponent  of the ranks of the group, the same on all.
    /// @return the factor by which v must be multiplied to become w.
    double materialize_at_boundary(double exponent) noexcept;

private:
    /// State of one rank, on its own cache line.
    struct alignas(64) Slot {
        std::int64_t present = 0;
        std::int64_t come_to = 0;  ///< number of the last call that this rank has answered
    };

    /// State of all ranks: seldom written, so reading it is cheap.
    struct alignas(64) Common {
        std::int64_t called = 0;       ///< number of calls so far
        std::int64_t done = 0;         ///< number of the last call that is complete
        double materialized_at = 0.0;  ///< exponent at that call, or at the last boundary
    };

    double factor(double exponent) const noexcept;
    bool call() noexcept;
    bool all_have_come() noexcept;
    bool is_done() noexcept;
    void done(double exponent) noexcept;
    Slot& mine() noexcept { return slots_.span()[me_]; }
    Common& common() noexcept { return common_.span().front(); }
    const Common& common() const noexcept { return common_.span().front(); }

    double rate_ = 0.0;
    std::size_t me_ = 0;
    mpi::SharedWindow<Slot> slots_;  ///< one per rank
    mpi::SharedWindow<Common> common_;
    std::int64_t number_ = 0;       ///< of the last call that this rank knows of
    double materialized_at_ = 0.0;  ///< exponent at that call, or at the last boundary
    double value_ = 1.0;
    std::int64_t materializations_ = 0;
};

}  // namespace hogwild::train
