#include "app/common/class_confusion_report.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <span>

#include "app/common/text_table.hpp"
#include "data/csv.hpp"

namespace hogwild::app {
namespace {

using model::ClassConfusion;
using Cell = ClassConfusion::Cell;

/// What documents of classes that the model does not know are called.
constexpr const char* kOtherName = "(other)";

std::string name_of_label(std::uint32_t label, const std::vector<std::string>& names) {
    return label == ClassConfusion::kOther ? kOtherName : names[label];
}

/// Hands out each class with its counts by prediction; the other classes last, if there are
/// documents of these.
template <class Take>
void for_each_label(const ClassConfusion& confusion, std::size_t classes, const Take& take) {
    const std::vector<Cell> cells = confusion.cells();
    std::vector<std::int64_t> counts(classes);
    auto cell = cells.begin();
    const auto fill = [&](std::uint32_t label) {
        std::ranges::fill(counts, 0);
        for (; cell != cells.end() && cell->label == label; ++cell) {
            counts[cell->predicted] = cell->documents;
        }
        take(label, counts);
    };
    for (std::uint32_t label = 0; label < classes; ++label) fill(label);
    if (cell != cells.end()) fill(ClassConfusion::kOther);
}

std::string matrix_text(const ClassConfusion& confusion, const std::vector<std::string>& names) {
    std::vector<TextTable::Column> columns{
        {.header = "class", .width = 8, .align = TextTable::Align::left}};
    for (const std::string& name : names) columns.push_back({.header = name, .width = 5});
    TextTable table(std::move(columns));
    for_each_label(confusion, names.size(),
                   [&](std::uint32_t label, std::span<const std::int64_t> counts) {
                       std::vector<TextTable::Cell> row{name_of_label(label, names)};
                       for (const std::int64_t n : counts) row.emplace_back(std::to_string(n));
                       table.add(row);
                   });
    return table.text();
}

std::string mistakes_text(const ClassConfusion& confusion, const std::vector<std::string>& names) {
    constexpr std::size_t kShown = 10;
    const std::vector<Cell> wrong = confusion.mistakes();
    TextTable table({{.header = "class", .width = 12, .align = TextTable::Align::left},
                     {.header = "predicted", .width = 12, .align = TextTable::Align::left},
                     {.header = "documents", .width = 10}});
    for (const Cell& cell : std::span(wrong).first(std::min(kShown, wrong.size()))) {
        table.add({name_of_label(cell.label, names), names[cell.predicted],
                   std::to_string(cell.documents)});
    }
    std::string text = table.text();
    if (wrong.size() > kShown) {
        text +=
            fmt::format("and {} more pairs (--confusion-table FILE.csv)\n", wrong.size() - kShown);
    }
    return text;
}

}  // namespace

std::string confusion_report(const ClassConfusion& confusion,
                             const std::vector<std::string>& names) {
    constexpr std::size_t kMostClasses = 12;
    constexpr std::size_t kLineLength = 80;
    if (confusion.empty()) return {};
    if (names.size() <= kMostClasses) {
        const std::string text = matrix_text(confusion, names);
        if (text.find('\n') <= kLineLength) {
            return "documents by class (rows) and prediction (columns):\n" + text;
        }
    }
    if (confusion.mistakes().empty()) return "no document is of another class than predicted\n";
    return "classes that are confused most often:\n" + mistakes_text(confusion, names);
}

std::string confusion_csv(const ClassConfusion& confusion, const std::vector<std::string>& names) {
    std::string text = "class\\predicted";
    for (const std::string& name : names) text += "," + data::csv_field(name);
    text += "\n";
    for_each_label(confusion, names.size(),
                   [&](std::uint32_t label, std::span<const std::int64_t> counts) {
                       text += data::csv_field(name_of_label(label, names));
                       for (const std::int64_t n : counts) text += fmt::format(",{}", n);
                       text += "\n";
                   });
    return text;
}

}  // namespace hogwild::app
