#include "app/evaluate/category_measures.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>
#include <vector>

#include "app/common/category_report.hpp"
#include "app/common/matrix_measures.hpp"
#include "app/evaluate/document_match.hpp"
#include "app/evaluate/measures_report.hpp"
#include "cli/option_parser.hpp"
#include "io/block_stream.hpp"
#include "io/dataset.hpp"
#include "io/score_matrix_reader.hpp"

namespace hogwild::app {
namespace {

constexpr double kUnknown = model::MatrixMetrics::kNone;
/// Of a category whose training is not known.
constexpr model::OutputModel kUnknownTraining{.lambda = kUnknown,
                                              .class_weights = {kUnknown, kUnknown}};

/// The documents of --data.
struct DatasetLabels {
    std::vector<std::int64_t> ids;
    data::LabelSets labels;
    std::vector<float> weights;  ///< empty: all are 1
};

DatasetLabels read_labels(const std::string& data, const std::vector<std::string>& categories) {
    io::Dataset dataset(data);
    DatasetLabels read{
        .ids = {}, .labels = dataset.label_sets(0, dataset.rows(), categories), .weights = {}};
    read.ids = dataset.document_ids(0, dataset.rows());
    if (!dataset.header().has_weights) return read;
    io::BlockStream blocks({{&dataset, {.topic = 0, .may_be_missing = true}, 0, dataset.rows()}});
    io::RowBlock block;
    while (blocks.next(block)) {
        for (std::int64_t i = 0; i < block.rows.size(); ++i) {
            read.weights.push_back(block.rows.weight(i));
        }
    }
    return read;
}

/// The measures of a tally to which losses have not been added.
model::MatrixMetrics metrics_without_losses(const std::vector<model::OutputModel>& outputs,
                                            const model::MatrixTally& tally) {
    model::MatrixModel<data::Numbering::listed> thresholds_alone;
    thresholds_alone.objective.regularizer = model::Regularizer::none;
    thresholds_alone.outputs = outputs;
    model::MatrixMetrics metrics = model::metrics_of(thresholds_alone, tally, {});
    metrics.mean_objective = metrics.mean_loss = kUnknown;
    for (model::Metrics& output : metrics.outputs) output.objective = output.loss = kUnknown;
    return metrics;
}

/// Ranks a category at a time: AUC and average precision need all of its documents.
std::vector<OutputRanking> rank_columns(const io::ScoreMatrixReader& matrix,
                                        const DatasetLabels& truth,
                                        const std::vector<std::int64_t>& found) {
    std::vector<OutputRanking> rankings;
    for (std::size_t category = 0; category < matrix.categories().size(); ++category) {
        const std::vector<float> column = matrix.scores_of(category);
        std::vector<model::LabelledScore> scores(column.size());
        for (std::size_t i = 0; i < scores.size(); ++i) {
            const auto labels = truth.labels.of(found[i]);
            const auto document = static_cast<std::size_t>(found[i]);
            scores[i] = {.score = static_cast<double>(column[i]),
                         .weight = truth.weights.empty() ? 1.0F : truth.weights[document],
                         .positive = std::ranges::find(labels, category) != labels.end()};
        }
        rankings.push_back(rank_output(std::move(scores), std::nullopt));
    }
    return rankings;
}

}  // namespace

MeasuredCategories measure_matrix(const EvaluateOptions& options) {
    const io::ScoreMatrixReader matrix(options.scores);
    const DatasetLabels truth = read_labels(options.data, matrix.categories());
    const std::vector<std::int64_t> found =
        match_by_id(matrix.ids(), truth.ids, options.scores, options.data);
    const std::size_t n = matrix.categories().size();
    std::vector<model::OutputModel> outputs(n, kUnknownTraining);
    for (std::size_t o = 0; o < n; ++o) {
        const double own = matrix.thresholds() ? (*matrix.thresholds())[o] : 0.0;
        outputs[o].threshold = options.threshold.value_or(own);
    }
    model::MatrixTally tally(n);
    matrix.for_each_block([&](std::int64_t first, std::span<const float> rows) {
        const auto documents =
            std::span(found).subspan(static_cast<std::size_t>(first), rows.size() / n);
        model::evaluate_scores(outputs, rows, truth.labels, documents, truth.weights, tally);
    });
    model::MatrixMetrics metrics = metrics_without_losses(outputs, tally);
    set_rankings(rank_columns(matrix, truth, found), metrics);
    MeasuredCategories measured;
    measured.unscored = std::ssize(truth.ids) - std::ssize(found);
    measured.results.names = matrix.categories();
    measured.results.outputs = std::move(outputs);
    measured.results.test = std::move(metrics);
    return measured;
}

MeasuredCategories measure_predictions(const EvaluateOptions& options,
                                       PredictedCategories predictions) {
    const DatasetLabels truth = read_labels(options.data, predictions.categories);
    const std::vector<std::int64_t> found =
        match_by_id(predictions.ids, truth.ids, options.scores, options.data);
    const std::size_t n = predictions.categories.size();
    std::vector<model::OutputModel> outputs(n, kUnknownTraining);
    model::MatrixTally tally(n);
    std::vector<float> scores(n);
    for (std::size_t i = 0; i < found.size(); ++i) {
        // any scores with the predictions of the document
        std::ranges::fill(scores, -1.0F);
        for (const std::uint16_t o : predictions.predicted.of(static_cast<std::int64_t>(i))) {
            scores[o] = 1.0F;
        }
        model::evaluate_scores(outputs, scores, truth.labels, std::span(found).subspan(i, 1),
                               truth.weights, tally);
    }
    model::MatrixMetrics metrics = metrics_without_losses(outputs, tally);
    metrics.ranking = {kUnknown, kUnknown, kUnknown, kUnknown};
    for (model::OutputModel& output : outputs) {
        output.threshold = options.threshold.value_or(kUnknown);
    }
    MeasuredCategories measured;
    measured.all_scores = false;
    measured.unscored = std::ssize(truth.ids) - std::ssize(found);
    measured.results.names = std::move(predictions.categories);
    measured.results.outputs = std::move(outputs);
    measured.results.test = std::move(metrics);
    return measured;
}

std::string category_measures_text(const MeasuredCategories& m, const EvaluateOptions& options) {
    std::string text = fmt::format("{} documents, {} categories", m.results.test.documents,
                                   m.results.names.size());
    if (options.threshold) {
        text += "; a score above " + number_text(*options.threshold) + " predicts a category";
    }
    text += "\n\n" + prediction_report(m.results, options.verbose);
    if (m.all_scores) return text;
    return text +
           "\nAUC, average precision, coverage, ranking loss and one-error need the scores of all\n"
           "categories, which predict --matrix writes\n";
}

nlohmann::ordered_json category_measures_json(const MeasuredCategories& m,
                                              const EvaluateOptions& options) {
    const model::MatrixMetrics& metrics = m.results.test;
    const model::Metrics summary = metrics.summary();
    nlohmann::ordered_json json = measures_row(metrics.documents);
    json["unscored"] = m.unscored;
    json["threshold"] =
        options.threshold ? nlohmann::ordered_json(*options.threshold) : nlohmann::ordered_json();
    json["categories"] = m.results.names;
    json["accuracy"] = summary.accuracy;
    json["precision"] = summary.precision;
    json["recall"] = summary.accuracy_positive;
    json["f1"] = summary.f1;
    json["auc"] = summary.auc;
    json["average_precision"] = summary.average_precision;
    put_averages(json, "", metrics);
    return json;
}

}  // namespace hogwild::app
