#include "data/svmlight.hpp"

#include <limits>

namespace hogwild::data {

bool parse_svmlight_line(std::string_view line, Document& out, int& label) {
    LineCursor cursor(line);
    cursor.skip_blanks();
    if (cursor.at_end() || cursor.peek() == '#') return false;
    const char* start = cursor.position();
    const float number = cursor.number("label");
    if (!cursor.at_blank_or_end()) cursor.fail("expected a blank after the label");
    if (number != 1.0F && number != 0.0F && number != -1.0F) {
        cursor.fail_at(start, "label must be -1, 0 or +1");
    }
    label = number > 0.0F ? 1 : -1;
    cursor.skip_blanks();
    if (!cursor.at_end() && cursor.peek() == 'q') {  // ranking files: the query is not used
        for (const char expected : std::string_view("qid:")) {
            if (cursor.at_end() || cursor.peek() != expected) cursor.fail("expected qid:<number>");
            cursor.advance();
        }
        cursor.integer("query id", 0, std::numeric_limits<std::int64_t>::max());
        if (!cursor.at_blank_or_end()) cursor.fail("expected a blank after the query id");
    }
    parse_terms(cursor, true, out);
    return true;
}

}  // namespace hogwild::data
