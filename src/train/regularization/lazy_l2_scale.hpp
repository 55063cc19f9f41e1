#pragma once
#include <cstddef>
#include <cstdint>

#include "mpi/communicators.hpp"
#include "mpi/shared_window.hpp"
#include "mpi/spin_wait.hpp"
#include "train/context.hpp"

namespace hogwild::train {

/// Shrinking of all weights at the same rate (l2, aggregated) at no cost: the weights are w = s v,
/// a node's ranks share v, and s = exp(-rate E) falls with their exponent E (Bottou's svmsgd has
/// the same trick for one rank). Every rank computes s from its own estimate of E.
///
/// As s falls, v grows, so now and then v is multiplied by s, and s is 1 again: the scale is
/// settled. That happens at boundaries, where no rank trains, and in the midst of training as soon
/// as s is too small: then one rank calls, all ranks that are present interrupt their work between
/// two slices of it, and the caller multiplies all of v. Absent ranks, which wait for something or
/// are through, are not waited for; they learn of it when they enter again. So no rank may touch v
/// while it is absent, and no rank may wait for another of its node while it is present.
class LazyL2Scale {
public:
    /// A settle is due when s is less than exp(-kLargest): v = w / s stays far from the end of a
    /// float's range.
    static constexpr double kLargest = 40.0;

    /// Of shared memory. @param ranks  that share it.
    static std::uint64_t bytes(int ranks) {
        return mpi::SharedWindow<Slot>::bytes(static_cast<std::size_t>(ranks)) +
               mpi::SharedWindow<Common>::bytes(1);
    }
    /// @note Collective over the node, here and in close().
    LazyL2Scale(const TrainingContext& context, const mpi::Communicators& comms);
    void close();

    bool used() const noexcept { return rate_ > 0.0; }
    /// w / v as this rank estimates it.
    double value() const noexcept { return value_; }
    /// How often this rank has multiplied all of v in the midst of training.
    std::int64_t materializations() const noexcept { return materializations_; }

    /// Computes s. @param exponent  of the node's ranks.
    void advance(double exponent) noexcept;
    /// Whether all must come to materialize(), since s is too small or another rank has called.
    bool due() const noexcept;

    /// From now on the others wait for this rank before they settle.
    /// @return what this rank's copies of v must be multiplied by: others may have settled
    ///         meanwhile.
    double enter();
    /// After updates, or before this rank waits for another.
    void leave() noexcept;

    /// Together with all ranks that are present. Afterwards s is 1.
    /// @param exponent  gives that of the node's ranks.
    /// @param multiply  multiplies v by a factor. @note On one rank, while no rank trains.
    /// @return what this rank's copies of v must be multiplied by.
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

    /// At a boundary, where all ranks are absent.
    /// @return what this rank's copies of v must be multiplied by: others may have settled.
    double catch_up() noexcept;
    /// What v must be multiplied by to become w; from then on s is 1. After catch_up().
    /// @param exponent  of the node's ranks, the same on all.
    double materialize_at_boundary(double exponent) noexcept;

private:
    /// Of one rank, on a cache line of its own.
    struct alignas(64) Slot {
        std::int64_t present = 0;
        std::int64_t come_to = 0;  ///< number of the last settle it has come to
    };

    /// Of all ranks: seldom written, so that a look costs nothing.
    struct alignas(64) Common {
        std::int64_t called = 0;  ///< number of the last settle that was called
        std::int64_t done = 0;    ///< and of the last that is done
        double settled = 0.0;     ///< exponent at that, or at the last boundary
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
    std::int64_t number_ = 0;  ///< of the last settle that this rank knows of
    double settled_ = 0.0;     ///< exponent at that, or at the last boundary
    double value_ = 1.0;
    std::int64_t materializations_ = 0;
};

}  // namespace hogwild::train
