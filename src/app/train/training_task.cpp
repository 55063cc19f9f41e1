#include "app/train/training_task.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <utility>

#include "app/common/evaluate.hpp"
#include "app/common/run_collectively.hpp"
#include "app/common/staging.hpp"
#include "mpi/collectives.hpp"
#include "train/regularization/shared_weight_decay.hpp"
#include "train/sampling/block_shuffle.hpp"
#include "train/sampling/repeated_batches.hpp"

namespace hogwild::app {
namespace {

/// Combines the weights of each input with its factor. @param weights  one or more for each factor.
template <class Operation>
void multiply_by_input(std::vector<double>& weights, const std::vector<double>& factors,
                       const Operation& operation) {
    const std::size_t outputs = weights.size() / factors.size();
    for (std::size_t k = 0; k < weights.size(); ++k) {
        weights[k] = operation(weights[k], factors[k / outputs]);
    }
}

}  // namespace

void TrainingTask::open() {
    std::vector<std::string> names = options_.data_names();
    texts.convert(names, options_.initial_model);
    if (!options_.stage.empty() && names != options_.data_names()) {
        throw CollectiveError(ExitCode::usage,
                              "--stage is for datasets: a text is converted to the folder for "
                              "temporary files (TMPDIR) anyway");
    }
    std::vector<std::string> shown = options_.data_names();  // not files that are made of texts
    for (std::size_t k = 0; k < names.size(); ++k) {
        if (names[k] == shown[k]) shown[k].clear();
    }
    std::vector<LabelledDataset> opened =
        open_labelled(names, options_.category, options_.decision(), comms_, shown);
    source.emplace(std::move(opened.front()));
    tests.assign(std::move_iterator(opened.begin() + 1), std::move_iterator(opened.end()));
    if (has_several_outputs()) {
        read_category_settings();
        check_several_outputs();
    } else {
        check_one_output();
    }
    read_features();
}

void TrainingTask::load(const std::function<void()>& between_blocks) {
    workers = deals_outputs()      ? comms_.size()
              : strategy().is_dual ? dual_workers()
                                   : strategy().workers(options_.downpour_plan(), comms_.size());
    number_features();
    choose_row_storage();
    division_ = divide_training(*source, options_, workers, documents_to_try(),
                                deals_outputs() ? RowOrder::of_file : RowOrder::dealt, comms_);
    if (!options_.stage.empty()) {
        std::vector<RowsToRead> wanted;
        // of what is streamed, blocks are kept there instead, see BlockReader::keep_in()
        if (stream_window_ == 0) wanted.push_back({&source->dataset, division_.own});
        for (LabelledDataset& test : tests) {
            wanted.push_back({&test.dataset, {evaluated_rows(test.dataset, comms_)}});
        }
        staged = stage(options_.stage, wanted, comms_, between_blocks);
    }
    read_training(between_blocks);
    if (has_several_outputs()) load_labels(division_);
    run_collectively(world(), [&] { set_objective(); });
    set_weights();
    Sample sample =
        documents_to_try() > 0 ? gather(std::exchange(data.sample, {}), comms_) : Sample();
    scale_features(sample);
    if (has_several_outputs()) {
        set_output_weights();
        if (deals_outputs()) {
            evaluated_training = gather_training(data, outputs.labels, comms_);
        }
        choose_output_lambdas();
    } else {
        choose_lambda(sample);
    }
    keep_blocks();
    set_sampler();
    choose_learning_rate(std::move(sample));
    if (has_several_outputs()) complete_outputs();
    check_restored_outputs();
}

std::vector<double> TrainingTask::by_column(std::vector<double> weights) const {
    if (scales_features()) multiply_by_input(weights, feature_factors_, std::multiplies{});
    return order.undo(std::move(weights), model.objective.shape.outputs);
}

std::vector<double> TrainingTask::by_number(std::vector<double> weights) const {
    weights = order.apply(std::move(weights), model.objective.shape.outputs);
    if (scales_features()) multiply_by_input(weights, feature_factors_, std::divides{});
    return weights;
}

model::LinearModel<data::Numbering::listed> TrainingTask::take_model() {
    std::vector<double> weights = std::exchange(model.weights, {});
    model::Objective objective = model.objective;
    if (scales_features()) {
        multiply_by_input(weights, feature_factors_, std::multiplies{});
        objective.norm_factors = feature_factors_;
    }
    return model::in_listed_numbering({std::move(objective), std::move(weights), model.threshold},
                                      order);
}

void TrainingTask::set_objective() {
    model::Objective& objective = model.objective;
    objective.loss = options_.loss;
    objective.regularizer = options_.regularizer;
    objective.bias = options_.bias == hogwild::data::Switch::on;
    objective.shape = {columns().size(), labels ? labels->categories.size() : 1};
    set_inverse_degrees(std::exchange(features_.count, {}));
    model.weights.reserve(objective.shape.size() + 1);  // for the features without a weight
    model.weights.resize(objective.shape.size());
}

/// 1 / d_u of the whole training file, held-out documents included; the bias is in all of them.
/// @param counts  of the list of columns; their memory is free at the end.
void TrainingTask::set_inverse_degrees(std::vector<std::int64_t> counts) {
    model::Objective& objective = model.objective;
    if (objective.regularizer != model::Regularizer::hogwild) return;
    objective.inverse_degree.assign(objective.shape.inputs(), 0.0);
    std::ranges::transform(order.apply(std::move(counts)), objective.inverse_degree.begin(),
                           [](auto d) { return d > 0 ? 1.0 / static_cast<double>(d) : 0.0; });
    objective.inverse_degree[objective.shape.features] =
        1.0 / static_cast<double>(source->dataset.rows());
}

/// Weights that are all equal are forgotten, so that they make no difference to the last bit; not
/// those of documents that are read again and again.
void TrainingTask::set_weights() {
    const WeightTotals held_out = add_up(data.held_out_weights, world());
    if (held_out.equal) data.validation.forget_weights();
    WeightTotals totals = add_up(data.own_weights, world());
    if (totals.equal && !stream) {
        data.training.forget_weights();
        data.sample.rows.forget_weights();
        data.own_weights = data.training.weights();
        totals = add_up(data.own_weights, world());
    }
    if (has_several_outputs()) return;  // see set_output_weights()
    model::Objective& objective = model.objective;
    objective.class_weights = class_weights_of(options_.class_weight, totals);
    objective.step_weights = step_weights_of(
        objective.class_weights, totals, static_cast<double>(data.training_documents * copies_));
}

std::int64_t TrainingTask::features() const {
    std::int64_t features = std::max(source->dataset.features(), initial.features);
    for (const LabelledDataset& test : tests) {
        features = std::max(features, test.dataset.features());
    }
    return features;
}

model::TrainingRows::Layout TrainingTask::row_layout() const {
    return strategy().row_layout(hot_head_plan, options_.writes_only_active(), {columns().size()});
}

/// Of all files, so rank 0 reads them for all; the factors now, since the files may be gone when
/// the model is written.
void TrainingTask::read_features() {
    run_collectively_on_root(world(), [&] {
        features_ = source->dataset.feature_counts();
        idf = source->dataset.idf();
    });
    const auto size = static_cast<std::size_t>(
        mpi::broadcast(world(), 0, static_cast<std::int64_t>(features_.size())));
    run_collectively(world(), [&] {
        check_memory_needed(size);
        features_.column.resize(size);
        features_.count.resize(size);
    });
    mpi::broadcast(world(), 0, std::span<std::uint32_t>(features_.column));
    mpi::broadcast(world(), 0, std::span<std::int64_t>(features_.count));
}

/// Adds the features of the initial model, and chooses which ones come first.
void TrainingTask::number_features() {
    run_collectively(world(), [&] {
        initial.add_to(features_);
        check_memory_needed(features_.size());
    });
    choose_hot_head();
    run_collectively(world(), [&] {
        order = {data::FeatureSet(std::exchange(features_.column, {})), features_.count,
                 hot_head_plan.size};
    });
    hot_head_plan.size = order.first();
}

std::int64_t TrainingTask::batch_size() const {
    if (strategy().is_dual) return 1;
    if (options_.batch_fraction == 0.0) return options_.batch_size;
    const double all = options_.batch_fraction * static_cast<double>(data.training_documents);
    return std::max<std::int64_t>(1, std::llround(all / workers));
}

/// This rank's batches that hold as many documents as there are rows, copies not counted.
std::int64_t TrainingTask::batches_per_epoch() const {
    const std::int64_t rows = own_documents().size() / copies_;
    return (rows + batch_size() - 1) / batch_size();
}

std::unique_ptr<train::BatchSource> TrainingTask::make_batches() const {
    const std::int64_t rows = own_documents().size() / copies_;
    const bool shares = strategy().shares_memory && !deals_outputs();
    const std::int64_t rows_that_share = shares ? mpi::sum(comms_.group(), rows) : rows;
    return strategy().batches(
        {options_.sampling, rows, batch_size(),
         options_.epochs > 0 ? 0 : restored_iterations.value_or(options_.iterations),
         options_.epochs, static_cast<std::uint64_t>(options_.seed),
         deals_outputs() ? 0 : comms_.rank(),  // the same whichever rank trains an output
         train::block_for(rows_that_share, source->dataset.header().shuffle_seed >= 0),
         stream.get()},
        dual_plan(), per_epoch);
}

void TrainingTask::set_sampler() {
    per_epoch = mpi::max(world(), batches_per_epoch());
    batches = make_batches();
    if (copies_ > 1) {
        // an epoch is one copy's: every document is still there once an epoch
        constexpr std::int64_t kTurn = 64;
        const bool whole = options_.sampling != train::Sampler::Kind::uniform;
        const std::int64_t turn = whole ? std::max<std::int64_t>(1, batches_per_epoch()) : kTurn;
        batches = std::make_unique<train::RepeatedBatches>(
            std::move(batches), data.training.size() / copies_, copies_, turn);
    }
    last_iteration = mpi::max(world(), batches->batches());
    const bool one_by_one =
        has_several_outputs() && (deals_outputs() || !trains_outputs_together());
    evaluate_every = options_.evaluate_every.value_or(one_by_one ? 0 : per_epoch);
    if (evaluate_every == 0) evaluate_every = std::max<std::int64_t>(1, last_iteration);
}

std::int64_t TrainingTask::documents_before(std::int64_t iteration) const {
    const std::int64_t own = batches->documents_before(iteration);
    return deals_outputs() ? own : mpi::sum(world(), own);
}

train::Averager TrainingTask::make_averager() const {
    constexpr std::int64_t kLooks = 8;  // an epoch
    const auto n = static_cast<std::int64_t>(model.objective.shape.size());
    const data::Range block =
        comms_.rank() < workers ? data::equal_part(n, workers, comms_.rank()) : data::Range{n, n};
    return {std::max<std::int64_t>(1, per_epoch / kLooks), block};
}

train::TrainingContext TrainingTask::context() const {
    train::TrainingContext all = context_of(trained_objective(), learning_rate, *batches);
    if (trains_outputs_together()) all.outputs = &trained_outputs();
    return all;
}

train::TrainingContext TrainingTask::context_of(const model::Objective& objective, double eta,
                                                train::BatchSource& batch_source) const {
    const std::int64_t own = batches->documents_before(batches->batches());
    const std::int64_t all = documents_before(batches->batches());
    return {objective,
            data.training,
            batch_source,
            options_.step_schedule(eta, objective.lambda),
            regularization(objective),
            data.training_documents,
            own > 0 ? static_cast<double>(all) / static_cast<double>(own) : 1.0,
            comms_.oversubscribed(),
            options_.meters == hogwild::data::Switch::on,
            nullptr,
            nullptr,
            downpour_plan(),
            hot_head_plan,
            options_.exchange_plan(),
            options_.node_aware,
            dual_plan(),
            static_cast<std::uint64_t>(options_.seed),
            nullptr,
            nullptr,
            stream.get()};
}

train::DualPlan TrainingTask::dual_plan() const {
    train::DualPlan plan = options_.dual_plan();
    if (deals_outputs()) return plan;
    plan.workers = comms_.replicas() == 1 ? workers : 0;
    plan.groups = comms_.replicas();
    return plan;
}

train::RegularizationPlan TrainingTask::regularization(const model::Objective& objective) const {
    if (strategy().is_dual) return {};  // the weights are a function of the dual variables
    return {objective,
            options_.aggregated(),
            options_.precision,
            own_documents(),
            data.training_documents * copies_,
            deals_outputs() ? mpi::Communicator::this_rank() : world()};
}

std::int64_t TrainingTask::iteration_of(const data::State& state) const {
    const auto iteration = static_cast<std::int64_t>(state.number("iteration"));
    if (state.number("workers") == sharing_workers() &&
        state.number("batch_size") == static_cast<double>(batch_size())) {
        return std::min(iteration, last_iteration);
    }
    const auto samples = static_cast<std::int64_t>(state.number("samples"));
    std::int64_t low = 0;
    for (std::int64_t high = last_iteration; low < high;) {
        const std::int64_t middle = (low + high) / 2;
        if (documents_before(middle) < samples) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

train::DownpourPlan TrainingTask::downpour_plan() const {
    // rank 0 warms up: passes over its own documents
    train::DownpourPlan plan = options_.downpour_plan();
    if (deals_outputs()) return plan;
    plan.warm_start_batches =
        mpi::broadcast(world(), 0, options_.warm_start_epochs * batches_per_epoch());
    return plan;
}

std::vector<std::string> TrainingTask::digests() const {
    std::vector<std::string> digests{source->dataset.digest()};
    for (const LabelledDataset& test : tests) digests.push_back(test.dataset.digest());
    return digests;
}

}  // namespace hogwild::app
