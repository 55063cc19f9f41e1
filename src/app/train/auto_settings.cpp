/// What TrainingTask chooses where a setting is `auto`, by trial on a sample of the documents.
#include <algorithm>
#include <utility>

#include "app/common/run_collectively.hpp"
#include "app/train/training_task.hpp"
#include "model/feature_scaling.hpp"
#include "mpi/collectives.hpp"
#include "train/calibration.hpp"
#include "train/lambda_trial.hpp"

namespace hogwild::app {

/// Ranks that work at the same few documents wait for each other more than they save.
int TrainingTask::dual_workers() const {
    if (comms_.replicas() > 1) return comms_.size();
    constexpr std::int64_t kEntries = 750'000;
    const std::int64_t wanted = options_.workers.value_or(source->dataset.nonzeros() / kEntries);
    return static_cast<int>(std::clamp<std::int64_t>(wanted, 1, comms_.size()));
}

/// A resumed run has its lambda, but not the scores of the trial.
bool TrainingTask::tries_lambdas() const {
    if (options_.lambda) return false;
    const bool wants_scores = options_.needs_calibration() || !options_.threshold;
    return !restored_lambda || (options_.validation_fraction == 0.0 && wants_scores);
}

/// How many documents `auto` settings are tried out on.
std::int64_t TrainingTask::documents_to_try() const {
    std::int64_t most = 0;
    if (!strategy().is_dual && !options_.learning_rate && !restored_learning_rate) {
        most = train::kCalibrationDocuments;
    }
    if (options_.feature_scaling == model::FeatureScaling::automatic) {
        constexpr std::int64_t kScalingDocuments = 12'000;
        most = kScalingDocuments;
    }
    if (tries_lambdas()) {
        const io::Dataset& dataset = source->dataset;
        most = train::lambda_documents(
            static_cast<double>(dataset.nonzeros()) / static_cast<double>(dataset.rows()),
            static_cast<std::int64_t>(columns().size()));
    }
    return most;
}

bool TrainingTask::wants_scaling(const Sample& sample) const {
    if (options_.feature_scaling != model::FeatureScaling::automatic) {
        return options_.feature_scaling == model::FeatureScaling::rms;
    }
    std::int64_t differ = 0;
    run_collectively_on_root(
        world(), [&] { differ = model::sizes_differ(model::size_ratio(sample.rows)) ? 1 : 0; });
    return mpi::broadcast(world(), 0, differ) != 0;
}

void TrainingTask::scale_features(Sample& sample) {
    if (!wants_scaling(sample)) return;
    std::vector<double>& factors = feature_factors_;
    run_collectively(world(), [&] {
        factors.assign(model.objective.shape.inputs(), 0.0);
        own_documents().for_each_part([&](const model::TrainingRows& part, std::int64_t /*first*/) {
            part.for_each_block([&](const model::TrainingRows::PlainRows& rows) {
                model::add_squares(rows, factors);
            });
        });
    });
    mpi::sum_in_rank_order(world(), factors);
    const WeightTotals totals = add_up(data.own_weights, world());
    model::make_factors(factors, totals.positive + totals.negative);
    if (stream) {
        reader_->scale_by(factors);
    } else {
        data.training.scale(factors);
        data.validation.scale(factors);
    }
    sample.rows.scale(factors);
}

void TrainingTask::choose_lambda(const Sample& sample) {
    double& lambda = model.objective.lambda;
    double chosen[] = {0.0};
    if (tries_lambdas()) {
        run_collectively_on_root(world(), [&] {
            train::LambdaChoice choice = train::choose_lambda(
                model.objective, sample.rows, sample.order(), data.training_documents);
            chosen[0] = choice.lambda;
            trial_scores = std::move(choice.scores);
        });
        mpi::broadcast(world(), 0, std::span<double>(chosen));
    }
    lambda = options_.lambda ? *options_.lambda : restored_lambda.value_or(chosen[0]);
}

void TrainingTask::choose_learning_rate(Sample sample) {
    if (strategy().is_dual) {
        learning_rate = 1.0;  // of the step that maximises: there is nothing to choose
        return;
    }
    if (const auto given = options_.learning_rate) {
        learning_rate = *given;
        return;
    }
    if (restored_learning_rate) {
        learning_rate = *restored_learning_rate;
        return;
    }
    double eta[] = {0.0};
    run_collectively_on_root(world(), [&] {
        const std::vector<std::uint32_t> random_order = sample.order();
        eta[0] = train::calibrate_learning_rate(
            labels ? objective_of(labels->most_frequent()) : model.objective,
            std::move(sample.rows), random_order,
            batch_size() * (strategy().sums_batches ? workers : 1));
    });
    mpi::broadcast(world(), 0, std::span<double>(eta));
    learning_rate = eta[0];
}

}  // namespace hogwild::app
