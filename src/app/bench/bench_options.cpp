#include "app/bench/bench_options.hpp"

#include <charconv>
#include <cmath>
#include <sstream>

#include "app/common/help.hpp"
#include "app/train/train_option_table.hpp"
#include "cli/file_options.hpp"
#include "cli/option_parser.hpp"
#include "train/registry.hpp"

namespace hogwild::app {
namespace {

/// The setting in which solvers are compared: plain SGD on the l2 objective, one document per
/// update. Nothing is selected here, so nothing is held out.
constexpr const char* kSetting =
    "strategy = lock-free\n"
    "batch-size = 1\n"
    "epochs = 10\n"
    "sampling = blocks\n"
    "precision = float\n"
    "learning-rate = 0.5\n"
    "schedule = decay\n"
    "decay = 0.5\n"
    "regularizer = l2\n"
    "regularization = aggregated\n"
    "evaluate-every = 0\n"
    "validation-fraction = 0\n";

po::options_description own_options(BenchOptions& o, std::string& copies) {
    po::options_description group("Bench");
    group.add_options()("repeats", po::value(&o.repeats)->default_value(o.repeats)->value_name("R"),
                        "measurements per number of ranks, at least; medians are shown")(
        "min-seconds",
        po::value(&o.min_seconds)
            ->default_value(o.min_seconds, number_text(o.min_seconds))
            ->value_name("S"),
        "of training per number of ranks, in all repeats together, and of streaming per repeat")(
        "replicate", po::value(&copies)->default_value("auto")->value_name("auto|N"),
        "hold the training rows N times in memory; auto: until they are four times as large as "
        "the last-level cache")(
        "json", file_value(o.json, io::FileUse::output, io::FileKind::figures)->value_name("FILE"),
        "the figures, for programs");
    return group;
}

/// Train's options as a bench has them unless the user says otherwise.
TrainOptions bench_settings() {
    TrainOptions o;
    const po::options_description settings = setting_options(o);
    po::variables_map values;
    std::istringstream setting(kSetting);
    parse_config(setting, "bench", settings, values);
    po::notify(values);
    return o;
}

std::int64_t parse_copies(const std::string& text) {
    if (text == "auto") return 0;
    std::int64_t copies = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, copies);
    if (error != std::errc() || stop != end || copies < 1) {
        refuse("--replicate " + text + ": auto or a number from 1 on is expected");
    }
    return copies;
}

/// Refuses what neither a bench nor train takes, with suggestions from both.
void check_names(const std::vector<std::string>& arguments, const po::options_description& own) {
    TrainOptions scratch;
    std::string config;
    po::options_description all;
    all.add(own).add(train_command_line(scratch, config));
    parse_command_line(arguments, all);
}

void refuse_what_is_for_train_alone(const TrainOptions& train) {
    if (!train.log.empty()) refuse("--log is for hogwild train; a bench has --json");
    if (!train.model.empty()) refuse("--model is for hogwild train; a bench keeps no model");
    if (train.strategy->is_dual) {
        refuse(
            "bench measures documents per second, which says nothing of --strategy dual: it "
            "passes over most of them");
    }
    if (train.certify) refuse("--certify is for hogwild train; a bench keeps no model");
    if (train.dump_config) refuse("--dump-config is for hogwild train");
}

}  // namespace

BenchOptions parse_bench_options(const std::vector<std::string>& arguments) {
    BenchOptions o;
    std::string copies;
    std::vector<std::string> rest;
    const po::options_description own = own_options(o, copies);
    check_names(arguments, own);
    po::variables_map values = parse_command_line(arguments, own, rest);
    po::notify(values);
    if (o.repeats < 1) refuse("--repeats must be at least 1");
    if (!std::isfinite(o.min_seconds) || o.min_seconds < 0.0) {
        refuse("--min-seconds must be a finite number, not negative");
    }
    o.copies = parse_copies(copies);
    o.train = parse_train_options(rest, kSetting);
    refuse_what_is_for_train_alone(o.train);
    o.train.files.add(plan_files(own, values));
    return o;
}

cli::CommandHelp bench_help() {
    cli::CommandHelp help{
        .name = "bench",
        .summary =
            "Measures how fast training is on 1 to P ranks, and which share of the memory's\n"
            "speed that is.",
        .usage = "--train T.h5 --category C [options]",
        .common = {"repeats", "min-seconds", "replicate", "json"},
        .examples = {"mpirun -np 2 hogwild bench --train train.h5 --category CCAT",
                     "mpirun -np 8 hogwild bench --train train.h5 --category CCAT \\",
                     "    --strategy locked --batch-size 100 --json bench.json"},
        .notes =
            "Takes the options of train as well, but for --log, --model and --dump-config.\n"
            "Instead of train's defaults:\n"};
    std::istringstream setting(kSetting);
    for (std::string line; std::getline(setting, line);) help.notes += "  " + line + "\n";
    BenchOptions defaults;
    std::string copies;
    po::options_description known = own_options(defaults, copies);
    known.add(settings_of_train(bench_settings(), {"log", "model", "dump-config"}));
    help.choices["strategy"] = train::strategy_names();
    return command_help(std::move(help), known);
}

}  // namespace hogwild::app
