#include "app/train/category_settings.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <vector>

#include "app/common/category_report.hpp"
#include "app/common/run_collectively.hpp"
#include "app/train/class_weight.hpp"
#include "data/csv.hpp"
#include "data/error.hpp"
#include "data/printable.hpp"
#include "data/suggestion.hpp"
#include "io/text_reader.hpp"
#include "mpi/collectives.hpp"

namespace hogwild::app {
namespace {

/// A column of settings.
struct SettingColumn {
    const char* name;
    std::optional<double> CategorySetting::*member;
    bool (*fits)(double value);
    const char* in_words;
};

bool is_class_weight(double value) { return value > 0.0 && value <= kMostClassWeight; }

constexpr std::array<SettingColumn, 5> kSettingColumns{{
    {"lambda", &CategorySetting::lambda, [](double value) { return value >= 0.0; },
     "a finite number, not negative"},
    {"positive_weight", &CategorySetting::positive_weight, is_class_weight,
     "a number above 0, at most 1e30"},
    {"negative_weight", &CategorySetting::negative_weight, is_class_weight,
     "a number above 0, at most 1e30"},
    {"learning_rate", &CategorySetting::learning_rate, [](double value) { return value > 0.0; },
     "a finite number above 0"},
    {"threshold", &CategorySetting::threshold, [](double) { return true; }, "a finite number"},
}};

/// Reads the rows of a file of settings one after another.
class SettingsReader {
public:
    SettingsReader(const std::string& name, std::span<const std::string> categories)
        : name_(name), categories_(categories) {}

    /// Takes the head of the columns. Those of --category-table that are no settings are ignored,
    /// so that a table can be used as it is.
    void read_head(const data::CsvRow& head) {
        const std::vector<std::string>& fields = head.fields;
        if (fields.front() != "category") fail(head, "the first column must be 'category'");
        for (auto field = fields.begin(); field != fields.end(); ++field) {
            if (std::find(fields.begin(), field, *field) != field) {
                fail(head, "column " + quoted(*field) + " is there twice");
            }
            columns_.push_back(find_column(head, *field));
        }
    }

    void read(const data::CsvRow& row, std::map<std::string, CategorySetting>& out) const {
        if (row.fields.size() != columns_.size()) {
            fail(row, "there are " + std::to_string(row.fields.size()) + " fields, and " +
                          std::to_string(columns_.size()) + " columns");
        }
        const std::string& category = row.fields.front();
        check_category(row, category);
        const auto [place, is_new] = out.try_emplace(category);
        if (!is_new) fail(row, "category " + quoted(category) + " is there twice");
        for (std::size_t k = 1; k < columns_.size(); ++k) {
            if (columns_[k] == nullptr || row.fields[k].empty()) continue;
            place->second.*columns_[k]->member = number_of(row, *columns_[k], row.fields[k]);
        }
    }

    [[noreturn]] void fail(const data::CsvRow& row, const std::string& reason) const {
        throw Error(ExitCode::bad_data,
                    data::printable(name_) + ":" + std::to_string(row.line) + ": " + reason);
    }

private:
    static std::string quoted(const std::string& text) { return "'" + data::printable(text) + "'"; }

    static std::string suggestion(const std::string& word, std::span<const std::string> known) {
        const std::string near = data::nearest_word(word, known);
        return near.empty() ? "" : "; did you mean " + quoted(near) + "?";
    }

    /// @return null for a column that is ignored.
    const SettingColumn* find_column(const data::CsvRow& head, const std::string& column) const {
        const auto found = std::ranges::find(kSettingColumns, column, &SettingColumn::name);
        if (found != kSettingColumns.end()) return &*found;
        const std::span<const std::string> ignored = category_columns();
        if (std::ranges::find(ignored, column) != ignored.end()) return nullptr;
        std::vector<std::string> known;
        for (const SettingColumn& setting : kSettingColumns) known.emplace_back(setting.name);
        fail(head, "unknown column " + quoted(column) + suggestion(column, known));
    }

    void check_category(const data::CsvRow& row, const std::string& category) const {
        if (std::ranges::find(categories_, category) != categories_.end()) return;
        fail(row, "the training set has no category " + quoted(category) +
                      suggestion(category, categories_));
    }

    double number_of(const data::CsvRow& row, const SettingColumn& column,
                     const std::string& text) const {
        double value = 0.0;
        const char* const end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data(), end, value);
        if (error == std::errc() && stop == end && std::isfinite(value) && column.fits(value)) {
            return value;
        }
        fail(row, std::string(column.name) + " " + quoted(text) + ": " + column.in_words);
    }

    const std::string& name_;
    std::span<const std::string> categories_;
    std::vector<const SettingColumn*> columns_;
};

}  // namespace

CategorySettings::CategorySettings(std::string_view text, const std::string& name,
                                   std::span<const std::string> categories) {
    const std::vector<data::CsvRow> rows = data::parse_csv(text, data::printable(name));
    SettingsReader reader(name, categories);
    if (rows.empty()) reader.fail({1, {}}, "the head is missing: category,lambda,...");
    reader.read_head(rows.front());
    for (const data::CsvRow& row : std::span(rows).subspan(1)) reader.read(row, by_category_);
}

const CategorySetting& CategorySettings::of(const std::string& category) const {
    static const CategorySetting kNone;
    const auto found = by_category_.find(category);
    return found == by_category_.end() ? kNone : found->second;
}

const std::string* CategorySettings::find_not_above(std::optional<double> CategorySetting::*member,
                                                    double least) const {
    for (const auto& [category, setting] : by_category_) {
        if (setting.*member && *(setting.*member) <= least) return &category;
    }
    return nullptr;
}

bool CategorySettings::any(std::optional<double> CategorySetting::*member) const {
    return std::ranges::any_of(
        by_category_, [member](const auto& entry) { return (entry.second.*member).has_value(); });
}

std::string read_settings_text(const std::string& path, mpi::Communicator comm) {
    std::string text;
    run_collectively_on_root(comm, [&] {
        io::TextReader reader(path);
        std::string_view line;
        while (reader.next(line)) text += std::string(line) + "\n";
    });
    return mpi::broadcast(comm, 0, text);
}

}  // namespace hogwild::app
