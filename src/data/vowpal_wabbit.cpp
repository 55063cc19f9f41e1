#include "data/vowpal_wabbit.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <vector>

#include "data/svmlight.hpp"

namespace hogwild::data {
namespace {

constexpr std::string_view kBlanks = " \t\r";

[[noreturn]] void fail_in(std::string_view line, std::string_view part, const std::string& reason) {
    throw LineError(static_cast<std::size_t>(part.data() - line.data()) + 1, reason);
}

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    for (std::size_t at = 0; (at = text.find_first_not_of(kBlanks, at)) != text.npos;) {
        const std::size_t end = std::min(text.find_first_of(kBlanks, at), text.size());
        words.push_back(text.substr(at, end - at));
        at = end;
    }
    return words;
}

float number_of(std::string_view line, std::string_view word, const char* what) {
    LineCursor cursor(word);
    try {
        const float value = cursor.number(what);
        if (!cursor.at_end()) cursor.fail("unexpected character after the " + std::string(what));
        return value;
    } catch (const LineError& error) {
        fail_in(line, word.substr(error.column() - 1), error.what());
    }
}

/// Of a name or a namespace: up to a blank, a colon, a bar or the end.
std::string_view take_name(LineCursor& cursor) {
    const char* const start = cursor.position();
    while (!cursor.at_blank_or_end() && cursor.peek() != ':' && cursor.peek() != '|') {
        cursor.advance();
    }
    return {start, static_cast<std::size_t>(cursor.position() - start)};
}

bool is_number(std::string_view name) {
    const auto is_digit = [](unsigned char c) { return std::isdigit(c) != 0; };
    return !name.empty() && std::ranges::all_of(name, is_digit);
}

bool at_end_of_word(const LineCursor& cursor) {
    return cursor.at_blank_or_end() || cursor.peek() == '|';
}

float take_value(LineCursor& cursor, const char* what) {
    if (at_end_of_word(cursor)) return 1.0F;
    cursor.advance();  // the colon
    const float value = cursor.number(what);
    if (!at_end_of_word(cursor)) {
        cursor.fail("unexpected character after the " + std::string(what));
    }
    return value;
}

}  // namespace

bool is_vowpal_wabbit_line(std::string_view line) {
    const std::size_t bar = line.find('|');
    return bar != line.npos && line.substr(0, bar).find('#') == line.npos;
}

bool VowpalWabbitParser::parse(std::string_view line, Document& out, std::string_view& label) {
    if (line.find_first_not_of(kBlanks) == line.npos) return false;
    const std::size_t bar = line.find('|');
    if (bar == line.npos) {
        fail_in(line, line, "there is no '|', as lines of Vowpal Wabbit have before the features");
    }
    out.weight.reset();
    label = parse_front(line, bar, out.weight);
    out.index.clear();
    out.value.clear();
    LineCursor cursor(line);
    while (cursor.position() != line.data() + bar) cursor.advance();
    float scale = 1.0F;
    for (; !cursor.at_end(); cursor.skip_blanks()) {
        if (cursor.peek() == '|') {
            cursor.advance();
            scale = parse_namespace(cursor);
        } else {
            parse_feature(cursor, scale, out);
        }
    }
    sort_terms(out);
    add_up_repeated(out);
    if (!std::ranges::all_of(out.value, [](float v) { return std::isfinite(v); })) {
        fail_in(line, line.substr(bar), "the values of a feature add up to no finite number");
    }
    return true;
}

/// What precedes the features. @return the label.
std::string_view VowpalWabbitParser::parse_front(std::string_view line, std::size_t bar,
                                                 std::optional<float>& importance) const {
    const std::string_view front = line.substr(0, bar);
    std::vector<std::string_view> words = words_of(front);
    if (words.empty()) return "?";
    const bool touches_bar = words.back().data() + words.back().size() == front.data() + bar;
    if (touches_bar && words.size() == 1 && is_svmlight_label(words[0])) {
        fail_in(line, words[0],
                "Vowpal Wabbit takes a word that touches '|' for a tag; is it the "
                "label? Then put a blank between them");
    }
    if (touches_bar || words.back().starts_with('\'')) words.pop_back();  // a tag
    if (words.empty()) return "?";
    if (words.size() > 3) {
        fail_in(line, words[3], "expected \"label [importance [base]] ['tag] | features\"");
    }
    if (!is_svmlight_label(words[0])) {
        fail_in(line, words[0],
                "expected label, a number; labels with costs or actions are not read");
    }
    if (words.size() > 1) {
        const float given = number_of(line, words[1], "importance");
        if (given < 0.0F) fail_in(line, words[1], "the importance is negative");
        if (given != 1.0F) importance = given;
    }
    if (words.size() > 2 && number_of(line, words[2], "base") != 0.0F) {
        fail_in(line, words[2], "a base (initial prediction) other than 0 is not supported");
    }
    return words[0];
}

/// After a bar. @return what the values are multiplied by.
float VowpalWabbitParser::parse_namespace(LineCursor& cursor) {
    const LineCursor start = cursor;
    const std::string_view name = take_name(cursor);
    const float scale = take_value(cursor, "scale of the namespace");
    if (cursor.position() != name.data() + name.size() && is_number(name)) {
        start.fail(
            "Vowpal Wabbit takes what touches '|' for a namespace; is it a feature? Then "
            "put a blank between them");
    }
    if (!namespace_) namespace_ = name;
    if (*namespace_ != name) {
        start.fail("there is a second namespace '" + std::string(name) + "' beside '" +
                   *namespace_ + "'; give all features ids in one namespace");
    }
    return scale;
}

void VowpalWabbitParser::parse_feature(LineCursor& cursor, float scale, Document& out) const {
    LineCursor number = cursor;
    const LineCursor start = cursor;
    const std::string_view name = take_name(cursor);
    if (!is_number(name)) {
        start.fail("the feature '" + std::string(name) +
                   "' is no number: names are not hashed; replace them by ids from 1 on");
    }
    if (first_id_ > 0 && name.find_first_not_of('0') == name.npos) {
        start.fail("ids begin at 1, unless --zero-based says that they begin at 0");
    }
    const std::int64_t id = number.integer("feature id", first_id_, kLargestId);
    const LineCursor before_value = cursor;
    const float value = take_value(cursor, "value") * scale;
    if (!std::isfinite(value)) before_value.fail("value times scale is too large for a float");
    out.index.push_back(static_cast<std::uint32_t>(id - first_id_));
    out.value.push_back(value);
}

}  // namespace hogwild::data
