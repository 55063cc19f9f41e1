#include "app/train/train_options.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "app/train/checkpoint_plan.hpp"
#include "app/train/train_option_table.hpp"
#include "cli/file_options.hpp"
#include "cli/option_parser.hpp"
#include "cli/typed_value.hpp"

namespace hogwild::app {
namespace {

using io::FileKind;
using io::FileUse;

void require(bool holds, const std::string& why) {
    if (!holds) refuse(why);
}

void check_numbers(const TrainOptions& o) {
    require(o.validation_fraction >= 0.0 && o.validation_fraction < 1.0,
            "--validation-fraction must lie in [0, 1)");
    require(o.seed >= 0, "--seed must not be negative");
    require(o.decay > 0.0 && o.decay <= 1.0, "--decay must lie in (0, 1]");
    require(o.batch_size >= 1, "--batch-size must be at least 1");
    require(o.batch_fraction >= 0.0 && o.batch_fraction <= 1.0,
            "--batch-fraction must lie in (0, 1]");
    require(o.iterations >= (o.initial_model.empty() ? 1 : 0),
            "--iterations must be at least 1, or 0 with --initial-model");
    require(o.elastic_rate > 0.0 && o.elastic_rate <= 1.0, "--elastic-rate must lie in (0, 1]");
    require(o.exchange_precision == ExchangePrecision::full ||
                o.exchange_format != train::ExchangeFormat::dense,
            "--exchange-precision bfloat16 is for changes, which --exchange-format dense does not "
            "send");
    require(o.servers >= 1, "--servers must be at least 1");
    require(o.push_every >= 1, "--push-every must be at least 1");
    require(o.fetch_every >= 1, "--fetch-every must be at least 1");
    require(o.warm_start_epochs >= 0, "--warm-start-epochs must not be negative");
    require(o.calibration == CalibrationKind::platt || o.has_held_out_scores(),
            "--calibration isotonic needs held-out documents: --validation-fraction above 0");
    require(o.threshold.has_value() || o.has_held_out_scores(),
            "--threshold f1 needs held-out documents: --validation-fraction above 0");
    require(o.fbr >= 0.0 && o.fbr <= 1.0, "--fbr must lie in [0, 1]");
    require(o.patience >= 0, "--patience must not be negative");
    require(o.evaluate_every.value_or(0) >= 0, "--evaluate-every must not be negative");
    checkpoint_plan(o);
}

/// @param values  parsed.
void check_choices(const po::variables_map& values, TrainOptions& o) {
    using model::Regularizer;
    if (values.count("regularization") != 0) {
        o.regularization = values["regularization"].as<Regularization>();
    } else if (o.precision != train::Precision::double_ && o.regularizer != Regularizer::scalar &&
               o.regularizer != Regularizer::none) {
        o.regularization = Regularization::aggregated;
    }
    require(o.lambda || o.regularizer == Regularizer::l2, "--lambda auto is for --regularizer l2");
    require(o.feature_scaling == model::FeatureScaling::none || o.regularizer == Regularizer::l2 ||
                o.regularizer == Regularizer::none,
            "--feature-scaling is for --regularizer l2 and none");
    o.preset = values["preset"].as<Preset>();
    require(!o.node_aware || o.strategy->knows_nodes,
            "--node-aware is for --strategy asynchronous and downpour");
    require(o.regularizer != Regularizer::scalar || !o.aggregated(),
            "--regularizer scalar is not a factor on each weight: it has no aggregated form");
    require(o.hot_features.value_or(0) == 0 || o.writes_only_active() || o.strategy->is_dual,
            "--hot-features needs --regularization aggregated, or no regularizer: the exact form "
            "writes every weight of every document");
}

/// What the preset says of options that are not given. @return an INI file.
std::string preset_settings(const po::variables_map& values) {
    const Preset preset = values.count("preset") != 0 ? values["preset"].as<Preset>()
                          : says_how_to_train(values) ? Preset::paper
                                                      : Preset::automatic;
    if (preset == Preset::paper) return values.count("preset") != 0 ? "" : "preset = paper\n";
    std::string ini =
        "loss = squared-hinge\nregularizer = l2\nlambda = auto\n"
        "feature-scaling = auto\nprecision = float\n";
    if (values.count("preset") == 0) ini += "preset = auto\n";
    if (values.count("test") != 0) ini += "validation-fraction = 0\n";
    const po::variable_value& strategy = values["strategy"];
    if (strategy.defaulted()) return ini + "strategy = dual\n";
    if (strategy.as<const train::StrategyInfo*>()->is_dual) return ini;
    ini +=
        "batch-size = 1\nsampling = blocks\nlearning-rate = auto\n"
        "schedule = decay\ndecay = 0.81\n";
    const bool says_how_long = values.count("epochs") != 0 || !values["iterations"].defaulted();
    return says_how_long ? ini : ini + "epochs = 28\n";
}

/// What --strategy dual asks for where the user has not said otherwise.
std::string dual_defaults(const po::variables_map& values) {
    std::string ini = "regularizer = l2\npatience = 0\nepochs = 1000\ncombine = dual\n";
    if (values.count("epochs") == 0) ini += "gap = 1e-3\n";
    return ini;
}

void check_dual(const TrainOptions& o) {
    require(!o.certify || (o.regularizer == model::Regularizer::l2 && o.lambda.value_or(1.0) > 0.0),
            "--certify is for --regularizer l2 with --lambda above 0");
    require(!o.gap || (*o.gap > 0.0 && *o.gap < 1.0), "--gap must lie between 0 and 1");
    require(o.bias_share.value_or(1.0) > 0.0 && o.bias_share.value_or(1.0) <= 1.0,
            "--bias-share must lie in (0, 1]");
    if (!o.strategy->is_dual) {
        require(!o.gap, "--gap is for --strategy dual");
        require(o.exchange_overlap == data::Switch::off,
                "--exchange-overlap is for --strategy dual; others overlap exchanges anyway");
        require(!o.deterministic,
                "--deterministic is for --strategy dual; sequential, round-robin and synchronous "
                "are deterministic anyway");
        require(o.combine != train::Combine::dual, "--combine dual is for --strategy dual");
        return;
    }
    const auto needs = [](bool holds, const std::string& what) {
        require(holds, "--strategy dual " + what);
    };
    needs(o.regularizer == model::Regularizer::l2, "minimises --regularizer l2, no other");
    needs(o.lambda.value_or(1.0) > 0.0, "needs --lambda above 0");
    needs(o.combine == train::Combine::dual, "adds up changes of nodes: leave out --combine");
    needs(o.exchange_format != train::ExchangeFormat::sparse &&
              o.exchange_precision == ExchangePrecision::full,
          "adds up all weights: leave out --exchange-format and --exchange-precision");
    needs(o.epochs > 0, "counts --epochs, not --iterations");
    require(!o.deterministic || o.exchange_overlap == data::Switch::off,
            "--deterministic and --exchange-overlap on exclude each other");
    require(!o.deterministic || o.replicas_per_node == 1,
            "--deterministic gives every rank a replica of its own: leave out "
            "--replicas-per-node");
    needs(!o.average, "knows no --average: its weights follow from the dual variables");
    needs(!o.evaluate_later, "cannot --evaluate-later; use --evaluate-every 0");
}

/// Of classes the highest score decides. @param values  parsed.
void check_classes(const po::variables_map& values, TrainOptions& o) {
    if (o.multiclass == Multiclass::none) {
        require(o.confusion_table.empty(), "--confusion-table is for --multiclass");
        return;
    }
    for (const std::string name : {"threshold", "fbr"}) {
        require(values[name].defaulted(),
                "--multiclass predicts the class with the highest score: leave out --" + name);
    }
    if (o.category.empty()) o.category = "all";
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
        const bool by_threshold = o.multiclass == Multiclass::none;
        if (!by_threshold && (name == "threshold" || name == "fbr")) continue;
        if (name == (o.epochs > 0 ? "iterations" : "epochs") || name == "regularization" ||
            name == (o.batch_fraction > 0.0 ? "batch-size" : "batch-fraction")) {
            continue;
        }
        o.effective.emplace_back(name, text);
    }
    o.effective.emplace_back("regularization", data::name_of(o.regularization));
}

/// The value of an option, as a number where it was declared as one, or as a number or a word.
nlohmann::ordered_json typed(const po::value_semantic& declared, const std::string& text) {
    const bool may_be_number =
        dynamic_cast<const po::typed_value<std::int64_t>*>(&declared) != nullptr ||
        dynamic_cast<const po::typed_value<double>*>(&declared) != nullptr ||
        dynamic_cast<const po::typed_value<bool>*>(&declared) != nullptr ||
        dynamic_cast<const TextValue*>(&declared) != nullptr;
    if (!may_be_number) return text;
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
    std::istringstream preset(preset_settings(values));
    parse_config(preset, "preset", setting_options(o), values);
    layers.push_back(values);
    if (values["strategy"].as<const train::StrategyInfo*>()->is_dual) {
        std::istringstream dual(dual_defaults(values));
        parse_config(dual, "defaults of --strategy dual", setting_options(o), values);
        layers.push_back(values);
    }
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
    check_choices(values, o);
    check_classes(values, o);
    check_dual(o);
    collect_effective(values, o);
    require(o.dump_config || !o.train.empty(), "--train is required: the dataset to learn from");
    require(!o.quiet || !o.verbose, "--quiet and --verbose exclude each other");
    return o;
}

namespace {

/// As Boost takes them in a declaration: the present name, then older ones.
std::string all_names(const po::option_description& option) {
    const auto [first, count] = option.long_names();
    std::string names;
    for (std::size_t k = 0; k < count; ++k) names += (k == 0 ? "" : ",") + first[k];
    return names;
}

}  // namespace

std::vector<TrainSetting> train_settings() {
    TrainOptions scratch;
    const po::options_description known = setting_options(scratch);
    std::vector<TrainSetting> all;
    for (const auto& option : known.options()) {
        const unsigned most = option->semantic()->max_tokens();
        const FileRole* const file = file_role(*option);
        const bool output = file != nullptr && file->use() == FileUse::output;
        all.push_back({option->long_name(), all_names(*option), output, most == 0, most > 1});
    }
    return all;
}

std::string present_setting_name(const std::string& name) {
    TrainOptions scratch;
    const po::options_description known = setting_options(scratch);
    const po::option_description* const option = known.find_nothrow(name, false);
    return option == nullptr ? name : option->long_name();
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
            json[name] = typed(*option.semantic(), text);
        }
    }
    return json;
}

train::DownpourPlan TrainOptions::downpour_plan() const {
    return {static_cast<int>(servers), push_every, fetch_every,
            server_update == ServerUpdate::adagrad};
}

train::DualPlan TrainOptions::dual_plan() const {
    return {.gap = gap,
            .backs_off = back_off == data::Switch::on,
            .bias_share = bias_share,
            .in_rank_order = deterministic,
            .overlaps = exchange_overlap == data::Switch::on};
}

train::ExchangePlan TrainOptions::exchange_plan() const {
    return {combine, elastic_rate, exchange_every, exchange_format,
            exchange_precision == ExchangePrecision::bfloat16};
}

std::vector<std::string> TrainOptions::data_names() const {
    std::vector<std::string> names{train};
    names.insert(names.end(), test.begin(), test.end());
    return names;
}

/// What train::check_matrix_context() checks.
bool TrainOptions::suits_matrix() const {
    const bool scaled = regularizer == model::Regularizer::l2 && aggregated();
    return strategy->trains_matrix && precision != train::Precision::double_ &&
           (scaled || regularizer == model::Regularizer::none);
}

int TrainOptions::replica_count() const {
    constexpr std::int64_t kMost = 1 << 20;  // more than a node has ranks
    if (deterministic) return kMost;
    return replicas_per_node ? static_cast<int>(std::min(*replicas_per_node, kMost))
                             : mpi::Communicators::kPerNumaDomain;
}

model::StepSchedule TrainOptions::step_schedule(double eta, double chosen_lambda) const {
    return {schedule, eta, chosen_lambda, decay};
}

}  // namespace hogwild::app
