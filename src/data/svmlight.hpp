#pragma once
#include <string_view>

#include "data/line_cursor.hpp"

namespace hogwild::data {

/// `<label> [qid:<n>] <feature id>:<value> … [# comment]`, the format of SVMlight and LIBSVM.
/// Labels are -1, 0 or +1; 0 means -1, as in files with classes 0 and 1.
/// @param out    receives the features; its id is left alone.
/// @param label  receives -1 or +1.
/// @return false for a blank or comment line.
/// @throws LineError on a malformed line.
bool parse_svmlight_line(std::string_view line, Document& out, int& label);

}  // namespace hogwild::data
