#pragma once
#include <sched.h>

#include <cstddef>

namespace hogwild::train {

/// With more ranks than cores somebody else runs now and then. If the system chooses when, a rank
/// mostly goes to sleep in the middle of a batch, and applies an old change when it wakes; between
/// batches it does no harm. So ranks hand over before their time slice (a few ms) ends.
class YieldTimer {
public:
    static constexpr std::size_t kTurn = 300;  ///< documents: a fraction of a millisecond

    /// @param on  ranks share cores.
    explicit YieldTimer(bool on) : on_(on) {}
    /// Counts documents. @return whether it is time.
    bool due(std::size_t documents) noexcept {
        if (!on_) return false;
        since_ += documents;
        if (since_ < kTurn) return false;
        since_ = 0;
        return true;
    }
    static void yield() noexcept { sched_yield(); }

private:
    bool on_;
    std::size_t since_ = 0;
};

}  // namespace hogwild::train
