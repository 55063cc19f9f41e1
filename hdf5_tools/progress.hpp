#pragma once
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <string>

#include "data/printable.hpp"

namespace hogwild::tools {

/// Says on stderr how far long work is: about once a second in place on a terminal, every five
/// seconds elsewhere.
class Progress {
public:
    Progress(const std::string& what, bool quiet) : what_(data::printable(what)), quiet_(quiet) {}
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    ~Progress() {
        if (shown_ && terminal_) std::cerr << "\r\033[K";
    }
    void show(std::int64_t done, std::int64_t total) {
        const auto now = Clock::now();
        if (quiet_ || now - last_ < interval_) return;
        last_ = now;
        shown_ = true;
        const std::int64_t percent =
            total > 0 ? std::min<std::int64_t>(100, 100 * done / total) : 0;
        std::cerr << (terminal_ ? "\r" : "") << what_ << "  " << percent << " %"
                  << (terminal_ ? "" : "\n") << std::flush;
    }

private:
    using Clock = std::chrono::steady_clock;
    std::string what_;
    bool quiet_;
    bool terminal_ = ::isatty(STDERR_FILENO) == 1;
    bool shown_ = false;
    std::chrono::seconds interval_{terminal_ ? 1 : 5};
    Clock::time_point last_ = Clock::now();
};

}  // namespace hogwild::tools
