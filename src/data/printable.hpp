#pragma once
#include <string>
#include <string_view>

namespace hogwild::data {

/// Text of unknown origin (a name in a file, a file's name, an option's value) as one line that is
/// safe to show on a terminal: control characters (C0, DEL, C1), line breaks among them, and bytes
/// that are not UTF-8 become `\x1b`; all else stays as it is.
std::string printable(std::string_view text);

/// The same for text of several lines: line feeds are kept.
std::string printable_lines(std::string_view text);

/// A word as a shell reads it back: quoted where it has to be, and safe to show like `printable`.
std::string shell_quoted(std::string_view word);

}  // namespace hogwild::data
