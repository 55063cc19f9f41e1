#include "app/train/output_evaluation.hpp"

#include <cmath>
#include <span>
#include <utility>

#include "app/common/matrix_evaluate.hpp"
#include "app/common/matrix_measures.hpp"

namespace hogwild::app {

std::vector<model::OutputModel> OutputEvaluation::outputs() const {
    std::vector<model::OutputModel> all;
    for (std::size_t o = 0; o < task_.outputs.settings.size(); ++o) {
        const double usual =
            thresholds_.empty() ? options_.threshold.value_or(0.0) : thresholds_[o];
        all.push_back({task_.outputs.settings[o].lambda, task_.output_class_weights[o],
                       task_.setting_of(o).threshold.value_or(usual)});
    }
    return all;
}

model::MatrixModel<data::Numbering::training> OutputEvaluation::model_in_training() {
    const model::Objective& objective = task_.model.objective;
    rows_ = model::padded(task_.model.weights, objective.shape);
    return {objective, rows_, outputs(), options_.decision()};
}

void OutputEvaluation::evaluate(ProgressRow& row) {
    const auto model = model_in_training();
    const mpi::Communicator world = comms_.world();
    row.validation =
        evaluate_rows(model, task_.data.validation, task_.labels->validation, world).summary();
    if (!options_.evaluate_train) return;
    row.train_objective = evaluate_rows(model, task_.data.training, task_.evaluated_training,
                                        task_.outputs.labels, world)
                              .mean_objective;
}

/// By held-out documents; where there are none the threshold is 0.
void OutputEvaluation::choose_thresholds(
    const model::MatrixModel<data::Numbering::training>& model) {
    model::MatrixTally tally(model.outputs.size());
    model::ScoreTable scores(model.outputs.size());
    model::evaluate(model, task_.data.validation, task_.labels->validation, 0, tally, &scores);
    for (const OutputRanking& ranking : rank_outputs(scores, options_.fbr, comms_.world())) {
        thresholds_.push_back(ranking.threshold ? ranking.threshold->threshold : 0.0);
    }
}

void OutputEvaluation::finish(Result& result, const std::function<void()>& between_blocks) {
    auto model = model_in_training();
    const mpi::Communicator world = comms_.world();
    if (!options_.threshold) {
        choose_thresholds(model);
        model.outputs = outputs();
    }
    CategoryResults& all = result.categories.emplace();
    all.train = evaluate_rows(model, task_.data.training, task_.evaluated_training,
                              task_.outputs.labels, world);
    if (task_.data.validation_documents > 0) {
        all.validation = evaluate_rows(model, task_.data.validation, task_.labels->validation,
                                       world, Ranking::yes);
        result.progress.validation = all.validation.summary();
    }
    const auto trained = task_.take_model();
    rows_ = model::padded(trained.weights, trained.objective.shape);
    if (!task_.tests.empty()) {
        all.test = evaluate_datasets({trained.objective, rows_, model.outputs, model.decision},
                                     task_.labels->categories, task_.columns(), task_.tests, comms_,
                                     between_blocks);
    }
    result.train = all.train.summary();
    if (!task_.tests.empty()) result.test = all.test.summary();
    all.outputs = model.outputs;
    all.learning_rates = task_.output_learning_rates;
    all.names = task_.labels->categories;
    all.skipped = task_.labels->skipped;
    all.positives = task_.labels->positives;
}

}  // namespace hogwild::app
