#include "app/evaluate/category_parser.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include "data/error.hpp"
#include "data/line_cursor.hpp"
#include "io/dataset.hpp"
#include "io/model_reader.hpp"
#include "model/ranking.hpp"

namespace hogwild::app {
namespace {

template <class T>
std::optional<T> whole_number_of(std::string_view text) {
    T value{};
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stop != end) return std::nullopt;
    return value;
}

std::optional<double> score_in(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    const std::optional<double> score = whole_number_of<double>(text);
    return score && std::isfinite(*score) ? score : std::nullopt;
}

/// Without what ends lines of other systems.
std::string_view without_return(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

bool says_nothing(std::string_view line) {
    data::LineCursor cursor(line);
    cursor.skip_blanks();
    return cursor.at_end() || cursor.peek() == '#';
}

/// The categories of a model of several. @throws Error: no_input, bad_data.
std::vector<std::string> categories_of_model(const std::string& path) {
    const io::ModelReader reader(path);
    if (reader.model().outputs.empty()) {
        throw Error(ExitCode::bad_data,
                    path + ": is a model of one category; --model is for predictions of several");
    }
    std::vector<std::string> categories;
    for (const io::ModelOutput& output : reader.model().outputs) {
        categories.push_back(output.category);
    }
    return categories;
}

}  // namespace

LineKind CategoryParser::kind_of(std::string_view line) {
    line = without_return(line);
    if (says_nothing(line)) return LineKind::either;
    const std::size_t tab = std::min(line.find('\t'), line.size());
    if (!whole_number_of<std::int64_t>(line.substr(0, tab))) return LineKind::scores;
    const std::string_view rest = line.substr(std::min(tab + 1, line.size()));
    if (rest.empty()) return LineKind::either;
    const std::string_view field = rest.substr(0, rest.find('\t'));
    return field.find(':') == field.npos ? LineKind::scores : LineKind::categories;
}

void CategoryParser::add(std::string_view line) {
    line = without_return(line);
    if (says_nothing(line)) return;
    std::size_t end = std::min(line.find('\t'), line.size());
    const auto id = whole_number_of<std::int64_t>(line.substr(0, end));
    if (!id) {
        throw data::LineError(1, "'" + std::string(line.substr(0, end)) +
                                     "' is no document id: a whole number and a tab are expected");
    }
    tabs_alone_ = tabs_alone_ && end + 1 == line.size();
    of_document_.clear();
    mentioned_.clear();
    while (end + 1 < line.size()) {
        const std::size_t begin = end + 1;
        end = std::min(line.find('\t', begin), line.size());
        add_field(line.substr(begin, end - begin), begin + 1);
    }
    ids_.push_back(*id);
    predicted_.append(of_document_);
}

void CategoryParser::add_field(std::string_view field, std::size_t column) {
    if (categories_.empty()) find_categories();
    const std::size_t colon = field.rfind(':');
    const auto score = colon == field.npos ? std::nullopt : score_in(field.substr(colon + 1));
    if (!score) {
        throw data::LineError(column, "'" + std::string(field) +
                                          "' is no category with its score: category:number is "
                                          "expected, with a tab in between and nothing else");
    }
    const std::string name(field.substr(0, colon));
    const auto found = number_.find(name);
    if (found == number_.end()) {
        throw data::LineError(column,
                              "no category '" + name + "' in " +
                                  (options_.model.empty() ? options_.data : options_.model));
    }
    if (std::ranges::find(mentioned_, found->second) != mentioned_.end()) {
        throw data::LineError(column, "category '" + name + "' a second time in this line");
    }
    mentioned_.push_back(found->second);
    if (options_.threshold && !model::predicts_positive(*score, *options_.threshold)) return;
    of_document_.push_back(found->second);
}

void CategoryParser::find_categories() {
    options_.check_several();
    if (!options_.category.empty()) {
        throw Error(ExitCode::usage,
                    "--category " + options_.category + ": " + options_.scores +
                        " has only the scores of categories that are predicted; predict --matrix "
                        "writes all of them");
    }
    const io::Dataset dataset(options_.data);
    if (!dataset.header().has_topics) {
        throw Error(ExitCode::usage, options_.data + ": has labels of its own, and " +
                                         options_.scores + " has predictions of categories");
    }
    categories_ =
        options_.model.empty() ? dataset.header().topics : categories_of_model(options_.model);
    std::uint16_t number = 0;
    for (const std::string& name : categories_) number_.emplace(name, number++);
    // the documents before had no categories
    predicted_ = data::LabelSets(categories_.size());
    for (std::size_t i = 0; i < ids_.size(); ++i) predicted_.append({});
}

PredictedCategories CategoryParser::take() {
    if (categories_.empty()) find_categories();
    return {std::move(categories_), std::move(ids_), std::move(predicted_)};
}

}  // namespace hogwild::app
