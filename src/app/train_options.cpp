#include "hogwild/app/train_options.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <sstream>

#include "hogwild/app/checkpoint_plan.hpp"
#include "hogwild/app/help.hpp"
#include "hogwild/app/option_parser.hpp"
#include "hogwild/file_options.hpp"
#include "hogwild/train/registry.hpp"

namespace hogwild::app {
namespace {

using io::FileKind;
using io::FileUse;

/// Declares an option that is stored in `target`, whose value now is the default.
template <class T>
po::typed_value<T>* with_default(T& target, const char* name) {
    return po::value(&target)->default_value(target)->value_name(name);
}
po::typed_value<double>* with_default(double& target, const char* name) {
    return po::value(&target)->default_value(target, number_text(target))->value_name(name);
}

po::options_description data_options(TrainOptions& o) {
    po::options_description group("Data");
    group.add_options()("train",
                        file_value(o.train, FileUse::input, FileKind::dataset)->value_name("T.h5"),
                        "training dataset")(
        "test",
        file_value(o.test, FileUse::input, FileKind::dataset)->multitoken()->value_name("E.h5..."),
        "test datasets, evaluated together at the end")(
        "category", po::value(&o.category)->value_name("C"),
        "topic whose documents are the positive class")("validation-fraction",
                                                        with_default(o.validation_fraction, "F"),
                                                        "share of the training documents held out")(
        "seed", with_default(o.seed, "S"), "of the split and of all sampling")(
        "balance", with_default(o.balance, "rows|nonzeros"), "what ranks get equal shares of")(
        "stage", file_value(o.stage, FileUse::folder, FileKind::dataset)->value_name("DIR"),
        "copy the files that a node reads to this folder of it first, and read them there");
    return group;
}

po::options_description model_options(TrainOptions& o) {
    po::options_description group("Model");
    group.add_options()("loss", with_default(o.loss, "hinge|logistic"), "loss")(
        "regularizer", with_default(o.regularizer, "seed|scalar|hogwild|l2|none"),
        "regularizer (docs/objectives.md)")(
        "lambda", with_default(o.lambda, "L"), "its weight")("bias", with_default(o.bias, "on|off"),
                                                             "one more feature of value 1")(
        "precision", with_default(o.precision, "double|float"), "of the weights in memory")(
        "regularization", po::value(&o.regularization)->value_name("exact|aggregated"),
        "per document, or its effect at intervals (default: exact in double, aggregated in float)");
    return group;
}

po::options_description update_options(TrainOptions& o) {
    std::string strategies = "how ranks work together:";
    for (const std::string& name : train::strategy_names()) {
        strategies += (strategies.ends_with(':') ? " " : ", ") + name;
    }
    po::options_description group("Update");
    group.add_options()("strategy", with_default(o.strategy, "NAME"), strategies.c_str())(
        "batch-size", with_default(o.batch_size, "B"), "documents per update of a rank")(
        "batch-fraction", po::value(&o.batch_fraction)->value_name("F"),
        "instead: share of all training documents in one batch of all ranks")(
        "learning-rate", with_default(o.learning_rate, "ETA|auto"),
        "per document: an update is its batch's sum; auto: tried out on some documents")(
        "schedule", with_default(o.schedule, "constant|inverse|decay"),
        "inverse: ETA/(1+ETA L t) after t documents; decay: ETA BETA^epoch")(
        "decay", with_default(o.decay, "BETA"), "factor per epoch of --schedule decay")(
        "sampling", with_default(o.sampling, "uniform|permutation"),
        "independent batches, or every document once an epoch")(
        "average", po::bool_switch(&o.average),
        "the model is the mean of the weights over the run, weighted by progress")(
        "iterations", with_default(o.iterations, "N"), "batches per rank")(
        "epochs", po::value(&o.epochs)->value_name("E"),
        "passes over the training documents, instead of --iterations");
    return group;
}

po::options_description lock_free_options(TrainOptions& o) {
    po::options_description group("Update with --strategy lock-free");
    group.add_options()("private-features", with_default(o.private_features, "N|auto"),
                        "the most frequent features, of which every rank keeps a copy; 0: none")(
        "merge-every", with_default(o.merge_every, "K|auto"),
        "documents of a rank between merges of its copy");
    return group;
}

po::options_description node_options(TrainOptions& o) {
    po::options_description group("Update on several nodes");
    group.add_options()("combine", with_default(o.combine, "mean|sum|elastic"),
                        "what nodes make of their weights: the mean, by documents; the sum of "
                        "their changes; or a step towards the mean")(
        "elastic-rate", with_default(o.elastic_rate, "R"), "of that step, in (0, 1]")(
        "exchange-every", with_default(o.exchange_every, "DOCUMENTS|auto"),
        "documents of all ranks between exchanges; auto: so that little of the time goes into it")(
        "windows-per-node", with_default(o.windows_per_node, "N|numa"),
        "vectors of shared weights a node; numa: one for each NUMA domain (bind ranks)")(
        "node-aware", po::bool_switch(&o.node_aware),
        "asynchronous, downpour: what goes to another node goes once, and is passed on there");
    return group;
}

po::options_description downpour_options(TrainOptions& o) {
    po::options_description group("Update with --strategy downpour");
    group.add_options()("servers", with_default(o.servers, "S"),
                        "ranks that hold blocks of the parameters; the others work")(
        "push-every", with_default(o.push_every, "N"),
        "batches whose changes a worker sends together")(
        "fetch-every", with_default(o.fetch_every, "N"),
        "batches between two fetches of the parameters")(
        "server-update", with_default(o.server_update, "plain|adagrad"),
        "how a server applies what is pushed")(
        "warm-start-epochs", with_default(o.warm_start_epochs, "E"),
        "passes of one worker over its documents before the others begin");
    return group;
}

po::options_description run_options(TrainOptions& o) {
    po::options_description group("Run");
    group.add_options()("evaluate-every", po::value<std::int64_t>()->value_name("N"),
                        "iterations per rank between validations; 0: only at the end (default: "
                        "about once an epoch)")("evaluate-train",
                                                po::bool_switch(&o.evaluate_train),
                                                "also the training objective at every validation")(
        "evaluate-later", po::bool_switch(&o.evaluate_later),
        "do not stop for validations: evaluate copies of the weights after training")(
        "patience", with_default(o.patience, "N"),
        "stop when the best of the last N validations gets worse; 0: never")(
        "meters", with_default(o.meters, "on|off"), "measure contention and staleness");
    return group;
}

po::options_description checkpoint_options(TrainOptions& o) {
    po::options_description group("Checkpoints");
    group.add_options()(
        "checkpoint",
        file_value(o.checkpoint, FileUse::output, FileKind::checkpoint)->value_name("FILE.h5"),
        "where to save what has been reached; the one before is FILE.prev.h5")(
        "checkpoint-every", with_default(o.checkpoint_every, "TIME|Ne"),
        "how often (90s, 10m, 1h30m), or every N epochs; always when stopped and at the end")(
        "resume", po::bool_switch(&o.resume),
        "go on from the checkpoint if there is one, else start anew")(
        "max-time", po::value(&o.max_time)->value_name("TIME"),
        "stop with a checkpoint and exit code 75 after so long");
    return group;
}

po::options_description output_options(TrainOptions& o) {
    po::options_description group("Output");
    group.add_options()(
        "log", file_value(o.log, FileUse::output, FileKind::run_log)->value_name("FILE.jsonl"),
        "run log, JSON Lines")(
        "model", file_value(o.model, FileUse::output, FileKind::model)->value_name("FILE.h5"),
        "trained model")("quiet", po::bool_switch(&o.quiet), "no progress, no table")(
        "verbose", po::bool_switch(&o.verbose), "also where ranks run and what was staged");
    return group;
}

/// All that a configuration file may set.
po::options_description settings(TrainOptions& o) {
    po::options_description all;
    all.add(data_options(o))
        .add(model_options(o))
        .add(update_options(o))
        .add(lock_free_options(o))
        .add(node_options(o))
        .add(downpour_options(o))
        .add(run_options(o))
        .add(checkpoint_options(o))
        .add(output_options(o));
    return all;
}

po::options_description command_line(TrainOptions& o, std::string& config) {
    po::options_description group("Configuration");
    group.add_options()("config",
                        file_value(config, FileUse::input, FileKind::settings)->value_name("FILE"),
                        "INI file of these options; the command line wins")(
        "dump-config", po::bool_switch(&o.dump_config), "print the settings in effect and stop");
    add_force(group, o.force);
    po::options_description all = settings(o);
    all.add(group);
    return all;
}

void require(bool holds, const std::string& why) {
    if (!holds) refuse(why);
}

/// @throws Error: usage, unless it is `word` or a whole number from `least` on.
std::optional<std::int64_t> number_or(const std::string& word, const char* name,
                                      const std::string& text, std::int64_t least) {
    if (text == word) return std::nullopt;
    std::int64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    require(error == std::errc() && stop == end && number >= least,
            std::string(name) + " " + text + ": " + word + ", or a whole number from " +
                std::to_string(least) + " on");
    return number;
}

void check_numbers(const TrainOptions& o) {
    require(o.validation_fraction >= 0.0 && o.validation_fraction < 1.0,
            "--validation-fraction must lie in [0, 1)");
    require(o.seed >= 0, "--seed must not be negative");
    require(std::isfinite(o.lambda) && o.lambda >= 0.0,
            "--lambda must be a finite number, not negative");
    o.learning_rate_value();
    require(o.decay > 0.0 && o.decay <= 1.0, "--decay must lie in (0, 1]");
    require(o.batch_size >= 1, "--batch-size must be at least 1");
    require(o.batch_fraction >= 0.0 && o.batch_fraction <= 1.0,
            "--batch-fraction must lie in (0, 1]");
    require(o.iterations >= 1, "--iterations must be at least 1");
    o.merge_interval();
    require(o.elastic_rate > 0.0 && o.elastic_rate <= 1.0, "--elastic-rate must lie in (0, 1]");
    o.exchange_plan();
    o.window_count();
    require(o.servers >= 1, "--servers must be at least 1");
    require(o.push_every >= 1, "--push-every must be at least 1");
    require(o.fetch_every >= 1, "--fetch-every must be at least 1");
    require(o.warm_start_epochs >= 0, "--warm-start-epochs must not be negative");
    require(o.patience >= 0, "--patience must not be negative");
    require(o.evaluate_every.value_or(0) >= 0, "--evaluate-every must not be negative");
    checkpoint_plan(o);
}

void check_choices(TrainOptions& o) {
    check_choice("--balance", o.balance, {"rows", "nonzeros"});
    check_choice("--loss", o.loss, {"hinge", "logistic"});
    check_choice("--regularizer", o.regularizer, {"seed", "scalar", "hogwild", "l2", "none"});
    check_choice("--bias", o.bias, {"on", "off"});
    check_choice("--precision", o.precision, {"double", "float"});
    check_choice("--strategy", o.strategy, train::strategy_names());
    check_choice("--schedule", o.schedule, {"constant", "inverse", "decay"});
    check_choice("--sampling", o.sampling, {"uniform", "permutation"});
    check_choice("--combine", o.combine, {"mean", "sum", "elastic"});
    check_choice("--server-update", o.server_update, {"plain", "adagrad"});
    check_choice("--meters", o.meters, {"on", "off"});
    if (o.regularization.empty()) {
        const bool can_aggregate = o.regularizer != "scalar" && o.regularizer != "none";
        o.regularization = o.precision == "float" && can_aggregate ? "aggregated" : "exact";
    }
    check_choice("--regularization", o.regularization, {"exact", "aggregated"});
    require(!o.node_aware || train::strategy_info(o.strategy).knows_nodes,
            "--node-aware is for --strategy asynchronous and downpour");
    require(o.regularizer != "scalar" || o.regularization != "aggregated",
            "--regularizer scalar is not a factor on each weight: it has no aggregated form");
    require(
        o.private_feature_count().value_or(0) == 0 || o.writes_on_pull(),
        "--private-features needs --regularization aggregated, or no regularizer: the exact form "
        "writes every weight of every document");
}

/// What was said on the command line, then also in the configuration file, then all.
using Layers = std::vector<po::variables_map>;

/// Of two options that exclude each other, whether the second counts. Where either is given first,
/// it replaces what comes later.
bool second_counts(const Layers& layers, const std::string& first, const std::string& second) {
    const auto given = [](const po::variables_map& values, const std::string& name) {
        return values.count(name) != 0 && !values[name].defaulted();
    };
    for (const po::variables_map& values : layers) {
        require(!(given(values, first) && given(values, second)),
                "--" + first + " and --" + second + " exclude each other");
        if (given(values, first) || given(values, second)) return given(values, second);
    }
    return false;
}

void choose_alternatives(const Layers& layers, TrainOptions& o) {
    if (second_counts(layers, "iterations", "epochs")) {
        require(o.epochs >= 1, "--epochs must be at least 1");
    } else {
        o.epochs = 0;
    }
    if (second_counts(layers, "batch-size", "batch-fraction")) {
        require(o.batch_fraction > 0.0, "--batch-fraction must lie in (0, 1]");
    } else {
        o.batch_fraction = 0.0;
    }
}

void collect_effective(const po::variables_map& values, TrainOptions& o) {
    TrainOptions scratch;
    for (auto& [name, text] : effective_values(settings(scratch), values)) {
        if (name == (o.epochs > 0 ? "iterations" : "epochs") || name == "regularization" ||
            name == (o.batch_fraction > 0.0 ? "batch-size" : "batch-fraction")) {
            continue;
        }
        // as a number has it, whatever the user wrote: 0.1 and 1e-1 are the same setting
        const bool eta = name == "learning-rate" && o.learning_rate_value().has_value();
        o.effective.emplace_back(name, eta ? number_text(*o.learning_rate_value()) : text);
    }
    o.effective.emplace_back("regularization", o.regularization);
}

}  // namespace

TrainOptions parse_train_options(const std::vector<std::string>& arguments,
                                 const std::string& ini) {
    TrainOptions o;
    std::string config;
    const po::options_description known = command_line(o, config);
    po::variables_map values = parse_command_line(arguments, known);
    Layers layers{values};
    if (values.count("config") != 0) {
        parse_config_file(values["config"].as<std::string>(), settings(o), values);
    }
    layers.push_back(values);
    std::istringstream given(ini);
    parse_config(given, "configuration", settings(o), values);
    layers.push_back(values);
    po::notify(values);
    o.files = plan_files(known, values);
    if (o.resume) {
        for (const FileKind kind : {FileKind::checkpoint, FileKind::run_log}) o.files.resume(kind);
    }
    if (values.count("evaluate-every") != 0) {
        o.evaluate_every = values["evaluate-every"].as<std::int64_t>();
    }
    choose_alternatives(layers, o);
    check_numbers(o);
    check_choices(o);
    collect_effective(values, o);
    require(o.dump_config || !o.train.empty(), "--train is required: the dataset to learn from");
    require(!o.quiet || !o.verbose, "--quiet and --verbose exclude each other");
    return o;
}

std::vector<TrainSetting> train_settings() {
    TrainOptions scratch;
    const po::options_description known = settings(scratch);
    std::vector<TrainSetting> all;
    for (const auto& option : known.options()) {
        const unsigned most = option->semantic()->max_tokens();
        const FileRole* const file = file_role(*option);
        const bool output = file != nullptr && file->use() == FileUse::output;
        all.push_back({option->long_name(), output, most == 0, most > 1});
    }
    return all;
}

std::string train_help(bool all) {
    static const CommandHelp kHelp{
        .name = "train",
        .summary = "Learns a linear classifier by parallel stochastic gradient descent.",
        .usage = "--train T.h5 --category C [options]",
        .common = {"train", "test", "category", "config", "model", "log", "strategy", "epochs",
                   "batch-size", "learning-rate", "schedule", "regularizer", "lambda", "precision",
                   "seed", "checkpoint", "resume", "quiet"},
        .examples = {"mpirun -np 2 hogwild train --config jobs/fast.ini --train train.h5 \\",
                     "    --test test.h5 --category CCAT --model ccat.h5",
                     "mpirun -np 8 hogwild train --config jobs/paper.ini --train train.h5 \\",
                     "    --category CCAT --strategy locked --log run.jsonl"},
        .notes = {}};
    TrainOptions defaults;
    std::string config;
    return help_text(kHelp, command_line(defaults, config), all);
}

std::string TrainOptions::effective_ini() const { return ini_text(effective); }

std::optional<double> TrainOptions::learning_rate_value() const {
    if (learning_rate == "auto") return std::nullopt;
    double value = 0.0;
    const char* const end = learning_rate.data() + learning_rate.size();
    const auto [stop, error] = std::from_chars(learning_rate.data(), end, value);
    require(error == std::errc() && stop == end && std::isfinite(value) && value > 0.0,
            "--learning-rate must be auto or a finite number above 0");
    return value;
}

std::optional<std::int64_t> TrainOptions::private_feature_count() const {
    return number_or("auto", "--private-features", private_features, 0);
}

std::optional<std::int64_t> TrainOptions::merge_interval() const {
    return number_or("auto", "--merge-every", merge_every, 1);
}

train::DownpourPlan TrainOptions::downpour_plan() const {
    return {static_cast<int>(servers), push_every, fetch_every, server_update == "adagrad"};
}

train::ExchangePlan TrainOptions::exchange_plan() const {
    using train::Combine;
    const Combine how = combine == "mean"  ? Combine::mean
                        : combine == "sum" ? Combine::sum
                                           : Combine::elastic;
    return {how, elastic_rate, number_or("auto", "--exchange-every", exchange_every, 1)};
}

std::vector<std::string> TrainOptions::data_names() const {
    std::vector<std::string> names{train};
    names.insert(names.end(), test.begin(), test.end());
    return names;
}

int TrainOptions::window_count() const {
    constexpr std::int64_t kMost = 1 << 20;  // more than a node has ranks
    const auto count = number_or("numa", "--windows-per-node", windows_per_node, 1);
    return count ? static_cast<int>(std::min(*count, kMost)) : mpi::Communicators::kPerNumaDomain;
}

model::LossKind TrainOptions::loss_kind() const {
    return loss == "hinge" ? model::LossKind::hinge : model::LossKind::logistic;
}

model::Regularizer TrainOptions::regularizer_kind() const {
    using model::Regularizer;
    if (regularizer == "seed") return Regularizer::seed;
    if (regularizer == "scalar") return Regularizer::scalar;
    if (regularizer == "hogwild") return Regularizer::hogwild;
    return regularizer == "l2" ? Regularizer::l2 : Regularizer::none;
}

model::StepSchedule TrainOptions::step_schedule(double eta) const {
    using Kind = model::StepSchedule::Kind;
    const Kind kind = schedule == "constant"  ? Kind::constant
                      : schedule == "inverse" ? Kind::inverse
                                              : Kind::decay;
    return {kind, eta, lambda, decay};
}

train::Precision TrainOptions::precision_kind() const {
    return precision == "double" ? train::Precision::double_ : train::Precision::single_;
}

train::Sampler::Kind TrainOptions::sampling_kind() const {
    return sampling == "uniform" ? train::Sampler::Kind::uniform
                                 : train::Sampler::Kind::permutation;
}

}  // namespace hogwild::app
