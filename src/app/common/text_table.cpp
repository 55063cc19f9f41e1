#include "app/common/text_table.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace hogwild::app {
namespace {

constexpr const char* kNoValue = "-";

/// Columns on a terminal: characters of UTF-8, not bytes.
std::size_t width_of(const std::string& text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace

std::string fixed_text(double value, int digits) {
    return std::isfinite(value) ? fmt::format("{:.{}f}", value, digits) : kNoValue;
}

std::string metric_text(double value, int digits) {
    constexpr double kDiverged = 1e6;
    if (!std::isfinite(value) || std::abs(value) < kDiverged) return fixed_text(value, digits);
    return fmt::format("{:.3e}", value);
}

std::string percent_text(double share, int digits) {
    return std::isfinite(share) ? fixed_text(100.0 * share, digits) + " %" : kNoValue;
}

TextTable::TextTable(std::vector<Column> columns, std::string gap)
    : columns_(std::move(columns)), gap_(std::move(gap)) {
    for (Column& column : columns_) column.width = std::max(column.width, width_of(column.header));
}

TextTable TextTable::left_aligned(const std::vector<std::string>& headers) {
    std::vector<Column> columns;
    for (const std::string& header : headers) {
        columns.push_back({.header = header, .align = Align::left});
    }
    return TextTable(std::move(columns), "  ");
}

void TextTable::add(const std::vector<Cell>& cells) {
    if (cells.size() != columns_.size()) {
        throw std::invalid_argument(
            fmt::format("TextTable: {} cells for {} columns", cells.size(), columns_.size()));
    }
    Row& row = rows_.emplace_back();
    for (std::size_t k = 0; k < cells.size(); ++k) {
        Column& column = columns_[k];
        const double* const number = std::get_if<double>(&cells[k]);
        row.push_back(number != nullptr ? column.number(*number, column.digits)
                                        : std::get<std::string>(cells[k]));
        column.width = std::max(column.width, width_of(row.back()));
    }
}

std::string TextTable::line(const Row& row) const {
    std::string text;
    for (std::size_t k = 0; k < row.size(); ++k) {
        const std::string padding(columns_[k].width - width_of(row[k]), ' ');
        if (k > 0) text += gap_;
        text += columns_[k].align == Align::left ? row[k] + padding : padding + row[k];
    }
    return text.substr(0, text.find_last_not_of(' ') + 1) + "\n";
}

std::string TextTable::text() const {
    Row headers;
    for (const Column& column : columns_) headers.push_back(column.header);
    std::string text = line(headers);
    for (const Row& row : rows_) text += line(row);
    return text;
}

}  // namespace hogwild::app
