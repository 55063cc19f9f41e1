#include "app/sweep/sweep_table.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "app/common/category_report.hpp"
#include "app/common/text_table.hpp"
#include "cli/option_parser.hpp"
#include "data/csv.hpp"
#include "data/printable.hpp"

namespace hogwild::app {
namespace {

using Cells = std::vector<std::string>;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

Spread spread_of(const std::vector<double>& values) {
    if (values.empty()) return {kNone, kNone};
    const auto n = static_cast<double>(values.size());
    double sum = 0.0;
    for (const double value : values) sum += value;
    const double mean = sum / n;
    if (values.size() == 1) return {mean, kNone};
    double squares = 0.0;
    for (const double value : values) squares += (value - mean) * (value - mean);
    return {mean, std::sqrt(squares / (n - 1.0))};
}

/// Whether the table has a column for it anyway.
bool always_shown(model::Measure measure) {
    return measure == model::Measure::objective || measure == model::Measure::accuracy;
}

/// @param begin, end  the trainings of one point.
PointSummary summarise(std::vector<Training>::const_iterator begin,
                       std::vector<Training>::const_iterator end, model::Measure select) {
    const std::string name = validation_key(select);
    std::vector<double> objectives;
    std::vector<double> accuracies;
    std::vector<double> selected;
    std::vector<double> seconds;
    for (auto training = begin; training != end; ++training) {
        if (!training->outcome.valid()) continue;
        objectives.push_back(training->outcome.number("validation_objective"));
        accuracies.push_back(training->outcome.number("validation_accuracy"));
        selected.push_back(training->outcome.number(name));
        seconds.push_back(training->outcome.number("train_seconds"));
    }
    PointSummary summary;
    summary.point = begin->point;
    summary.objective = spread_of(objectives);
    summary.accuracy = spread_of(accuracies);
    summary.selected = spread_of(selected);
    summary.train_seconds = spread_of(seconds).mean;
    summary.valid = std::ssize(objectives);
    summary.total = end - begin;
    return summary;
}

std::string with_deviation(const Spread& spread, int digits) {
    std::string text = metric_text(spread.mean, digits);
    if (std::isfinite(spread.deviation)) text += " ± " + metric_text(spread.deviation, digits);
    return text;
}

std::vector<TextTable::Cell> table_row(const SweepOptions& options, const PointSummary& summary,
                                       bool best) {
    std::vector<TextTable::Cell> row{best ? "*" : ""};
    for (const std::string& value : options.grid.values(summary.point)) {
        row.emplace_back(data::printable(value));
    }
    row.emplace_back(with_deviation(summary.objective, 5));
    row.emplace_back(with_deviation(summary.accuracy, 4));
    if (!always_shown(options.select)) {
        row.emplace_back(with_deviation(summary.selected, 4));
    }
    row.emplace_back(metric_text(summary.train_seconds, 3));
    row.emplace_back(fmt::format("{}/{}", summary.valid, summary.total));
    return row;
}

/// The last lines: the scope of the choice, and the chosen point as a command.
std::string conclusion(const SweepOptions& options, const std::vector<PointSummary>& ranked) {
    const Grid& grid = options.grid;
    std::string text;
    if (!options.share.whole()) {
        text += "share " + std::to_string(options.share.index + 1) + " of " +
                std::to_string(options.share.count) + ": " + std::to_string(ranked.size()) +
                " of " + std::to_string(grid.points()) +
                " points; join the states of all shares with --merge\n";
    }
    if (!ranked.front().eligible) return text;
    text += "* best mean validation " + data::name_of(options.select) +
            (options.share.whole() ? "" : " of this share") + "; to train it again:\n";
    return text +
           train_command(grid.train_options(ranked.front().point), options.ranks_per_point,
                         grid.dimensions()) +
           "\n";
}

std::string csv_line(const Cells& cells) {
    std::string line;
    for (const std::string& cell : cells) line += (line.empty() ? "" : ",") + data::csv_field(cell);
    return line + "\n";
}

/// Results by the names of the run log.
Cells result_columns(const SweepOptions& options) {
    Cells columns{
        "validation_objective", "validation_accuracy", "train_seconds", "epoch", "samples",
        "stop_reason"};
    if (!always_shown(options.select)) columns.push_back(validation_key(options.select));
    if (!options.grid.train_options(0).test.empty()) {
        columns.insert(columns.end(), {"test_objective", "test_accuracy", "test_accuracy_positive",
                                       "test_accuracy_negative"});
    }
    return columns;
}

std::string result_text(const nlohmann::json& results, const std::string& name) {
    const auto found = results.find(name);
    if (found == results.end() || found->is_null()) return "";
    if (found->is_string()) return found->get<std::string>();
    return found->is_number_float() ? number_text(found->get<double>()) : found->dump();
}

}  // namespace

TrainOptions options_of(const SweepOptions& sweep, const Training& training) {
    return sweep.grid.train_options(training.point, training.seed);
}

std::string name_of(const SweepOptions& sweep, const Training& training) {
    const std::string point = sweep.grid.describe(training.point);
    return point + (point.empty() ? "" : " ") + "--seed " + std::to_string(training.seed);
}

std::vector<PointSummary> rank_points(const std::vector<Training>& trainings,
                                      model::Measure select) {
    const auto loss = [select](const PointSummary& s) {
        return model::cost_of(s.selected.mean, select);
    };
    std::vector<PointSummary> points;
    for (auto begin = trainings.begin(); begin != trainings.end();) {
        const auto end = std::find_if(begin, trainings.end(), [&](const Training& training) {
            return training.point != begin->point;
        });
        PointSummary summary = summarise(begin, end, select);
        summary.eligible = summary.valid == summary.total && std::isfinite(loss(summary));
        points.push_back(summary);
        begin = end;
    }
    std::ranges::stable_sort(points, [&](const PointSummary& a, const PointSummary& b) {
        if (a.eligible != b.eligible) return a.eligible;
        return a.eligible && loss(a) < loss(b);
    });
    return points;
}

std::string sweep_table(const SweepOptions& options, const std::vector<PointSummary>& ranked) {
    std::vector<std::string> headers{""};
    for (std::string& name : options.grid.dimensions()) headers.push_back(std::move(name));
    headers.insert(headers.end(), {"objective", "accuracy"});
    if (!always_shown(options.select)) headers.push_back(data::name_of(options.select));
    headers.insert(headers.end(), {"train s", "valid"});
    TextTable table = TextTable::left_aligned(headers);
    for (const PointSummary& summary : ranked) {
        const bool best = &summary == &ranked.front() && summary.eligible;
        table.add(table_row(options, summary, best));
    }
    return table.text() + "\n" + conclusion(options, ranked);
}

std::string sweep_csv(const SweepOptions& options, const std::vector<Training>& trainings) {
    const Cells columns = result_columns(options);
    Cells head{"point"};
    for (std::string& name : options.grid.dimensions()) head.push_back(std::move(name));
    head.insert(head.end(), {"repetition", "seed", "verdict"});
    head.insert(head.end(), columns.begin(), columns.end());
    std::string text = csv_line(head);
    for (const Training& training : trainings) {
        Cells row{std::to_string(training.point + 1)};
        for (std::string& value : options.grid.values(training.point)) {
            row.push_back(std::move(value));
        }
        row.insert(row.end(), {std::to_string(training.repetition + 1),
                               std::to_string(training.seed), training.outcome.verdict});
        for (const std::string& column : columns) {
            row.push_back(result_text(training.outcome.results, column));
        }
        text += csv_line(row);
    }
    return text;
}

}  // namespace hogwild::app
