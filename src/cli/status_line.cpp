#include "cli/status_line.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <utility>

namespace hogwild {
namespace {

constexpr double kLines = 20.0;  ///< in a file

}  // namespace

void StatusLine::show(double done, const std::string& text) {
    if (terminal_.present) return show_on_terminal(text);
    held_back_ = text;
    if (!begun() || done < next_) return;
    next_ = (std::floor(done * kLines + 1e-9) + 1.0) / kLines;
    append(text);
}

void StatusLine::show_interim(double done, const std::string& text) {
    if (terminal_.present) return show_on_terminal(text);
    if (!begun() || done < std::max(next_, next_interim_) + 1.0 / kLines) return;
    next_interim_ = done;
    append(text);
}

void StatusLine::show_on_terminal(const std::string& text) {
    // more than ten a second cannot be read, and a remote terminal is slow
    constexpr double kInterval = 0.1;  // s
    held_back_ = text;
    const bool due = !since_rewrite_ || since_rewrite_->seconds() >= kInterval;
    if (begun() && due) rewrite(text);
}

void StatusLine::end() {
    const std::string last = std::exchange(held_back_, {});
    if (terminal_.present && at_end_ == AtEnd::erase) {
        if (written_) std::cerr << "\r\033[K" << std::flush;
    } else if (terminal_.present) {
        if (!last.empty()) rewrite(last);
        if (written_) std::cerr << '\n' << std::flush;
    } else if (at_end_ == AtEnd::keep && !last.empty()) {
        append(last);
    }
    written_ = false;
}

void StatusLine::rewrite(const std::string& text) {
    // A line that wraps could not be rewritten. Counts bytes of UTF-8 as columns, which is at most
    // too many, and never cuts a character.
    std::size_t length = std::min(text.size(), static_cast<std::size_t>(terminal_.columns - 1));
    while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U) {
        --length;
    }
    std::cerr << "\r" + text.substr(0, length) + "\033[K" << std::flush;
    held_back_.clear();
    since_rewrite_.emplace();
    written_ = true;
}

void StatusLine::append(const std::string& text) {
    std::cerr << text + "\n" << std::flush;
    held_back_.clear();
}

std::string duration_text(double seconds) {
    constexpr double kMinute = 60.0;
    constexpr double kHour = 3600.0;
    constexpr double kDay = 24.0 * kHour;
    if (seconds < 2.0 * kMinute) return fmt::format("{:.0f} s", std::ceil(seconds));
    if (seconds < 2.0 * kHour) return fmt::format("{:.0f} min", seconds / kMinute);
    if (seconds < 2.0 * kDay) return fmt::format("{:.1f} h", seconds / kHour);
    return fmt::format("{:.0f} days", seconds / kDay);
}

}  // namespace hogwild
