#pragma once
#include <algorithm>
#include <cstdint>
#include <string>

#include "cli/status_line.hpp"
#include "data/printable.hpp"
#include "data/stopwatch.hpp"

namespace hogwild::tools {

/// Says on stderr how far long work is, and when it will be done. Work of less than a second shows
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
        // the name of a file comes last: of a long one a terminal shows the beginning
        std::string text = std::to_string(static_cast<int>(100.0 * share)) + " %";
        if (share > 0.0 && share < 1.0) {
            text += ", " + duration_text(watch_.seconds() * (1.0 - share) / share) + " left";
        }
        text += ": " + what_;
        line_.show(share, text);
    }
    /// Before anything else is printed, unless it has gone out of scope.
    void end() { line_.end(); }

private:
    std::string what_;
    bool quiet_;
    StatusLine line_;
    data::Stopwatch watch_;
};

}  // namespace hogwild::tools
