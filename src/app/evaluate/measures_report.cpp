#include "app/evaluate/measures_report.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <utility>

#include "app/common/confusion_table.hpp"
#include "app/common/text_table.hpp"
#include "cli/option_parser.hpp"

namespace hogwild::app {
namespace {

using Json = nlohmann::ordered_json;
using model::Estimate;

/// A measure by the name that people read, and the one that programs do.
struct NamedMeasure {
    const char* name;
    const char* key;
    Estimate measure;
};

std::vector<NamedMeasure> named_measures(const MeasuredScores& m) {
    std::vector<NamedMeasure> all{
        {"accuracy", "accuracy", m.confusion.accuracy()},
        {"precision", "precision", m.confusion.precision()},
        {"recall", "recall", m.confusion.recall()},
        {"F1", "f1", m.confusion.f1()},
        {"AUC", "auc", m.auc},
        {"average precision", "average_precision", m.average_precision},
    };
    if (m.probability) {
        all.push_back({"log loss", "log_loss", m.probability->log_loss});
        all.push_back({"Brier score", "brier", m.probability->brier});
    }
    return all;
}

std::string measures_table(const MeasuredScores& m) {
    constexpr int kDigits = 4;
    TextTable table({{.header = "measure", .width = 17, .align = TextTable::Align::left},
                     {.header = "value", .width = 10, .digits = kDigits},
                     {.header = "standard error", .width = 15, .digits = kDigits}});
    for (const auto& [name, key, measure] : named_measures(m)) {
        table.add({name, measure.value, measure.standard_error});
    }
    return table.text();
}

std::string reliability_table(const MeasuredScores& m) {
    TextTable table({{.header = "probability", .width = 11, .align = TextTable::Align::left},
                     {.header = "documents", .width = 10},
                     {.header = "mean", .width = 8, .digits = 4},
                     {.header = "share of +1", .width = 12, .digits = 4}});
    for (std::size_t k = 0; k < m.reliability.size(); ++k) {
        const model::ReliabilityBin& bin = m.reliability[k];
        const auto bins = static_cast<double>(m.reliability.size());
        table.add({fmt::format("{:.1f} to {:.1f}", static_cast<double>(k) / bins,
                               static_cast<double>(k + 1) / bins),
                   std::to_string(bin.documents), bin.mean_probability, bin.positive_share});
    }
    return table.text();
}

}  // namespace

MeasuredScores measure_scores(std::vector<model::LabelledScore> scores, double threshold,
                              bool probability) {
    std::ranges::sort(scores, std::greater<>{}, &model::LabelledScore::score);
    MeasuredScores m;
    m.threshold = threshold;
    m.confusion = model::count_confusion(scores, threshold);
    m.auc = model::auc_of(scores);
    m.average_precision.value = model::sum_ranking(scores).average_precision();
    m.best = model::best_f1(scores, {}, m.confusion.positives(), std::nullopt);
    if (probability) {
        m.probability = model::measure_probabilities(scores);
        m.reliability = model::reliability(scores);
    }
    return m;
}

std::string measures_text(const MeasuredScores& m) {
    std::string text = fmt::format("{:.0f} documents with a label", m.confusion.documents());
    if (m.unlabelled > 0) text += fmt::format(", {} without one are left out", m.unlabelled);
    text += "; a score above " + number_text(m.threshold) + " predicts +1\n\n" +
            confusion_table(m.confusion) + "\n" + measures_table(m);
    if (m.best) {
        text += "\nhighest F1: " + fixed_text(m.best->f1, 4) + ", where a score above " +
                number_text(m.best->threshold) + " predicts +1\n";
    }
    if (m.probability) text += "\n" + reliability_table(m);
    return text;
}

Json measures_row(std::int64_t documents) {
    return {{"event", "measures"},
            {"schema", "hogwild.measures"},
            {"schema_version", 1},
            {"documents", documents}};
}

Json measures_json(const MeasuredScores& m) {
    // a document counts once here, whatever it weighs
    const auto count = [](double documents) { return static_cast<std::int64_t>(documents); };
    Json json = measures_row(count(m.confusion.documents()));
    json["unlabelled"] = m.unlabelled;
    json["threshold"] = m.threshold;
    json["true_positives"] = count(m.confusion.true_positives);
    json["false_positives"] = count(m.confusion.false_positives);
    json["false_negatives"] = count(m.confusion.false_negatives);
    json["true_negatives"] = count(m.confusion.true_negatives);
    for (const auto& [name, key, measure] : named_measures(m)) {
        json[key] = measure.value;
        json[std::string(key) + "_error"] = measure.standard_error;
    }
    json["best_f1"] = m.best ? Json(m.best->f1) : Json();
    json["best_f1_threshold"] = m.best ? Json(m.best->threshold) : Json();
    if (m.probability) {
        for (const model::ReliabilityBin& bin : m.reliability) {
            json["reliability"].push_back({{"documents", bin.documents},
                                           {"mean_probability", bin.mean_probability},
                                           {"positive_share", bin.positive_share}});
        }
    }
    return json;
}

}  // namespace hogwild::app
