#include "app/predict/scorer.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "app/common/evaluate.hpp"
#include "app/common/memory.hpp"
#include "app/common/run_collectively.hpp"
#include "io/model_reader.hpp"
#include "model/loss.hpp"
#include "mpi/collectives.hpp"

namespace hogwild::app {
namespace {

KnownLabels find_labels(const io::Dataset& dataset, const io::Model& model,
                        const std::string& asked_for) {
    const io::DatasetHeader& h = dataset.header();
    if (!asked_for.empty()) return {dataset.labelling(asked_for), true};
    const std::string& category = model.category;
    if (!h.has_topics) {
        // A model of class 2 is not compared with labels in which class 3 is positive.
        const bool same = category.empty()
                              ? h.positive_label == model.positive_label
                              : h.positive_label.empty() || h.positive_label == category;
        return {{.topic = std::nullopt, .may_be_missing = true}, same};
    }
    const bool known = std::ranges::find(h.topics, category) != h.topics.end();
    return {known ? dataset.labelling(category) : io::Labelling{0, true}, known};
}

/// @throws Error: bad_data for a model whose scores are no probabilities and were not calibrated.
LineFormat format_of(const PredictOptions& options, const io::Model& model) {
    LineFormat format{.threshold = options.threshold.value_or(model.threshold),
                      .probability = std::nullopt};
    if (!options.probability) return format;
    format.probability = model::calibration_of(model);
    if (!format.probability) {
        throw Error(ExitCode::bad_data,
                    options.model +
                        ": has no calibration, which --probability needs: train again with "
                        "held-out documents of both labels (--validation-fraction), or with "
                        "--loss logistic");
    }
    return format;
}

}  // namespace

io::Model read_one_output(const PredictOptions& options) {
    const io::ModelReader reader(options.model);
    if (!reader.model().outputs.empty()) return reader.output(options.category);
    return reader.model();
}

Scorer make_scorer(const PredictOptions& options, io::Model model, int ranks) {
    Scorer scorer;
    check_memory(std::to_string(model.weights.size()) + " features", 16 * std::ssize(model.weights),
                 ranks);
    scorer.format = format_of(options, model);
    scorer.trained = {options.model, model.features};
    scorer.has_weights =
        std::ranges::any_of(model.weights, [](double weight) { return weight != 0.0; });
    scorer.columns = data::FeatureSet(std::move(model.columns));
    scorer.model.objective.shape = {model.weights.size() + 1};
    scorer.model.objective.regularizer = model::Regularizer::none;
    model.weights.push_back(model.bias);
    scorer.model.weights = model::with_unlisted(std::move(model.weights));
    scorer.model.threshold = scorer.format.threshold;
    return scorer;
}

Scorer make_scorer(const PredictOptions& options, int ranks, io::Dataset dataset) {
    io::Model model = read_one_output(options);
    check_id_base(options.model, model.feature_id_base, dataset);
    std::string doubt = check_values(options.model, model, dataset);
    const KnownLabels labels = find_labels(dataset, model, options.category);
    const bool known_data =
        std::ranges::find(model.dataset_digests, dataset.digest()) != model.dataset_digests.end();
    Scorer scorer = make_scorer(options, std::move(model), ranks);
    scorer.doubt = std::move(doubt);
    scorer.labels = labels;
    scorer.known_data = known_data;
    scorer.data = {dataset.name(), dataset.features()};
    scorer.dataset.emplace(std::move(dataset));
    return scorer;
}

}  // namespace hogwild::app
