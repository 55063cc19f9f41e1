#pragma once
#include <sched.h>

#include <cstddef>

namespace hogwild::train {

/// When ranks outnumber cores, they yield between batches, before their time slice (a few ms) ends:
/// a rank that the system preempts inside a batch applies a stale change when it resumes.
class YieldTimer {
public:
    static constexpr std::size_t kDocumentsPerSlice = 300;  ///< a fraction of a millisecond

    /// @param on  whether ranks share cores.
    explicit YieldTimer(bool on) : on_(on) {}
    /// Counts documents. @return whether the rank should yield now.
    bool due(std::size_t documents) noexcept {
        if (!on_) return false;
        since_ += documents;
        if (since_ < kDocumentsPerSlice) return false;
        since_ = 0;
        return true;
    }
    static void yield() noexcept { sched_yield(); }

private:
    bool on_;
    std::size_t since_ = 0;
};

}  // namespace hogwild::train
