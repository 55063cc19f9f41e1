#pragma once
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/line_cursor.hpp"
#include "data/rcv1_text.hpp"

/// The line parsers once more, slow and obvious: a line is cut into words, the C library reads the
/// numbers, std::map sorts. What is not a document at all is no value, and so is what is refused;
/// callers ask `is_blank` or `is_svmlight_comment` first.
namespace hogwild::test::slow {

/// Between blanks: spaces, tabs and carriage returns, as LineCursor has it.
inline std::vector<std::string> words(std::string_view line) {
    std::vector<std::string> found;
    bool inside = false;
    for (const char c : line) {
        const bool blank = c == ' ' || c == '\t' || c == '\r';
        if (!blank && !inside) found.emplace_back();
        if (!blank) found.back() += c;
        inside = !blank;
    }
    return found;
}

/// How many digits stand at `at`.
inline std::size_t digits(const std::string& text, std::size_t at) {
    std::size_t count = 0;
    while (at + count < text.size() && text[at + count] >= '0' && text[at + count] <= '9') ++count;
    return count;
}

/// `[-]digits` in [low, high].
inline std::optional<std::int64_t> integer(const std::string& text, std::int64_t low,
                                           std::int64_t high) {
    const std::size_t sign = text.starts_with('-') ? 1 : 0;
    const std::size_t count = digits(text, sign);
    if (count == 0 || sign + count != text.size()) return {};
    errno = 0;
    const std::int64_t value = std::strtoll(text.c_str(), nullptr, 10);
    if (errno == ERANGE || value < low || value > high) return {};
    return value;
}

/// `[+-]` digits, with a point somewhere or without, `[e[+-]digits]`; within the range of a float.
inline std::optional<float> number(const std::string& text) {
    std::size_t at = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
    std::size_t count = digits(text, at);
    at += count;
    if (at < text.size() && text[at] == '.') {
        const std::size_t decimals = digits(text, at + 1);
        at += 1 + decimals;
        count += decimals;
    }
    if (count == 0) return {};
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
        ++at;
        if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
        const std::size_t power = digits(text, at);
        if (power == 0) return {};
        at += power;
    }
    if (at != text.size()) return {};
    const float value = std::strtof(text.c_str(), nullptr);
    return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

/// The words from `first` on as `<id>:<value>`, or `<id>:` and `<value>`.
inline std::optional<data::Document> terms(const std::vector<std::string>& words,
                                           std::size_t first) {
    std::map<std::int64_t, float> sorted;
    for (std::size_t k = first; k < words.size(); ++k) {
        const std::size_t colon = words[k].find(':');
        if (colon == std::string::npos) return {};
        const auto id =
            integer(words[k].substr(0, colon), 1, std::numeric_limits<std::int32_t>::max() - 1);
        const bool apart = colon + 1 == words[k].size() && k + 1 < words.size();
        const auto value = number(apart ? words[++k] : words[k].substr(colon + 1));
        if (!id || !value || !sorted.emplace(*id, *value).second) return {};
    }
    data::Document document;
    for (const auto& [id, value] : sorted) {
        document.index.push_back(static_cast<std::uint32_t>(id - 1));
        document.value.push_back(value);
    }
    return document;
}

inline bool is_blank(std::string_view line) { return words(line).empty(); }

inline std::optional<data::Document> vector_line(std::string_view line) {
    const std::vector<std::string> all = words(line);
    const auto id = integer(all.at(0), 0, data::kMaxDocumentId);
    auto document = id ? terms(all, 1) : std::nullopt;
    if (document) document->id = *id;
    return document;
}

inline bool is_svmlight_comment(std::string_view line) {
    const std::vector<std::string> all = words(line);
    return all.empty() || all[0].starts_with('#');
}

struct SvmlightLine {
    data::Document document;
    std::string label;
};

/// A number, several with commas between them, or `?`.
inline bool is_label(const std::string& word) {
    if (word == "?") return true;
    std::size_t begin = 0;
    for (std::size_t comma = 0; comma != std::string::npos; begin = comma + 1) {
        comma = word.find(',', begin);
        if (!number(word.substr(begin, comma == std::string::npos ? comma : comma - begin))) {
            return false;
        }
    }
    return true;
}

/// The words before a comment, which may begin right after a word.
inline std::vector<std::string> without_comment(std::vector<std::string> words, std::size_t first) {
    for (std::size_t k = first; k < words.size(); ++k) {
        const std::size_t mark = words[k].find('#');
        if (mark == std::string::npos) continue;
        words[k].resize(mark);
        words.resize(mark == 0 ? k : k + 1);
    }
    return words;
}

inline std::optional<SvmlightLine> svmlight_line(std::string_view line) {
    std::vector<std::string> all = words(line);
    const bool after_blank = !line.starts_with(all[0]);
    const bool has_label =
        !after_blank || all[0].find(':') == std::string::npos || all[0].starts_with("qid:");
    std::string label = has_label ? all[0] : "";
    std::optional<float> weight;
    if (const std::size_t colon = label.find(':'); colon != std::string::npos) {
        weight = number(label.substr(colon + 1));
        if (!weight || *weight < 0.0F) return {};
        label.resize(colon);
    }
    if (has_label && !is_label(label)) return {};
    std::size_t first = has_label ? 1 : 0;
    if (all.size() > first && all[first].starts_with('q')) {
        if (!all[first].starts_with("qid:")) return {};
        if (!integer(all[first].substr(4), 0, std::numeric_limits<std::int64_t>::max())) return {};
        ++first;
    }
    auto document = terms(without_comment(std::move(all), first), first);
    if (!document) return {};
    document->weight = weight;
    return SvmlightLine{*std::move(document), std::move(label)};
}

struct TopicLine {
    std::string topic;
    std::int64_t document_id = 0;
};

inline std::optional<TopicLine> topic_line(std::string_view line) {
    const std::vector<std::string> all = words(line);
    if (all.size() != 3 || all[0].size() > data::kMaxTopicName) return {};
    const auto id = integer(all[1], 0, data::kMaxDocumentId);
    if (!id || !integer(all[2], 1, 1)) return {};
    return TopicLine{all[0], *id};
}

}  // namespace hogwild::test::slow
