#include "data/svmlight.hpp"

#include <limits>
#include <string>

#include "data/foreign_format.hpp"

namespace hogwild::data {
namespace {

/// @return false where the line begins with a blank and a feature: it has no label.
bool has_label(const LineCursor& cursor, bool after_blank) {
    LineCursor ahead = cursor;
    const std::string_view word = ahead.word();
    return !after_blank || word.find(':') == word.npos || word.starts_with("qid:");
}

void skip_query(LineCursor& cursor) {  // ranking files: the query is not used
    for (const char expected : std::string_view("qid:")) {
        if (cursor.at_end() || cursor.peek() != expected) cursor.fail("expected qid:<number>");
        cursor.advance();
    }
    cursor.integer("query id", 0, std::numeric_limits<std::int64_t>::max());
    if (!cursor.at_blank_or_end()) cursor.fail("expected a blank after the query id");
}

/// @param weight  receives what stands behind a colon, which is left alone without.
std::string_view take_label(LineCursor& cursor, std::optional<float>& weight) {
    const char* const start = cursor.position();
    if (cursor.peek() == '?') {
        cursor.advance();
    } else {
        cursor.number("label");
        while (!cursor.at_end() && cursor.peek() == ',') {
            cursor.advance();
            cursor.number("label");
        }
    }
    const auto size = static_cast<std::size_t>(cursor.position() - start);
    if (!cursor.at_end() && cursor.peek() == ':') {
        cursor.advance();
        const char* const place = cursor.position();
        weight = cursor.number("weight");
        if (*weight < 0.0F) cursor.fail_at(place, "the weight is negative");
    }
    if (!cursor.at_blank_or_end()) cursor.fail("expected a blank after the label");
    return {start, size};
}

bool parse(std::string_view line, std::int64_t first_id, Document& out, std::string_view& label) {
    LineCursor cursor(line);
    const char* const start = cursor.position();
    cursor.skip_blanks();
    if (cursor.at_end() || cursor.peek() == '#') return false;
    out.weight.reset();
    label = has_label(cursor, cursor.position() != start) ? take_label(cursor, out.weight) : "";
    cursor.skip_blanks();
    if (!cursor.at_end() && cursor.peek() == 'q') skip_query(cursor);
    parse_terms(cursor, {.comments = true, .first_id = first_id}, out);
    return true;
}

/// What may be the matter with a line that could not be parsed.
std::string advice(std::string_view line, std::int64_t first_id) {
    std::string other = foreign_line(line.substr(0, line.find('#')));
    if (other.empty() && first_id > 0 && line.find(" 0:") != line.npos) {
        return "ids begin at 1, unless --zero-based says that they begin at 0";
    }
    return other;
}

}  // namespace

bool is_svmlight_label(std::string_view text) {
    LineCursor cursor(text);
    try {
        std::optional<float> weight;
        return !cursor.at_end() && take_label(cursor, weight).size() == text.size();
    } catch (const LineError&) {
        return false;
    }
}

bool parse_svmlight_line(std::string_view line, std::int64_t first_id, Document& out,
                         std::string_view& label) {
    try {
        return parse(line, first_id, out, label);
    } catch (const LineError& error) {
        const std::string more = advice(line, first_id);
        if (more.empty()) throw;
        throw LineError(error.column(), error.what() + ("; " + more));
    }
}

}  // namespace hogwild::data
