#include "app/common/category_report.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <numeric>
#include <vector>

#include "app/common/text_table.hpp"

namespace hogwild::app {
namespace {

/// A set of documents that was evaluated.
struct Evaluated {
    const char* name;
    const model::MatrixMetrics& metrics;
};

/// Those that have documents.
std::vector<Evaluated> evaluated(const CategoryResults& r) {
    std::vector<Evaluated> all{{"train", r.train}};
    if (r.validation.documents > 0) all.push_back({"validation", r.validation});
    if (r.test.documents > 0) all.push_back({"test", r.test});
    return all;
}

/// Whose figures stand for each category: the test documents', or else the next best.
const model::MatrixMetrics& shown(const CategoryResults& r) { return evaluated(r).back().metrics; }

/// The outputs by their number of training documents, the most frequent first.
std::vector<std::size_t> by_frequency(const CategoryResults& r) {
    std::vector<std::size_t> order(r.names.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, std::greater<>(),
                             [&](std::size_t o) { return r.positives[o]; });
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

std::string order_line(const Evaluated& set) {
    const model::MatrixMetrics& m = set.metrics;
    return fmt::format(
        "{}: AUC {}, average precision {}; exactly right {},\n"
        "    coverage {}, ranking loss {}, one-error {}\n",
        set.name, fixed_text(m.macro_auc, 4), fixed_text(m.macro_average_precision, 4),
        fixed_text(m.exact_match, 4), fixed_text(m.ranking.coverage, 2),
        fixed_text(m.ranking.ranking_loss, 4), fixed_text(m.ranking.one_error, 4));
}

std::string category_table(const CategoryResults& r, std::size_t most) {
    TextTable table({{.header = "category", .width = 12, .align = TextTable::Align::left},
                     {.header = "training +1", .width = 12},
                     figure("precision", 10),
                     figure("recall", 8),
                     figure("F1", 8),
                     figure("AUC", 8),
                     figure("threshold", 10)});
    const std::vector<std::size_t> order = by_frequency(r);
    for (const std::size_t o : std::span(order).first(std::min(most, order.size()))) {
        const model::Metrics& m = shown(r).outputs[o];
        table.add({r.names[o], std::to_string(r.positives[o]), m.precision, m.accuracy_positive,
                   m.f1, m.auc, r.outputs[o].threshold});
    }
    return table.text();
}

nlohmann::ordered_json number_or_none(double value) {
    return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json();
}

}  // namespace

std::string category_report(const CategoryResults& r, bool verbose) {
    std::string text = averages_table(r);
    for (const Evaluated& set : evaluated(r)) {
        if (&set.metrics != &r.train) text += order_line(set);
    }
    constexpr std::size_t kShown = 10;
    const std::size_t n = r.names.size();
    text += "\n" + category_table(r, verbose ? n : kShown);
    if (!verbose && n > kShown) {
        text += fmt::format("and {} more categories (--verbose, or --category-table FILE.csv)\n",
                            n - kShown);
    }
    if (!r.skipped.empty()) {
        text += fmt::format("skipped, without training documents, or with all of them in it:");
        for (const std::string& name : r.skipped) text += " " + name;
        text += "\n";
    }
    return text;
}

std::string category_csv(const CategoryResults& r) {
    std::string text =
        "category,training_positives,lambda,threshold,documents,positives,predicted,precision,"
        "recall,f1,auc,average_precision,objective,accuracy\n";
    const auto cell = [](double value) {
        return std::isfinite(value) ? fmt::format(",{}", value) : std::string(",");
    };
    for (const std::size_t o : by_frequency(r)) {
        const model::Metrics& m = shown(r).outputs[o];
        std::string name = r.names[o];
        if (name.find_first_of(",\"") != name.npos) {
            for (std::size_t at = 0; (at = name.find('"', at)) != name.npos; at += 2) {
                name.insert(at, 1, '"');
            }
            name = '"' + name + '"';
        }
        text += fmt::format("{},{}", name, r.positives[o]) + cell(r.outputs[o].lambda) +
                cell(r.outputs[o].threshold) +
                fmt::format(",{},{},{}", m.documents, m.positives, m.predicted_positives);
        for (const double value : {m.precision, m.accuracy_positive, m.f1, m.auc,
                                   m.average_precision, m.objective, m.accuracy}) {
            text += cell(value);
        }
        text += "\n";
    }
    return text;
}

void put_category_results(nlohmann::ordered_json& json, const CategoryResults& results) {
    for (const auto& [set, m] : evaluated(results)) {
        const std::string prefix = std::string(set) + "_";
        const auto put = [&](const char* name, double value) {
            json[prefix + name] = number_or_none(value);
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
}

}  // namespace hogwild::app
