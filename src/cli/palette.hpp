#pragma once
#include <string>

namespace hogwild {

/// Colours words on a terminal.
class Palette {
public:
    /// Without colours.
    Palette() = default;
    /// With colours where a stream is read on a terminal, unless NO_COLOR (https://no-color.org) is
    /// set or the terminal is a dumb one. @param stream  STDOUT_FILENO or STDERR_FILENO.
    explicit Palette(int stream);

    std::string good(const std::string& text) const { return marked(text, "32"); }
    std::string warning(const std::string& text) const { return marked(text, "33"); }
    std::string bad(const std::string& text) const { return marked(text, "31"); }

private:
    std::string marked(const std::string& text, const char* colour) const;

    bool on_ = false;
};

}  // namespace hogwild
