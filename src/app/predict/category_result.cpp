#include "app/predict/category_result.hpp"

#include <fmt/core.h>

#include <vector>

#include "app/common/category_report.hpp"
#include "app/common/class_confusion_report.hpp"
#include "app/common/text_table.hpp"
#include "data/error.hpp"
#include "io/text_file.hpp"

namespace hogwild::app {
namespace {

std::vector<std::string> names_of(const io::Model& model) {
    std::vector<std::string> names;
    for (const io::ModelOutput& output : model.outputs) names.push_back(output.category);
    return names;
}

std::string average_text(const char* name, const model::MatrixMetrics::Average& a) {
    return fmt::format("{} average: precision {}, recall {}, F1 {}\n", name,
                       fixed_text(a.precision, 4), fixed_text(a.recall, 4), fixed_text(a.f1, 4));
}

std::string class_text(std::int64_t documents, const io::Model& model,
                       const model::MatrixMetrics& m) {
    std::string text = fmt::format(
        "accuracy {}: the share of the documents whose class is right, that of the highest score\n",
        fixed_text(m.summary().accuracy, 4));
    if (m.documents < documents) text = fmt::format("{} with a class: ", m.documents) + text;
    return text + average_text("macro", m.macro) +
           fmt::format("coverage {}, ranking loss {}\n", fixed_text(m.ranking.coverage, 2),
                       fixed_text(m.ranking.ranking_loss, 4)) +
           confusion_report(m.confusion, names_of(model));
}

}  // namespace

std::string category_result_text(std::int64_t documents, const io::Model& model,
                                 const std::optional<model::MatrixMetrics>& metrics) {
    const bool classes = model.decision == data::Decision::highest;
    std::string text = fmt::format("{} documents scored for {} {}\n", documents,
                                   model.outputs.size(), classes ? "classes" : "categories");
    if (!metrics || metrics->documents == 0) return text;
    if (classes) return text + class_text(documents, model, *metrics);
    return text + averages_text(*metrics);
}

void check_category_options(const PredictOptions& options, const io::Model& model) {
    if (options.probability) {
        throw Error(ExitCode::usage, options.model +
                                         " is of several categories, and has no "
                                         "probabilities: leave out --probability");
    }
    const bool classes = model.decision == data::Decision::highest;
    if (classes && options.threshold) {
        throw Error(ExitCode::usage, options.model +
                                         " predicts the class with the highest score: leave out "
                                         "--threshold, or choose a class with --category");
    }
    if (!classes && !options.confusion_table.empty()) {
        throw Error(ExitCode::usage, options.model +
                                         " decides on each category for itself: --confusion-table "
                                         "is for models of train --multiclass");
    }
}

void check_no_confusion(const PredictOptions& options, const std::string& data) {
    if (options.confusion_table.empty()) return;
    throw Error(ExitCode::bad_data, data + ": has no classes that " + options.model +
                                        " knows, and --confusion-table needs them to compare with");
}

void write_confusion(const PredictOptions& options, const io::Model& model,
                     const model::MatrixMetrics& metrics) {
    if (options.confusion_table.empty()) return;
    io::LockedTextFile table(options.confusion_table);
    table.file.text() += confusion_csv(metrics.confusion, names_of(model));
    table.file.commit();
}

}  // namespace hogwild::app
