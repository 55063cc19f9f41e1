#include "app/predict/scorer.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "app/common/evaluate.hpp"
#include "app/common/memory.hpp"
#include "app/common/run_collectively.hpp"
#include "io/model_file.hpp"
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

Scorer make_scorer(const PredictOptions& options, const io::Model& model,
                   std::int64_t data_features, int ranks) {
    Scorer scorer;
    const std::size_t features =
        std::max(model.weights.size(), static_cast<std::size_t>(data_features));
    check_memory(std::to_string(features) + " features",
                 static_cast<std::int64_t>(features * sizeof(double)), ranks);
    const model::WeightShape shape{features};
    scorer.model.objective.shape = shape;
    scorer.model.objective.regularizer = model::Regularizer::none;
    scorer.model.weights.resize(shape.size());
    std::ranges::copy(model.weights, scorer.model.weights.begin());
    scorer.model.weights[shape.bias()] = model.bias;
    scorer.format = format_of(options, model);
    scorer.model.threshold = scorer.format.threshold;
    scorer.trained = {options.model, std::ssize(model.weights)};
    scorer.has_weights =
        std::ranges::any_of(model.weights, [](double weight) { return weight != 0.0; });
    return scorer;
}

Scorer make_scorer(const PredictOptions& options, int ranks, io::Dataset dataset) {
    const io::Model model = io::read_model(options.model);
    check_id_base(options.model, model.feature_id_base, dataset);
    const std::string doubt = check_normalization(options.model, model, dataset);
    Scorer scorer = make_scorer(options, model, dataset.features(), ranks);
    scorer.doubt = doubt;
    scorer.labels = find_labels(dataset, model, options.category);
    scorer.data = {dataset.name(), dataset.features()};
    scorer.known_data =
        std::ranges::find(model.dataset_digests, dataset.digest()) != model.dataset_digests.end();
    scorer.dataset.emplace(std::move(dataset));
    return scorer;
}

void set_order(LineOrder asked, Scorer& scorer, const mpi::Communicators& comms) {
    scorer.order = asked;
    if (asked != LineOrder::text) return;
    if (scorer.dataset->header().shuffle_seed < 0) {
        scorer.order = LineOrder::file;
        return;
    }
    bool known = false;
    run_collectively(comms.world(), [&] {
        const data::Range own = evaluated_rows(*scorer.dataset, comms);
        auto positions = scorer.dataset->positions(own.begin, own.end);
        known = positions.has_value();
        if (known) scorer.positions = std::move(*positions);
    });
    const bool known_to_all = mpi::max(comms.world(), std::int64_t{known ? 0 : 1}) == 0;
    if (!known_to_all) scorer.order = LineOrder::id;
}

}  // namespace hogwild::app
