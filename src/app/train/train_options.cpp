#include "app/train/train_options.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <set>
#include <sstream>

#include "app/train/checkpoint_plan.hpp"
#include "app/train/train_option_table.hpp"
#include "cli/file_options.hpp"
#include "cli/option_parser.hpp"
#include "train/registry.hpp"

namespace hogwild::app {
namespace {

using io::FileKind;
using io::FileUse;

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
    for (auto& [name, text] : effective_values(setting_options(scratch), values)) {
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

/// The value of an option, of the type that it was declared with.
nlohmann::ordered_json typed(const std::string& name, const po::value_semantic& declared,
                             const std::string& text) {
    // a number or a word, hence declared as text
    static const std::set<std::string> kNumberOrWord{
        "learning-rate", "private-features", "merge-every", "exchange-every", "windows-per-node"};
    const bool number = dynamic_cast<const po::typed_value<std::int64_t>*>(&declared) != nullptr ||
                        dynamic_cast<const po::typed_value<double>*>(&declared) != nullptr ||
                        dynamic_cast<const po::typed_value<bool>*>(&declared) != nullptr ||
                        kNumberOrWord.contains(name);
    if (!number) return text;
    auto json = nlohmann::ordered_json::parse(text, nullptr, false);
    return json.is_discarded() ? nlohmann::ordered_json(text) : json;
}

}  // namespace

TrainOptions parse_train_options(const std::vector<std::string>& arguments,
                                 const std::string& ini) {
    TrainOptions o;
    std::string config;
    const po::options_description known = train_command_line(o, config);
    po::variables_map values = parse_command_line(arguments, known);
    Layers layers{values};
    if (values.count("config") != 0) {
        parse_config_file(values["config"].as<std::string>(), setting_options(o), values);
    }
    layers.push_back(values);
    std::istringstream given(ini);
    parse_config(given, "configuration", setting_options(o), values);
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
    const po::options_description known = setting_options(scratch);
    std::vector<TrainSetting> all;
    for (const auto& option : known.options()) {
        const unsigned most = option->semantic()->max_tokens();
        const FileRole* const file = file_role(*option);
        const bool output = file != nullptr && file->use() == FileUse::output;
        all.push_back({option->long_name(), output, most == 0, most > 1});
    }
    return all;
}

std::string TrainOptions::effective_ini() const { return ini_text(effective); }

nlohmann::ordered_json TrainOptions::effective_json() const {
    TrainOptions scratch;
    const po::options_description known = setting_options(scratch);
    auto json = nlohmann::ordered_json::object();
    for (const auto& [name, text] : effective) {
        const po::option_description& option = known.find(name, false);
        if (option.semantic()->max_tokens() > 1) {
            json[name].push_back(text);
        } else {
            json[name] = typed(name, *option.semantic(), text);
        }
    }
    return json;
}

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
