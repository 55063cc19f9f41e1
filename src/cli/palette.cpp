#include "cli/palette.hpp"

#include <cstdlib>
#include <string_view>

#include "cli/terminal.hpp"

namespace hogwild {
namespace {

bool wanted() {
    const char* const refusal = std::getenv("NO_COLOR");
    const char* const terminal = std::getenv("TERM");
    return (refusal == nullptr || *refusal == '\0') &&
           (terminal == nullptr || std::string_view(terminal) != "dumb");
}

}  // namespace

Palette::Palette(int stream) : on_(wanted() && terminal_of_stream(stream).present) {}

std::string Palette::marked(const std::string& text, const char* colour) const {
    return on_ ? std::string("\033[1;") + colour + "m" + text + "\033[0m" : text;
}

}  // namespace hogwild
