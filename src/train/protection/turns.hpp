#pragma once
#include <atomic>
#include <optional>

#include "mpi/shared_window.hpp"
#include "mpi/spin_wait.hpp"
#include "train/protection/protection.hpp"

namespace hogwild::train {

/// The ranks of a group take turns in a fixed order. A turn lasts from the reading of the weights
/// until the change and the progress are visible to the next rank.
class Turns : public Protection {
public:
    static constexpr bool kTakesTurns = true;
    static std::uint64_t bytes(const SharedMemoryPlan& /*plan*/) {
        return mpi::SharedWindow<std::int64_t>::bytes(1);
    }
    Turns(const TrainingContext& context, const mpi::Communicators& comms)
        : Protection(context, comms),
          turn_(comms.group(), 1),
          me_(comms.group_rank()),
          ranks_(comms.group_size()) {}
    void close() { turn_.close(); }
    void resume(std::int64_t iteration) {
        if (me_ == 0) turn_.span().front() = iteration * ranks_;
        next_ = iteration;
    }

    void before(std::int64_t iteration) override {
        next_ = iteration;
        wait();
    }
    void after(const Slice& /*one batch*/) override {
        current().store(turn_of(next_) + 1, std::memory_order_release);
        ++next_;
    }
    /// Waits for this rank's next turn and calls `update` in it. Does not end the turn.
    template <class Update>
    void protect_all(Update&& update) {
        wait();
        update();
    }
    std::optional<double> waited_seconds() const { return waited_s_; }

private:
    void wait() {
        const std::int64_t mine = turn_of(next_);
        waited_s_ += mpi::timed_spin_until(
            [&] { return current().load(std::memory_order_acquire) == mine; });
    }
    std::int64_t turn_of(std::int64_t iteration) const noexcept { return iteration * ranks_ + me_; }
    std::atomic_ref<std::int64_t> current() {
        return std::atomic_ref<std::int64_t>(turn_.span().front());
    }

    mpi::SharedWindow<std::int64_t> turn_;  ///< number of the present turn
    std::int64_t me_;
    std::int64_t ranks_;
    std::int64_t next_ = 0;  ///< this rank's next batch
    double waited_s_ = 0.0;
};

}  // namespace hogwild::train
