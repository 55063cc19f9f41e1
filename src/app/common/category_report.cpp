#include "app/common/category_report.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <vector>

#include "app/common/class_confusion_report.hpp"
#include "app/common/text_table.hpp"
#include "app/train/option_names.hpp"
#include "data/csv.hpp"
#include "io/text_file.hpp"
#include "model/measure.hpp"

namespace hogwild::app {
namespace {

/// A set of documents that was evaluated.
struct Evaluated {
    const char* name;
    const model::MatrixMetrics& metrics;
};

bool tells_classes(const CategoryResults& r) { return r.train.decision == data::Decision::highest; }

/// Those that have documents; without any the test documents.
std::vector<Evaluated> evaluated(const CategoryResults& r) {
    std::vector<Evaluated> all;
    if (r.train.documents > 0) all.push_back({"train", r.train});
    if (r.validation.documents > 0) all.push_back({"validation", r.validation});
    if (r.test.documents > 0 || all.empty()) all.push_back({"test", r.test});
    return all;
}

/// Whose figures stand for each category: the test documents', or else the next best.
Evaluated shown_set(const CategoryResults& r) { return evaluated(r).back(); }
const model::MatrixMetrics& shown(const CategoryResults& r) { return shown_set(r).metrics; }

/// How many documents show how frequent a category is: training documents where they are known.
std::int64_t frequency(const CategoryResults& r, std::size_t output) {
    return r.positives.empty() ? shown(r).outputs[output].positives : r.positives[output];
}

/// The outputs by their frequency, the most frequent first.
std::vector<std::size_t> by_frequency(const CategoryResults& r) {
    std::vector<std::size_t> order(r.names.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, std::greater<>(),
                             [&](std::size_t o) { return frequency(r, o); });
    return order;
}

TextTable::Column figure(const char* header, std::size_t width, int digits = 4) {
    return {.header = header, .width = width, .digits = digits, .number = metric_text};
}

std::string averages_table(const CategoryResults& r) {
    TextTable table({{.header = "", .width = 11, .align = TextTable::Align::left},
                     {.header = "documents", .width = 10},
                     figure("objective", 10, 5),
                     figure("accuracy", 10),
                     figure("micro F1", 10),
                     figure("macro F1", 10)});
    for (const auto& [name, m] : evaluated(r)) {
        table.add({name, std::to_string(m.documents), m.mean_objective, m.mean_accuracy, m.micro.f1,
                   m.macro.f1});
    }
    return table.text();
}

std::string class_averages_table(const CategoryResults& r) {
    TextTable table({{.header = "", .width = 11, .align = TextTable::Align::left},
                     {.header = "documents", .width = 10},
                     figure("objective", 10, 5),
                     figure("accuracy", 10),
                     figure("macro precision", 16),
                     figure("macro recall", 13),
                     figure("macro F1", 9)});
    for (const auto& [name, m] : evaluated(r)) {
        const model::Metrics all = m.summary();
        table.add({name, std::to_string(m.documents), all.objective, all.accuracy,
                   m.macro.precision, m.macro.recall, m.macro.f1});
    }
    return table.text() +
           "accuracy: the share of the documents whose class is right, that of the highest score\n";
}

std::string order_line(const Evaluated& set) {
    const model::MatrixMetrics& m = set.metrics;
    return fmt::format(
        "{}: AUC {}, average precision {}; exactly right {},\n"
        "    coverage {}, ranking loss {}, one-error {}\n",
        set.name, fixed_text(m.macro_auc, 4), fixed_text(m.macro_average_precision, 4),
        fixed_text(m.exact_match, 4), fixed_text(m.ranking.coverage, 2),
        fixed_text(m.ranking.ranking_loss, 4), fixed_text(m.ranking.one_error, 4));
}

std::string class_order_line(const Evaluated& set) {
    const model::MatrixMetrics& m = set.metrics;
    return fmt::format("{}: AUC {}, average precision {}; coverage {}, ranking loss {}\n", set.name,
                       fixed_text(m.macro_auc, 4), fixed_text(m.macro_average_precision, 4),
                       fixed_text(m.ranking.coverage, 2), fixed_text(m.ranking.ranking_loss, 4));
}

std::string class_table(const CategoryResults& r, std::size_t most) {
    TextTable table({{.header = "class", .width = 12, .align = TextTable::Align::left},
                     {.header = "training", .width = 9},
                     {.header = "documents", .width = 10},
                     {.header = "predicted", .width = 10},
                     figure("precision", 10),
                     figure("recall", 8),
                     figure("F1", 8),
                     figure("AUC", 8)});
    const std::vector<std::size_t> order = by_frequency(r);
    for (const std::size_t o : std::span(order).first(std::min(most, order.size()))) {
        const model::Metrics& m = shown(r).outputs[o];
        table.add({r.names[o], std::to_string(r.positives[o]), std::to_string(m.positives),
                   std::to_string(m.predicted_positives), m.precision, m.accuracy_positive, m.f1,
                   m.auc});
    }
    return table.text();
}

std::string category_table(const CategoryResults& r, std::size_t most) {
    TextTable table({{.header = "category", .width = 12, .align = TextTable::Align::left},
                     {.header = r.positives.empty() ? "documents" : "training +1", .width = 12},
                     figure("precision", 10),
                     figure("recall", 8),
                     figure("F1", 8),
                     figure("AUC", 8),
                     figure("threshold", 10)});
    const std::vector<std::size_t> order = by_frequency(r);
    for (const std::size_t o : std::span(order).first(std::min(most, order.size()))) {
        const model::Metrics& m = shown(r).outputs[o];
        table.add({r.names[o], std::to_string(frequency(r, o)), m.precision, m.accuracy_positive,
                   m.f1, m.auc, r.outputs[o].threshold});
    }
    return table.text();
}

/// In the order in which files have them: lambda, the weights of +1 and -1, learning rate,
/// threshold.
std::array<double, 5> settings_of(const CategoryResults& r, std::size_t o) {
    const model::OutputModel& output = r.outputs[o];
    const double rate =
        r.learning_rates.empty() ? std::numeric_limits<double>::quiet_NaN() : r.learning_rates[o];
    return {output.lambda, output.class_weights.positive, output.class_weights.negative, rate,
            output.threshold};
}

/// The table of the most frequent categories, or of all, with a line above it.
std::string category_lines(const CategoryResults& r, bool verbose) {
    constexpr std::size_t kShown = 10;
    const std::size_t n = r.names.size();
    const std::size_t most = verbose ? n : std::min(n, kShown);
    const bool classes = tells_classes(r);
    std::string text = "\n" + (classes ? class_table(r, most) : category_table(r, most));
    if (most < n) {
        text += fmt::format("and {} more {} (--verbose, or --category-table FILE.csv)\n", n - most,
                            classes ? "classes" : "categories");
    }
    return text;
}

nlohmann::ordered_json number_or_none(double value) {
    return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json();
}

}  // namespace

std::string category_report(const CategoryResults& r, bool verbose) {
    const bool classes = tells_classes(r);
    std::string text = classes ? class_averages_table(r) : averages_table(r);
    for (const Evaluated& set : evaluated(r)) {
        if (&set.metrics == &r.train) continue;
        text += classes ? class_order_line(set) : order_line(set);
    }
    text += category_lines(r, verbose);
    if (classes) {
        text += fmt::format("\n{}: ", shown_set(r).name) +
                confusion_report(shown(r).confusion, r.names);
    }
    if (!r.skipped.empty()) {
        text += fmt::format("skipped, without training documents, or with all of them in it:");
        for (const std::string& name : r.skipped) text += " " + name;
        text += "\n";
    }
    return text;
}

std::span<const std::string> category_columns() {
    static const std::vector<std::string> columns{"category",
                                                  "training_positives",
                                                  "lambda",
                                                  "positive_weight",
                                                  "negative_weight",
                                                  "learning_rate",
                                                  "threshold",
                                                  "documents",
                                                  "positives",
                                                  "predicted",
                                                  "precision",
                                                  "recall",
                                                  "f1",
                                                  "auc",
                                                  "average_precision",
                                                  "objective",
                                                  "accuracy"};
    return columns;
}

std::string prediction_report(const CategoryResults& r, bool verbose) {
    const model::MatrixMetrics& m = r.test;
    return averages_text(m) +
           fmt::format("accuracy {}, AUC {}, average precision {}\n",
                       fixed_text(m.mean_accuracy, 4), fixed_text(m.macro_auc, 4),
                       fixed_text(m.macro_average_precision, 4)) +
           category_lines(r, verbose);
}

std::string averages_text(const model::MatrixMetrics& m) {
    const auto averages = [](const char* name, const model::MatrixMetrics::Average& a) {
        return fmt::format("{} average: precision {}, recall {}, F1 {}\n", name,
                           fixed_text(a.precision, 4), fixed_text(a.recall, 4),
                           fixed_text(a.f1, 4));
    };
    return averages("micro", m.micro) + averages("macro", m.macro) +
           fmt::format("exactly right {}, coverage {}, ranking loss {}, one-error {}\n",
                       fixed_text(m.exact_match, 4), fixed_text(m.ranking.coverage, 2),
                       fixed_text(m.ranking.ranking_loss, 4), fixed_text(m.ranking.one_error, 4));
}

std::string category_csv(const CategoryResults& r) {
    std::string text;
    for (const std::string& column : category_columns()) text += (text.empty() ? "" : ",") + column;
    text += "\n";
    const auto cell = [](double value) {
        return std::isfinite(value) ? fmt::format(",{}", value) : std::string(",");
    };
    for (const std::size_t o : by_frequency(r)) {
        const model::Metrics& m = shown(r).outputs[o];
        text += data::csv_field(r.names[o]) +
                (r.positives.empty() ? "," : fmt::format(",{}", r.positives[o]));
        for (const double value : settings_of(r, o)) text += cell(value);
        text += fmt::format(",{},{},{}", m.documents, m.positives, m.predicted_positives);
        for (const double value : {m.precision, m.accuracy_positive, m.f1, m.auc,
                                   m.average_precision, m.objective, m.accuracy}) {
            text += cell(value);
        }
        text += "\n";
    }
    return text;
}

namespace {

/// Lists, an element for each category: a table for programs.
nlohmann::ordered_json results_by_category(const CategoryResults& r) {
    nlohmann::ordered_json json{{"category", r.names}};
    for (std::size_t o = 0; o < r.names.size(); ++o) {
        std::size_t k = 0;
        const std::array<double, 5> settings = settings_of(r, o);
        for (const char* name :
             {"lambda", "positive_weight", "negative_weight", "learning_rate", "threshold"}) {
            json[name].push_back(number_or_none(settings[k++]));
        }
        if (r.validation.documents == 0) continue;
        for (const auto& measure : data::EnumTable<model::Measure>::kRows) {
            json[validation_key(measure.value)].push_back(
                number_or_none(model::value_of(r.validation.outputs[o], measure.value)));
        }
    }
    return json;
}

}  // namespace

std::string validation_key(model::Measure measure) {
    std::string name = "validation_" + data::name_of(measure);
    std::ranges::replace(name, '-', '_');
    return name;
}

void write_category_table(const std::string& path, const CategoryResults& results) {
    if (path.empty()) return;
    io::LockedTextFile table(path);
    table.file.text() += category_csv(results);
    table.file.commit();
}

void write_class_confusion(const std::string& path, const CategoryResults& results) {
    if (path.empty()) return;
    io::LockedTextFile table(path);
    table.file.text() += confusion_csv(shown(results).confusion, results.names);
    table.file.commit();
}

void put_averages(nlohmann::ordered_json& json, std::string_view prefix,
                  const model::MatrixMetrics& m) {
    const auto put = [&](const char* name, double value) {
        json[std::string(prefix) + name] = number_or_none(value);
    };
    put("micro_precision", m.micro.precision);
    put("micro_recall", m.micro.recall);
    put("micro_f1", m.micro.f1);
    put("macro_precision", m.macro.precision);
    put("macro_recall", m.macro.recall);
    put("macro_f1", m.macro.f1);
    put("exact_match", m.exact_match);
    put("coverage", m.ranking.coverage);
    put("ranking_loss", m.ranking.ranking_loss);
    put("one_error", m.ranking.one_error);
    put("top_accuracy", m.ranking.top_accuracy);
}

void put_category_results(nlohmann::ordered_json& json, const CategoryResults& results) {
    for (const auto& [set, m] : evaluated(results)) put_averages(json, std::string(set) + "_", m);
    json[kCategoryResults] = results_by_category(results);
}

}  // namespace hogwild::app
