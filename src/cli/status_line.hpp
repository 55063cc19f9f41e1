#pragma once
#include <optional>
#include <string>

#include "cli/terminal.hpp"
#include "data/stopwatch.hpp"

namespace hogwild {

/// Progress of long work on stderr: one line that is rewritten in place on a terminal, a few dozen
/// lines (one for every 5 % of the work) in a file or a pipe.
class StatusLine {
public:
    /// What happens at the end to the line on a terminal, and to a line that a file has not got
    /// yet.
    enum class AtEnd { keep, erase };

    /// @param delay  s; shorter work shows nothing.
    StatusLine(AtEnd at_end, double delay) : at_end_(at_end), delay_(delay) {}
    StatusLine(const StatusLine&) = delete;
    StatusLine& operator=(const StatusLine&) = delete;
    ~StatusLine() { end(); }

    bool on_terminal() const noexcept { return terminal_.present; }
    /// @param done  share of the work, in [0, 1]. @param text  one line without its end.
    void show(double done, const std::string& text);
    /// A line of less interest than those of show(). In a file it appears only where show() leaves
    /// a gap of more than 5 % of the work.
    void show_interim(double done, const std::string& text);
    /// Call it before any other output.
    void end();

private:
    bool begun() const { return since_begin_.seconds() >= delay_; }
    void show_on_terminal(const std::string& text);
    void rewrite(const std::string& text);
    void append(const std::string& text);

    AtEnd at_end_;
    double delay_;
    Terminal terminal_ = terminal_of_stderr();
    data::Stopwatch since_begin_;
    std::optional<data::Stopwatch> since_rewrite_;  ///< of a terminal
    double next_ = 0.0;          ///< share of the work at which a file gets its next line
    double next_interim_ = 0.0;  ///< the same for lines of show_interim()
    bool written_ = false;       ///< there is a line on the terminal
    std::string held_back_;
};

/// A time in one unit, for people: "41 s", "12 min", "3.5 h", "4 days".
/// @param seconds  finite, not negative.
std::string duration_text(double seconds);

}  // namespace hogwild
