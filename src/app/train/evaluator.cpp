#include "app/train/evaluator.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "app/common/evaluate.hpp"
#include "app/common/ranking.hpp"
#include "app/common/run_collectively.hpp"
#include "data/stopwatch.hpp"
#include "mpi/collectives.hpp"
#include "train/model_certificate.hpp"

namespace hogwild::app {

void Evaluator::prepare(train::TrainingContext& context) {
    task_.model.threshold = options_.threshold.value_or(0.0);
    if (options_.average) {
        averager_.emplace(task_.make_averager());
        context.averager = &*averager_;
    }
    if (!options_.evaluate_later) return;
    const bool records = averager_.has_value() || comms_.rank() == 0;
    run_collectively(world(), [&] {
        if (!records) return;
        snapshots_.emplace(task_.evaluate_every, (task_.last_iteration - 1) / task_.evaluate_every,
                           averager_ ? averager_->block_size() : weights().size());
        context.snapshots = &*snapshots_;
    });
}

void Evaluator::evaluate(train::Trainer& strategy) {
    const data::Stopwatch watch;
    strategy.weights(weights());
    if (averager_) averager_->replace_by_mean(world(), weights());
    result_.evaluation_seconds += watch.seconds();
    evaluate_present(strategy.meters().summed(world()));
}

void Evaluator::evaluate_present(const train::Meters& meters) {
    const data::Stopwatch watch;
    result_.progress.meters = meters;
    evaluate_model();
    result_.evaluation_seconds += watch.seconds();
}

void Evaluator::evaluate_recorded(train::Trainer& strategy, const train::TrainingContext& context,
                                  const std::function<void()>& record) {
    const ProgressRow at_the_end = result_.progress;
    std::vector<double> last_block;  // of a rank that was through before the others were
    if (averager_) {
        strategy.weights(weights());
        last_block.resize(averager_->block_size());
        averager_->copy_mean(last_block, [this](std::size_t u) { return weights()[u]; });
    }
    const std::int64_t count =
        mpi::broadcast(world(), 0, snapshots_ ? std::ssize(snapshots_->taken()) : std::int64_t{0});
    for (std::int64_t k = 0; k < count; ++k) {
        const data::Stopwatch watch;
        std::span<const double> own(last_block);
        if (snapshots_ && k < std::ssize(snapshots_->taken())) {
            const auto& snapshot = snapshots_->taken()[static_cast<std::size_t>(k)];
            own = snapshot.weights;
            ProgressRow& row = result_.progress;
            row.move_to(snapshot.iteration, context);
            row.train_seconds = snapshot.seconds;
        }
        train::Averager::gather_blocks(world(), own, weights());
        evaluate_model();
        result_.evaluation_seconds += watch.seconds();
        record();
    }
    result_.progress = at_the_end;
}

void Evaluator::evaluate_model() {
    check_finite(weights(), "the weights");
    ProgressRow& row = result_.progress;
    if (task_.has_several_outputs()) {
        several_.evaluate(row);
        check_metrics(row.validation, "the validation objective");
        return;
    }
    const Ranking ranking = model::needs_ranking(options_.stop_by) ? Ranking::yes : Ranking::no;
    const Measured measured = measure(options_.evaluate_train, ranking);
    row.validation = measured.validation;
    check_metrics(row.validation, "the validation objective");
    if (!options_.evaluate_train) return;
    check_metrics(measured.training, "the training objective");
    row.train_objective = measured.training.objective;
}

Evaluator::Measured Evaluator::measure(bool training, Ranking ranking) {
    model::Tally learnt;
    model::Tally held_out;
    std::vector<model::LabelledScore> scores;
    const bool something = training || task_.data.validation_documents > 0;
    run_collectively(world(), [&] {
        if (!something) return;  // a pass may read files
        task_.for_each_part(
            [&](const model::TrainingRows& rows, const TrainingTask::HeldOut& held) {
                model::evaluate(task_.model, held, held_out,
                                ranking == Ranking::yes ? &scores : nullptr);
                if (!training) return;
                rows.for_each_block([&](const model::TrainingRows::PlainRows& block) {
                    model::evaluate(task_.model, block, learnt);
                });
            });
    });
    Measured measured;
    measured.validation = model::metrics_of(task_.model, sum_tallies(held_out, world()));
    if (ranking == Ranking::yes) add_ranking(std::move(scores), world(), measured.validation);
    if (training) {
        measured.training = model::metrics_of(task_.model, sum_tallies(learnt, world()),
                                              task_.model.objective.class_weights);
    }
    return measured;
}

model::LinearModel<data::Numbering::listed> Evaluator::finish(
    const std::function<void()>& between_blocks) {
    const data::Stopwatch watch;
    calibrate();
    const bool held_out = task_.data.validation_documents > 0;
    const Measured measured = measure(true, held_out ? Ranking::yes : Ranking::no);
    result_.train = measured.training;
    check_metrics(result_.train, "the training objective");
    if (options_.certify && !task_.strategy().is_dual && result_.valid()) {
        result_.progress.certificate = train::certify_model(task_.model, task_.data.training,
                                                            task_.data.training_documents, world());
    }
    if (held_out) result_.progress.validation = measured.validation;
    auto trained = task_.take_model();
    result_.test = evaluate_datasets(trained, task_.columns(), task_.tests, comms_, between_blocks);
    check_metrics(result_.test, "the test objective");
    result_.evaluation_seconds += watch.seconds();
    return trained;
}

const model::PaddedMatrix& Evaluator::finish_outputs(const std::function<void()>& between_blocks) {
    const data::Stopwatch watch;
    several_.finish(result_, between_blocks);
    check_metrics(result_.train, "the training objective");
    check_metrics(result_.test, "the test objective");
    result_.evaluation_seconds += watch.seconds();
    return several_.trained();
}

/// Scores of documents that were not learnt from: those held out, or else those of the trial of
/// lambda, whose models are nearly as good.
std::vector<model::LabelledScore> Evaluator::held_out_scores() {
    if (task_.data.validation_documents == 0) return std::exchange(task_.trial_scores, {});
    model::Tally tally;
    std::vector<model::LabelledScore> scores;
    run_collectively(world(), [&] {
        task_.for_each_part(
            [&](const model::TrainingRows& /*learnt from*/, const TrainingTask::HeldOut& held) {
                model::evaluate(task_.model, held, tally, &scores);
            });
    });
    return scores;
}

/// What held-out scores say about those of other documents: the threshold of --threshold f1, and
/// the probability of +1 (which the logistic loss has without them).
void Evaluator::calibrate() {
    std::vector<model::LabelledScore> scores = held_out_scores();
    const bool finite = std::ranges::all_of(
        scores, [](double score) { return std::isfinite(score); }, &model::LabelledScore::score);
    if (mpi::max(world(), std::int64_t{!finite}) != 0) return;
    if (!options_.threshold) {
        const auto best = best_threshold(scores, world());
        if (best) task_.model.threshold = best->threshold;
        result_.lacks_threshold = !best;
    }
    result_.threshold = task_.model.threshold;
    if (options_.calibration == CalibrationKind::isotonic) {
        result_.isotonic = fit_isotonic(std::move(scores), world());
        return;
    }
    if (!options_.needs_calibration()) return;
    result_.platt = model::fit_platt(
        scores, [this](std::span<double> sums) { mpi::sum_in_rank_order(world(), sums); });
}

void Evaluator::check_finite(std::span<const double> values, const char* what) {
    if (std::ranges::all_of(values, [](double v) { return std::isfinite(v); })) return;
    invalidate(std::string(what) + " are not finite");
}

void Evaluator::check_finite(const train::SavedState& saved) {
    const bool finite = saved.common.finite() && saved.own.finite() && saved.blocks.finite() &&
                        saved.documents.finite();
    if (mpi::max(world(), std::int64_t{!finite}) == 0) return;
    invalidate("sums that belong to the weights are not finite");
}

void Evaluator::check_metrics(const model::Metrics& metrics, const char* what) {
    if (!metrics.finite()) invalidate(std::string(what) + " is not finite");
}

/// The first reason stays.
void Evaluator::invalidate(const std::string& reason) {
    if (!result_.valid()) return;
    result_.verdict = "INVALID: " + reason + " after " +
                      std::to_string(result_.progress.iteration) +
                      " iterations; lower --learning-rate, or use --feature-scaling rms";
    result_.stop_reason = "invalid";
}

}  // namespace hogwild::app
