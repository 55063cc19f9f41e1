#include "io/feature_names.hpp"

#include <charconv>
#include <optional>
#include <string_view>
#include <vector>

#include "data/line_cursor.hpp"
#include "io/text_reader.hpp"

namespace hogwild::io {
namespace {

template <class T>
std::optional<T> number_in(std::string_view word) {
    T value{};
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
    return value;
}

std::vector<std::string_view> words_of(std::string_view line) {
    std::vector<std::string_view> words;
    data::LineCursor cursor(line);
    for (cursor.skip_blanks(); !cursor.at_end(); cursor.skip_blanks()) {
        words.push_back(cursor.word());
    }
    return words;
}

struct Named {
    std::int64_t id;
    std::string_view name;
};

std::optional<Named> term_id_idf(std::string_view line) {
    const std::vector<std::string_view> words = words_of(line);
    if (words.size() != 3 || !number_in<double>(words[2])) return std::nullopt;
    const auto id = number_in<std::int64_t>(words[1]);
    return id ? std::optional<Named>({*id, words[0]}) : std::nullopt;
}

/// The line without blanks at its ends.
std::string_view trimmed(std::string_view line) {
    constexpr std::string_view kBlanks = " \t\r";
    const std::size_t first = line.find_first_not_of(kBlanks);
    if (first == line.npos) return {};
    return line.substr(first, line.find_last_not_of(kBlanks) + 1 - first);
}

std::optional<Named> id_name(std::string_view line) {
    line = trimmed(line);
    const std::size_t end = line.find_first_of("\t ");
    if (end == line.npos) return std::nullopt;
    const auto id = number_in<std::int64_t>(line.substr(0, end));
    if (!id) return std::nullopt;
    const std::string_view rest = trimmed(line.substr(end));
    return Named{*id, trimmed(rest.substr(0, rest.find('\t')))};  // what follows is another column
}

enum class Form { term_id_idf, id_name, name };

Form form_of(std::string_view line) {
    if (term_id_idf(line)) return Form::term_id_idf;
    return id_name(line) ? Form::id_name : Form::name;
}

}  // namespace

FeatureNames read_feature_names(const std::string& path, std::int64_t first_id) {
    TextReader reader(path);
    FeatureNames names;
    std::optional<Form> form;
    for_each_line(reader, [&](std::string_view line) {
        const data::LineCursor cursor(line);
        const std::string_view text = trimmed(line);
        if (text.empty() && (!form || *form != Form::name)) return;
        if (!form) form = form_of(text);
        // a name a line: an empty line is a feature without a name
        std::optional<Named> named = Named{first_id + reader.line_number() - 1, text};
        if (*form == Form::term_id_idf) named = term_id_idf(text);
        if (*form == Form::id_name) named = id_name(text);
        if (!named) {
            cursor.fail(*form == Form::id_name ? "expected an id and a name, as in the first line"
                                               : "expected term, id and idf, as in the first line");
        }
        if (!names.emplace(named->id, named->name).second) {
            cursor.fail("feature " + std::to_string(named->id) + " has a name already");
        }
    });
    return names;
}

}  // namespace hogwild::io
