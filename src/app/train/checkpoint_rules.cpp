#include "app/train/checkpoint_rules.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <span>
#include <string_view>

#include "cli/option_parser.hpp"
#include "io/dataset_header.hpp"

namespace hogwild::app {
namespace {

constexpr double kMostCounted = 0x1p53;  // doubles hold counters up to here exactly
constexpr double kMostSeconds = 1e12;    // some 30,000 years
constexpr double kMostColumns = io::kMostFeatures;
constexpr double kMostOutputs = 1 << 16;  // label sets number them in 16 bits
constexpr double kMostWorkers = 1 << 20;  // more than any machine has

[[noreturn]] void bad(const std::string& what) { throw Error(ExitCode::bad_data, what); }

/// The rule for an array: its length and the range of its numbers.
struct Rule {
    std::string_view name;
    double low;
    double high;  ///< both inclusive
    bool whole = false;
    bool needed = false;
};

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr bool kWhole = true;
constexpr bool kNeeded = true;

/// Single numbers of the run.
constexpr Rule kNumbers[] = {
    {"iteration", 0.0, kMostCounted, kWhole, kNeeded},
    {"samples", 0.0, kMostCounted, kWhole, kNeeded},
    {"train_seconds", 0.0, kMostSeconds, false, kNeeded},
    {"elapsed_seconds", 0.0, kMostSeconds, false, kNeeded},
    {"load_seconds", 0.0, kMostSeconds, false, kNeeded},
    {"evaluation_seconds", 0.0, kMostSeconds, false, kNeeded},
    {"workers", 1.0, kMostWorkers, kWhole, kNeeded},
    {"iterations_of", 1.0, kMostWorkers, kWhole, kNeeded},
    {"batch_size", 1.0, kMostCounted, kWhole, kNeeded},
    {"learning_rate", std::numeric_limits<double>::denorm_min(), kInfinity, false, kNeeded},
    {"lambda", 0.0, kInfinity},
    {"hot_features", 0.0, kMostCounted, kWhole, kNeeded},
    {"stream_window", 1.0, kMostCounted, kWhole},
    {"aggregated", 0.0, 1.0, kWhole, kNeeded},
    {"stopped_early", 1.0, 1.0, kWhole},
    {"stopping_minimum", -kInfinity, kInfinity},
    {"stopping_measure", 0.0, 5.0, kWhole},
    {"average_total", std::numeric_limits<double>::denorm_min(), kInfinity},
    {"average_next", 1.0, kMostCounted, kWhole},
    {"decay_exponent", 0.0, kInfinity},
    {"decay_since_sweep", 0.0, kMostCounted, kWhole},
    {"initial_features", 0.0, kMostColumns, kWhole},
    {"dual_center", -kMostCounted, kMostCounted},
    {"outputs", 1.0, kMostOutputs, kWhole},
    {"outputs_together", 0.0, 1.0, kWhole},
};
/// As many numbers as there are outputs.
constexpr Rule kPerOutput[] = {
    {"output_epochs", 0.0, kMostCounted},
    {"output_primal", 0.0, kInfinity},
    {"output_dual", -kInfinity, kInfinity},
};
/// Lambda and the weights of both classes of each output.
constexpr Rule kSettings[] = {{"output_settings", 0.0, kInfinity}};
/// As many numbers as there are weights.
constexpr Rule kPerWeight[] = {
    {"weights", -kInfinity, kInfinity, false, kNeeded},
    {"current_weights", -kInfinity, kInfinity},
    {"carry", -kInfinity, kInfinity},
};
/// Any number of numbers.
constexpr Rule kLists[] = {
    {"stopping_window", -kInfinity, kInfinity, false, kNeeded},
    {"decay_applied", 0.0, kInfinity},
    {"initial_columns", 0.0, kMostColumns - 1.0, kWhole},
};
constexpr Rule kVectors[] = {
    {"average_sums", -kInfinity, kInfinity},
    {"adagrad", 0.0, kInfinity},
};
/// As many numbers as there are training documents, which the strategy checks. A run stays far
/// below the bound, with which their objective is still finite.
constexpr Rule kDocumentVectors[] = {{"dual_variables", 0.0, kMostCounted}};
constexpr Rule kRankNumbers[] = {
    {"decay_exponent", 0.0, kInfinity},
    {"decay_since_sweep", 0.0, kMostCounted, kWhole},
};
constexpr Rule kRankLists[] = {{"decay_applied", 0.0, kInfinity}};

void check_rule(const Rule& rule, std::span<const double> values) {
    const auto fits = [&rule](double x) {
        return std::isfinite(x) && x >= rule.low && x <= rule.high &&
               (!rule.whole || x == std::floor(x));
    };
    const auto wrong = std::ranges::find_if_not(values, fits);
    if (wrong == values.end()) return;
    bad("'" + std::string(rule.name) + "' cannot be " + number_text(*wrong));
}

/// Arrays that have a rule, of `length` numbers each. @return how many there are.
std::size_t check_rules(const data::State& state, std::span<const Rule> rules,
                        std::optional<std::size_t> length) {
    std::size_t known = 0;
    for (const Rule& rule : rules) {
        const std::string name(rule.name);
        if (!state.has(name) && !rule.needed) continue;
        if (length) state.check_length(name, *length);
        check_rule(rule, state.array(name));
        ++known;
    }
    return known;
}

/// Checks that either all of these arrays exist or none.
void check_together(const data::State& state, std::initializer_list<const char*> names) {
    const auto there = [&](const char* name) { return state.has(name); };
    if (std::ranges::all_of(names, there) || std::ranges::none_of(names, there)) return;
    const char* const missing = *std::ranges::find_if_not(names, there);
    bad("the checkpoint lacks '" + std::string(missing) + "'");
}

/// What older checkpoints do not say, since their programs had no such option.
constexpr std::string_view kNewer[] = {"class-weight", "feature-scaling"};

/// A counter in the identity.
std::int64_t counter(const io::Checkpoint& c, const std::string& name) {
    const std::string text = c.identity_of(name);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 1) {
        bad("identity: '" + name + "' is no counter");
    }
    return value;
}

void check_identity(const io::Checkpoint& c) {
    std::vector<std::string> known{"feature_list", "nodes", "ranks"};
    for (const auto& [name, value] : identity(TrainOptions{})) known.push_back(name);
    std::size_t found = 0;
    for (const std::string& name : known) {
        const bool there = c.has_identity(name);
        if (!there && std::ranges::find(kNewer, name) == std::end(kNewer)) {
            bad("the checkpoint's identity lacks '" + name + "'");
        }
        found += there ? 1 : 0;
    }
    if (c.identity.size() != found) bad("the checkpoint's identity has entries that no run has");
    if (counter(c, "ranks") != std::ssize(c.ranks)) bad("its ranks are not as many as it says");
    if (counter(c, "nodes") > std::ssize(c.ranks)) bad("it has fewer ranks than nodes");
    if (c.dataset_digests.empty()) bad("it does not say which data it is of");
}

/// Counters that bound one another.
void check_progress(const io::Checkpoint& c) {
    const double iteration = c.state.number("iteration");
    const double samples = c.state.number("samples");
    const double workers = c.state.number("workers");
    if (workers > static_cast<double>(c.ranks.size())) bad("it has more workers than ranks");
    if (samples < iteration || samples > iteration * workers * c.state.number("batch_size")) {
        bad("'samples' " + number_text(samples) + " cannot be after 'iteration' " +
            number_text(iteration));
    }
    if (c.state.number("hot_features") > static_cast<double>(c.state.array("weights").size())) {
        bad("it has more hot features than weights");
    }
}

void check_dual(const io::Checkpoint& c) {
    const bool has_variables = c.vectors.has("dual_variables");
    if (c.state.has("dual_center") != has_variables) {
        bad("it has half of a dual solution: 'dual_variables' without 'dual_center' or the "
            "reverse");
    }
    if (has_variables && c.vectors.array("dual_variables").empty())
        bad("'dual_variables' is empty");
}

/// The features that only the initial model has. @return how many there are.
std::size_t check_initial_columns(const data::State& state) {
    check_together(state, {"initial_columns", "initial_features"});
    if (!state.has("initial_columns")) return 0;
    const std::vector<double>& columns = state.array("initial_columns");
    if (std::ranges::adjacent_find(columns, std::greater_equal<>()) != columns.end()) {
        bad("'initial_columns' do not ascend");
    }
    if (!columns.empty() && columns.back() >= state.number("initial_features")) {
        bad("'initial_columns' exceed the features of the initial model");
    }
    return columns.size();
}

/// What a run of several outputs has saved. @return how many arrays.
std::size_t check_outputs(const data::State& state, std::size_t outputs) {
    check_together(state, {"outputs", "outputs_together", "output_settings"});
    check_together(state, {"output_epochs", "output_primal", "output_dual"});
    if (state.has("output_epochs") && !state.has("outputs")) {
        bad("the checkpoint lacks 'outputs'");
    }
    return check_rules(state, kPerOutput, outputs) + check_rules(state, kSettings, 3 * outputs);
}

void check_ranks(const std::vector<data::State>& ranks) {
    for (const data::State& rank : ranks) {
        const std::size_t known =
            check_rules(rank, kRankNumbers, 1) + check_rules(rank, kRankLists, std::nullopt);
        if (known != rank.arrays().size()) bad("a rank's state has arrays that no rank has");
        check_together(rank, {"decay_exponent", "decay_since_sweep", "decay_applied"});
    }
}

}  // namespace

std::vector<std::pair<std::string, std::string>> identity(const TrainOptions& o) {
    return {{"category", o.category},
            {"loss", data::name_of(o.loss)},
            {"regularizer", data::name_of(o.regularizer)},
            {"lambda", o.lambda ? number_text(*o.lambda) : "auto"},
            {"feature-scaling", data::name_of(o.feature_scaling)},
            {"class-weight", class_weight_text(o.class_weight)},
            {"bias", data::name_of(o.bias)},
            {"precision", data::name_of(o.precision)},
            {"strategy", o.strategy->name},
            {"seed", std::to_string(o.seed)},
            {"validation-fraction", number_text(o.validation_fraction)}};
}

std::vector<std::pair<std::string, std::string>> identity(const io::Checkpoint& c) {
    auto all = identity(TrainOptions{});
    for (auto& [name, value] : all) {
        if (c.has_identity(name) || std::ranges::find(kNewer, name) == std::end(kNewer)) {
            value = c.identity_of(name);
        }
    }
    return all;
}

void check_checkpoint(const io::Checkpoint& c, model::WeightShape shape) {
    check_identity(c);
    shape.features += check_initial_columns(c.state);
    std::size_t known = check_rules(c.state, kNumbers, 1);
    if (c.state.has("outputs")) shape.outputs = static_cast<std::size_t>(c.state.number("outputs"));
    known += check_outputs(c.state, shape.outputs) +
             check_rules(c.state, kPerWeight, shape.size()) +
             check_rules(c.state, kLists, std::nullopt);
    if (known != c.state.arrays().size()) bad("its state has arrays that no run has");
    const std::size_t vectors = check_rules(c.vectors, kVectors, shape.size()) +
                                check_rules(c.vectors, kDocumentVectors, std::nullopt);
    if (vectors != c.vectors.arrays().size()) bad("it has vectors that no run has");
    check_dual(c);
    check_together(c.state, {"average_total", "average_next"});
    if (c.state.has("average_total") != c.vectors.has("average_sums")) {
        bad("it has half of a mean: 'average_total' without 'average_sums' or the reverse");
    }
    check_together(c.state, {"decay_exponent", "decay_since_sweep", "decay_applied"});
    check_progress(c);
    check_ranks(c.ranks);
}

Standing standing_of(const io::Checkpoint& c) {
    Standing standing;
    for (const auto& [name, value] : identity(c)) standing.training += name + "=" + value + "\n";
    if (c.dataset_digests.empty()) bad("it does not say which data it is of");
    standing.training += c.dataset_digests.front();
    standing.documents = c.state.number("samples");
    check_rule(kNumbers[1], std::span(&standing.documents, 1));
    return standing;
}

}  // namespace hogwild::app
