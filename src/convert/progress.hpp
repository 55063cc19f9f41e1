#pragma once
#include <algorithm>
#include <cstdint>
#include <string>

#include "cli/status_line.hpp"
#include "data/printable.hpp"
#include "data/stopwatch.hpp"

namespace hogwild::tools {

/// Shows the progress of long work and the time left on stderr. Work of less than a second shows
/// nothing on a terminal, work of less than five seconds nothing elsewhere.
class Progress {
public:
    Progress(const std::string& what, bool quiet)
        : what_(data::printable(what)),
          quiet_(quiet),
          line_(StatusLine::AtEnd::erase, terminal_of_stderr().present ? 1.0 : 5.0) {}
    void show(std::int64_t done, std::int64_t total) {
        if (quiet_ || total <= 0) return;
        const double share =
            std::clamp(static_cast<double>(done) / static_cast<double>(total), 0.0, 1.0);
        // the file's name comes last, so that a terminal can cut it
        std::string text = std::to_string(static_cast<int>(100.0 * share)) + " %";
        if (share > 0.0 && share < 1.0) {
            text += ", " + duration_text(watch_.seconds() * (1.0 - share) / share) + " left";
        }
        text += ": " + what_;
        line_.show(share, text);
    }
    /// Call it before any other output, unless this object is destroyed first.
    void end() { line_.end(); }

private:
    std::string what_;
    bool quiet_;
    StatusLine line_;
    data::Stopwatch watch_;
};

}  // namespace hogwild::tools
