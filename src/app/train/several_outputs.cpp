/// What TrainingTask does where a run tells several categories from the rest.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "app/common/run_collectively.hpp"
#include "app/train/training_task.hpp"
#include "data/permutation.hpp"
#include "io/text_file.hpp"
#include "io/text_source.hpp"
#include "model/matrix_kernels.hpp"
#include "mpi/collectives.hpp"
#include "train/exchange/bounded_lead.hpp"
#include "train/lambda_trial.hpp"
#include "train/weights/matrix_weights.hpp"

namespace hogwild::app {
namespace {

/// Between two looks at whether to save or to stop, where categories are trained one by one.
constexpr double kPauseSeconds = 0.5;

/// What the classes of a category are to weigh. @param run  what the run says.
ClassWeightSetting class_weight_of(const CategorySetting& own, const ClassWeightSetting& run,
                                   const WeightTotals& totals) {
    if (!own.positive_weight && !own.negative_weight) return run;
    const model::ClassWeights usual = run.balanced ? class_weights_of(run, totals) : run.given;
    return {false,
            {.negative = own.negative_weight.value_or(usual.negative),
             .positive = own.positive_weight.value_or(usual.positive)}};
}

}  // namespace

/// What means nothing for one category is refused. The same on all ranks.
void TrainingTask::check_one_output() const {
    const auto refuse_if = [](bool given, const std::string& option) {
        if (!given) return;
        throw CollectiveError(ExitCode::usage, option +
                                                   " is for several categories: --category "
                                                   "all, or a list");
    };
    refuse_if(!options_.category_table.empty(), "--category-table");
    refuse_if(options_.split != OutputSplit::automatic, "--split");
    refuse_if(options_.fbr > 0.0, "--fbr");
    refuse_if(options_.precision == train::Precision::bfloat16, "--precision bfloat16");
    refuse_if(!options_.category_settings.empty(), "--category-settings");
}

void TrainingTask::read_category_settings() {
    const std::string& path = options_.category_settings;
    if (path.empty()) return;
    const std::string text = read_settings_text(path, world());
    run_collectively(world(), [&] {
        category_settings_ = {text, io::text_name(path), source->dataset.header().topics};
        if (options_.multiclass != Multiclass::none &&
            category_settings_.any(&CategorySetting::threshold)) {
            throw Error(ExitCode::usage,
                        "--category-settings " + path +
                            " has thresholds, and with --multiclass the highest score decides: "
                            "leave the column empty");
        }
        if (!strategy().is_dual) return;
        if (category_settings_.any(&CategorySetting::learning_rate)) {
            throw Error(ExitCode::usage,
                        "--category-settings " + path +
                            " has learning rates, and --strategy dual has none: leave the column "
                            "empty, or choose another strategy");
        }
        const std::string* zero = category_settings_.find_not_above(&CategorySetting::lambda, 0.0);
        if (zero == nullptr) return;
        throw Error(ExitCode::usage, "--category-settings " + path +
                                         ": --strategy dual needs a "
                                         "lambda above 0 for category " +
                                         *zero);
    });
}

/// The same on all ranks: it depends on options and the datasets' headers alone, but for a check of
/// the output, which is collective.
void TrainingTask::check_several_outputs() const {
    const auto require = [this](bool holds, const std::string& why) {
        if (holds) return;
        throw CollectiveError(ExitCode::usage, "--category " + options_.category + ": " + why);
    };
    const bool dual = strategy().is_dual;
    require(copies_ == 1, "bench is for one category at a time");
    require(options_.initial_model.empty(), "--initial-model is for one category at a time");
    require(!options_.average, "--average is for one category at a time");
    require(!options_.evaluate_later, "--evaluate-later is for one category at a time");
    require(dual || !options_.certify, "--certify is for one category at a time");
    require((dual && deals_outputs()) || options_.lambda.has_value(),
            "--lambda auto is for --strategy dual without --split documents, or for one category "
            "at a time");
    require(options_.calibration != CalibrationKind::isotonic,
            "--calibration isotonic is for one category at a time");
    require(!model::needs_ranking(options_.stop_by),
            "--stop-by auc and average-precision are for one category at a time");
    require(options_.threshold || options_.validation_fraction > 0.0,
            "--threshold f1 needs held-out documents: --validation-fraction above 0");
    require(options_.split != OutputSplit::categories || dual || uses_matrix(),
            "--split categories is for --strategy dual, and for lock-free with --precision float "
            "or bfloat16 and --regularization aggregated, but not with --schedule inverse and "
            "lambdas or learning rates by category");
    require(options_.precision != train::Precision::bfloat16 || trains_outputs_together(),
            "--precision bfloat16 is for --strategy lock-free with --regularizer none, or l2 with "
            "--regularization aggregated");
    require(options_.checkpoint.empty() || trains_outputs_together() ||
                options_.evaluate_every.value_or(0) == 0,
            "where one category is trained after another, as here, --checkpoint and "
            "--evaluate-every exclude each other");
    run_collectively_on_root(world(), [this] {
        for (const std::string& table : {options_.category_table, options_.confusion_table}) {
            if (!table.empty()) io::check_text_output(table);
        }
    });
}

/// Also whether the learning rates of all outputs fall alike, which those of --schedule inverse do
/// not where lambdas differ.
bool TrainingTask::uses_matrix() const {
    if (options_.schedule == model::StepSchedule::Kind::inverse &&
        (category_settings_.any(&CategorySetting::lambda) ||
         category_settings_.any(&CategorySetting::learning_rate))) {
        return false;
    }
    return options_.suits_matrix();
}

bool TrainingTask::deals_outputs() const {
    if (!has_several_outputs() || options_.split == OutputSplit::documents) return false;
    if (options_.split == OutputSplit::categories || strategy().is_dual) return true;
    // enough that each rank has whole groups of outputs
    const std::size_t needed = static_cast<std::size_t>(comms_.size()) * model::kGroupOutputs;
    return uses_matrix() && comms_.size() > 1 &&
           (comms_.replicas() > 1 || source->categories.size() >= needed);
}

bool TrainingTask::trains_outputs_together() const {
    return has_several_outputs() && uses_matrix();
}

void TrainingTask::load_labels(const Division& division) {
    labels = load_output_labels(*source, division, options_.decision(), comms_);
    outputs.labels = std::exchange(labels->training, data::LabelSets());
    // the learning rate is tried out on one output
    for (std::int64_t k = 0; k < data.sample.rows.size(); ++k) {
        const auto positive = labels->sample.of(k);
        const bool is_in = std::ranges::find(positive, labels->most_frequent()) != positive.end();
        data.sample.rows.set_label(static_cast<std::size_t>(k), is_in);
    }
}

/// What a document of each class of each output counts.
void TrainingTask::set_output_weights() {
    const std::size_t n = outputs.labels.outputs();
    std::vector<double> totals(n + 1);  // weights of the positive documents; then of all
    for (std::int64_t i = 0; i < data.training.size(); ++i) {
        const auto weight = static_cast<double>(data.training.weight(i));
        for (const std::uint16_t output : outputs.labels.of(i)) totals[output] += weight;
        totals.back() += weight;
    }
    mpi::sum_in_rank_order(world(), totals);
    const auto documents = static_cast<double>(data.training_documents);
    outputs.settings.assign(n, {});
    output_class_weights.clear();
    for (std::size_t o = 0; o < n; ++o) {
        const WeightTotals both{totals[o], totals.back() - totals[o]};
        output_class_weights.push_back(
            class_weights_of(class_weight_of(setting_of(o), options_.class_weight, both), both));
        outputs.settings[o].step_weights =
            step_weights_of(output_class_weights.back(), both, documents);
    }
}

/// With --lambda auto each output has its own, which is tried out on the same documents; ranks
/// take outputs in turn.
std::vector<double> TrainingTask::try_output_lambdas() const {
    std::vector<double> lambda(outputs.settings.size());
    run_collectively(world(), [&] {
        const data::Permutation random(data.training.size(),
                                       static_cast<std::uint64_t>(options_.seed));
        std::vector<std::int64_t> chosen(
            static_cast<std::size_t>(std::min(documents_to_try(), data.training.size())));
        std::vector<std::uint32_t> as_chosen(chosen.size());
        std::iota(as_chosen.begin(), as_chosen.end(), 0U);
        data::Rows sample;
        for (std::size_t k = 0; k < chosen.size(); ++k) {
            chosen[k] = random(static_cast<std::int64_t>(k));
            sample.append(data.training.plain(chosen[k], chosen[k] + 1), 0, 1);
        }
        const auto ranks = static_cast<std::size_t>(comms_.size());
        for (auto o = static_cast<std::size_t>(comms_.rank()); o < lambda.size(); o += ranks) {
            if (setting_of(o).lambda) continue;
            for (std::size_t k = 0; k < chosen.size(); ++k) {
                const auto positive = outputs.labels.of(chosen[k]);
                sample.set_label(k, std::ranges::find(positive, o) != positive.end());
            }
            lambda[o] =
                train::choose_lambda(objective_of(o), sample, as_chosen, data.training_documents)
                    .lambda;
        }
    });
    mpi::sum_in_rank_order(world(), lambda);  // 0 on all ranks but one
    return lambda;
}

void TrainingTask::choose_output_lambdas() {
    std::vector<double> lambda;
    if (options_.lambda) {
        lambda.assign(outputs.settings.size(), *options_.lambda);
    } else if (!restored_outputs.empty()) {
        lambda = restored_outputs.array("output_settings");  // they come first
        lambda.resize(outputs.settings.size());
    } else {
        lambda = try_output_lambdas();
    }
    set_output_lambdas(lambda);
}

/// @param usual  by output: of those that have no lambda of their own.
void TrainingTask::set_output_lambdas(std::span<const double> usual) {
    double& largest = model.objective.lambda;
    largest = 0.0;
    for (std::size_t o = 0; o < usual.size(); ++o) {
        outputs.settings[o].lambda = setting_of(o).lambda.value_or(usual[o]);
        largest = std::max(largest, outputs.settings[o].lambda);
    }
}

/// That of the schedule becomes the largest one, so that no output's weights decay faster than the
/// common scale of a weight matrix (train::MatrixWeights).
void TrainingTask::choose_output_learning_rates() {
    if (strategy().is_dual) return;
    for (std::size_t o = 0; o < outputs.settings.size(); ++o) {
        output_learning_rates.push_back(setting_of(o).learning_rate.value_or(learning_rate));
    }
    learning_rate = std::ranges::max(output_learning_rates);
    for (std::size_t o = 0; o < outputs.settings.size(); ++o) {
        outputs.settings[o].rate_share = output_learning_rates[o] / learning_rate;
    }
}

void TrainingTask::complete_outputs() {
    choose_output_learning_rates();
    if (!lambdas.empty()) make_columns();
}

double TrainingTask::common_learning_rate() const {
    for (std::size_t o = 0; o < output_learning_rates.size(); ++o) {
        if (!setting_of(o).learning_rate) return output_learning_rates[o];
    }
    return learning_rate;
}

/// Of all outputs lambda, then what a negative and a positive document counts.
std::vector<double> TrainingTask::output_settings() const {
    std::vector<double> all;
    for (const train::OutputSetting& one : outputs.settings) all.push_back(one.lambda);
    for (const model::ClassWeights& one : output_class_weights) all.push_back(one.negative);
    for (const model::ClassWeights& one : output_class_weights) all.push_back(one.positive);
    return all;
}

void TrainingTask::save_outputs(data::State& out) const {
    if (!has_several_outputs()) return;
    out.put("outputs", static_cast<double>(outputs.settings.size()));
    out.put("outputs_together", trains_outputs_together() ? 1.0 : 0.0);
    const std::vector<double> settings = output_settings();
    out.put("output_settings", std::span<const double>(settings));
}

void TrainingTask::check_restored_outputs() const {
    if (restored_outputs.empty()) return;
    const auto require = [this](bool holds, const std::string& what) {
        if (holds) return;
        throw CollectiveError(ExitCode::usage,
                              options_.checkpoint + ": is of a run " + what +
                                  "; repeat its options, or name another --checkpoint");
    };
    const auto n = static_cast<double>(outputs.settings.size());
    require(restored_outputs.number("outputs") == n, "of other categories");
    require((restored_outputs.number("outputs_together") == 1.0) == trains_outputs_together(),
            trains_outputs_together() ? "that trained one category after another"
                                      : "that trained all categories at the same time");
    // balanced weights are sums, rounded in an order that depends on the ranks
    const auto is_near = [](double then, double now) {
        return std::abs(then - now) <= 1e-9 * std::abs(now);
    };
    require(
        std::ranges::equal(restored_outputs.array("output_settings"), output_settings(), is_near),
        "with other lambdas or class weights by category");
}

/// As if the output were the only one.
model::Objective TrainingTask::objective_of(std::size_t output) const {
    model::Objective one = model.objective;
    one.shape.outputs = 1;
    one.lambda = outputs.settings[output].lambda;
    one.class_weights = output_class_weights[output];
    one.step_weights = outputs.settings[output].step_weights;
    return one;
}

/// As if there were no other outputs.
void TrainingTask::prepare_outputs(std::span<const std::size_t> chosen, train::OutputRun& run) {
    run.batches = make_batches();
    if (trains_outputs_together()) {
        const train::Outputs& all = trained_outputs();
        std::vector<std::int32_t> number(all.settings.size(), -1);
        for (std::size_t k = 0; k < chosen.size(); ++k) {
            number[chosen[k]] = static_cast<std::int32_t>(k);
            run.outputs.settings.push_back(all.settings[chosen[k]]);
        }
        run.outputs.labels = all.labels.renumbered(number, chosen.size());
        run.objective = trained_objective();
        run.objective.shape.outputs = chosen.size();
    } else {
        run.objective = objective_of(chosen.front());
    }
    const bool has_own_rate = !trains_outputs_together() && !strategy().is_dual;
    run.context.emplace(context_of(
        run.objective, has_own_rate ? output_learning_rates[chosen.front()] : learning_rate,
        *run.batches));
    if (trains_outputs_together()) run.context->outputs = &run.outputs;
}

std::unique_ptr<train::Trainer> TrainingTask::make_trainer(const train::TrainingContext& context) {
    if (!has_several_outputs() || (trains_outputs_together() && !deals_outputs())) {
        return strategy().make(options_.precision, context, comms_);
    }
    using Deal = train::OutputDeal;
    return std::make_unique<train::OneByOne>(
        train::OneByOne::Plan{
            strategy(), options_.precision, trained_objective().shape, per_epoch, last_iteration,
            options_.gap,
            !deals_outputs()            ? Deal::together
            : trains_outputs_together() ? Deal::matrix
                                        : Deal::single,
            std::max<std::size_t>(1, lambdas.size()),
            [this](std::span<const std::size_t> chosen, train::OutputRun& run) {
                prepare_outputs(chosen, run);
            },
            context.progress_report,
            options_.checkpoint.empty() || trains_outputs_together() ? 0.0 : kPauseSeconds},
        data.training, trained_outputs().labels, comms_);
}

std::uint64_t TrainingTask::shared_bytes() const { return shared_bytes(trained_objective().shape); }

std::uint64_t TrainingTask::shared_bytes(const model::WeightShape& shape) const {
    if (deals_outputs()) return 0;
    const int ranks = comms_.group_size();
    const bool sums =
        comms_.replicas() > 1 && options_.exchange_plan().combine == train::Combine::sum;
    if (trains_outputs_together()) {
        return (options_.precision == train::Precision::bfloat16
                    ? train::MatrixWeights<model::Bfloat16>::bytes(shape, hot_head_plan.size, ranks)
                    : train::MatrixWeights<float>::bytes(shape, hot_head_plan.size, ranks)) +
               (sums ? train::BoundedLead::bytes(ranks) : 0);
    }
    const std::uint64_t of_one = strategy().shared_bytes(
        {options_.precision, {shape.features}, hot_head_plan.size, ranks, sums});
    // outputs that pause for evaluations keep their weights
    return of_one * (evaluate_every < last_iteration ? shape.outputs : 1);
}

}  // namespace hogwild::app
