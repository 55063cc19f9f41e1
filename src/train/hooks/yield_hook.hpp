#pragma once
#include "train/hooks/hook.hpp"
#include "train/hooks/yield_timer.hpp"

namespace hogwild::train {

/// Yields the core between batches if ranks share cores.
class YieldHook final : public Hook {
public:
    /// @param on  whether ranks share cores.
    explicit YieldHook(bool on) : timer_(on) {}
    void after(const Slice& slice) override {
        if (timer_.due(slice.documents)) YieldTimer::yield();
    }

private:
    YieldTimer timer_;
};

}  // namespace hogwild::train
