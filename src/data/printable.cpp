#include "data/printable.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>

namespace hogwild::data {
namespace {

/// Length in bytes of the character at the start of `text` when it is well-formed UTF-8 and no
/// control character; else 0.
std::size_t printable_length(std::string_view text) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80) return lead >= 0x20 && lead != 0x7f ? 1 : 0;
    const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
    // the second byte's range rules out C1, overlong forms, surrogates and all above U+10FFFF
    const unsigned char low = lead == 0xc2 || lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    const unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (byte(1) < low || byte(1) > high) return 0;
    for (std::size_t at = 2; at < length; ++at) {
        if ((byte(at) & 0xc0U) != 0x80U) return 0;
    }
    return length;
}

void append_escaped(std::string& out, unsigned char byte) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    out += "\\x";
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 0xfU];
}

std::string escape(std::string_view text, bool keep_lines) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const bool kept = keep_lines && text.front() == '\n';
        const std::size_t length = kept ? 1 : printable_length(text);
        if (length == 0) {
            append_escaped(out, static_cast<unsigned char>(text.front()));
            text.remove_prefix(1);
        } else {
            out += text.substr(0, length);
            text.remove_prefix(length);
        }
    }
    return out;
}

/// As $'…', where a shell that knows it (bash, zsh, ksh) reads \x1b as one character.
std::string ansi_quoted(std::string_view word) {
    std::string escaped;
    for (const char c : word) {
        if (c == '\\' || c == '\'') escaped += '\\';
        escaped += c;
    }
    return "$'" + printable(escaped) + "'";
}

}  // namespace

std::string printable(std::string_view text) { return escape(text, false); }

std::string printable_lines(std::string_view text) { return escape(text, true); }

std::string shell_quoted(std::string_view word) {
    const bool plain = !word.empty() && std::ranges::all_of(word, [](unsigned char c) {
        return c >= 0x80 || std::isalnum(c) != 0 ||
               std::string("_./:,+-@%=").find(static_cast<char>(c)) != std::string::npos;
    });
    if (plain) return std::string(word);
    if (printable(word) != word) return ansi_quoted(word);
    std::string quoted = "'";
    for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return quoted + "'";
}

}  // namespace hogwild::data
