#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

#include "train/hooks/hook.hpp"

namespace hogwild::train {

/// Reports a few times a second how far this rank is, while training goes on. Add it outside all
/// other hooks: then the rank holds no lock and no turn while the report is written.
class ProgressReport final : public Hook {
public:
    /// @param report  takes this rank's next batch.
    void start(std::function<void(std::int64_t)> report) { report_ = std::move(report); }

    void before(std::int64_t iteration) override {
        if (documents_ < kDocumentsPerClock || !report_) return;
        documents_ = 0;
        const Clock::time_point now = Clock::now();
        if (now - last_ < kInterval) return;
        last_ = now;
        report_(iteration);
    }
    void after(const Slice& slice) override { documents_ += slice.documents; }

private:
    using Clock = std::chrono::steady_clock;
    /// Reading the clock takes about as long as a tenth of a document.
    static constexpr std::size_t kDocumentsPerClock = 1024;
    static constexpr std::chrono::milliseconds kInterval{100};

    std::function<void(std::int64_t)> report_;
    std::size_t documents_ = 0;  ///< since the clock was read
    Clock::time_point last_ = Clock::now();
};

}  // namespace hogwild::train
