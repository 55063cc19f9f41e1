#pragma once
#include <string_view>

#include "data/line_cursor.hpp"

namespace hogwild::data {

/// `<label>[:<weight>] [qid:<n>] <feature id>:<value> … [# comment]`, the format of SVMlight and
/// LIBSVM.
/// @param first_id  that the smallest feature id may be: 0 or 1.
/// @param out       receives the features; its id is left alone.
/// @param label     receives what stands in front, a view of `line`: a number, several with commas
///                  between them, or `?`. Empty where a line begins with a blank and its features,
///                  as documents without any class do in files of many classes. A weight behind a
///                  colon, >= 0, goes to `out`.
/// @return false for a blank or comment line.
/// @throws LineError on a malformed line; says so when it looks like another format's.
bool parse_svmlight_line(std::string_view line, std::int64_t first_id, Document& out,
                         std::string_view& label);

/// Whether a text can stand in front of a line: a number, or several with commas between them.
bool is_svmlight_label(std::string_view text);

}  // namespace hogwild::data
