#include "app/sweep/sweep_options.hpp"

#include <algorithm>
#include <boost/make_shared.hpp>
#include <charconv>
#include <limits>
#include <sstream>

#include "app/common/help.hpp"
#include "app/train/train_option_table.hpp"
#include "cli/file_options.hpp"
#include "cli/option_parser.hpp"
#include "cli/typed_value.hpp"
#include "train/registry.hpp"

namespace hogwild::app {
namespace {

using io::FileKind;
using io::FileUse;

/// Texts of options that are parsed once they are there.
struct Texts {
    std::string points;
    std::string config;
};

po::options_description own_options(SweepOptions& o, Texts& texts) {
    po::options_description group("Sweep");
    group.add_options()(
        "repetitions", po::value(&o.repetitions)->default_value(1)->value_name("R"),
        "trainings per point, with the seeds S, S+1, …: fresh splits and fresh sampling")(
        "ranks-per-point", po::value(&o.ranks_per_point)->default_value(1)->value_name("N"),
        "the ranks are divided into groups of N; each trains one point at a time")(
        "select", named_value(o.select, "--select"),
        "mean over the repetitions at the last validation that decides")(
        "csv", file_value(o.csv, FileUse::output, FileKind::table)->value_name("FILE.csv"),
        "a row per training")(
        "best", file_value(o.best, FileUse::output, FileKind::settings)->value_name("FILE.ini"),
        "the settings of the point that is selected, for hogwild train --config")(
        "best-by-category",
        file_value(o.best_by_category, FileUse::output, FileKind::category_settings)
            ->value_name("FILE.csv"),
        "with several categories and a list of --lambda: the value that is best for each of them, "
        "for hogwild train --category-settings")(
        "state", file_value(o.state, FileUse::journal, FileKind::state)->value_name("FILE.jsonl"),
        "finished trainings; what is in it is not trained again")(
        "lambda-path", named_value(o.lambda_path, "--lambda-path"),
        "with --strategy dual and --gap: start each lambda from the model of the next larger one "
        "that the same group of ranks has trained")(
        "lambda-columns", named_value(o.lambda_columns, "--lambda-columns"),
        "with several categories on a weight matrix: train all lambdas at the same time, as many "
        "as fit into the cache and memory")("points", po::value(&texts.points)->value_name("i/n"),
                                            "train the i-th of n shares of the points")(
        "merge",
        file_value(o.merge, FileUse::input, FileKind::state)
            ->multitoken()
            ->value_name("FILE.jsonl..."),
        "train nothing: join the states of shares")("quiet", po::bool_switch(&o.quiet),
                                                    "no progress, no table")(
        "config", file_value(texts.config, FileUse::input, FileKind::settings)->value_name("FILE"),
        "INI file of all these options; the command line wins");
    add_force(group, o.force);
    return group;
}

/// A sweep trains many models: what writes a file per run, or is the sweep's own, is not for it.
bool belongs_to_grid(const TrainSetting& setting) {
    return !setting.output && setting.name != "quiet" && setting.name != "verbose";
}

/// Train's options as texts, which may be lists.
po::options_description grid_options() {
    po::options_description group;
    for (const TrainSetting& setting : train_settings()) {
        if (!belongs_to_grid(setting)) continue;
        po::value_semantic* value = po::value<std::string>();
        if (setting.flag) value = po::bool_switch();
        if (setting.several) value = po::value<std::vector<std::string>>()->multitoken();
        group.add(boost::make_shared<po::option_description>(setting.names.c_str(), value));
    }
    return group;
}

std::vector<std::string> values_of(const TrainSetting& setting, const po::variable_value& value) {
    if (setting.flag) return {};
    if (setting.several) return value.as<std::vector<std::string>>();
    return {value.as<std::string>()};
}

/// What was given of train's options, on the command line or else in the configuration file.
Grid make_grid(const po::variables_map& command_line, const po::variables_map& all) {
    std::vector<GridSetting> given;
    for (const TrainSetting& setting : train_settings()) {
        if (!belongs_to_grid(setting) || all.count(setting.name) == 0) continue;
        if (setting.flag && !all[setting.name].as<bool>()) continue;
        const bool here =
            command_line.count(setting.name) != 0 && !command_line[setting.name].defaulted();
        given.push_back({setting.name, values_of(setting, all[setting.name]), !here, setting.flag});
    }
    return Grid(std::move(given));
}

Share parse_share(const std::string& text) {
    const auto refuse_it = [&] {
        refuse("--points " + text + ": i/n with 1 <= i <= n is expected");
    };
    std::int64_t numbers[2] = {0, 0};
    const std::size_t slash = std::min(text.find('/'), text.size());
    const std::string parts[2] = {text.substr(0, slash),
                                  text.substr(std::min(slash + 1, text.size()))};
    for (std::size_t i = 0; i < 2; ++i) {
        const char* end = parts[i].data() + parts[i].size();
        const auto [stop, error] = std::from_chars(parts[i].data(), end, numbers[i]);
        if (error != std::errc() || stop != end || numbers[i] < 1) refuse_it();
    }
    if (numbers[0] > numbers[1]) refuse_it();
    return {numbers[0] - 1, numbers[1]};
}

void check_numbers(const SweepOptions& o) {
    if (o.repetitions < 1) refuse("--repetitions must be at least 1");
    if (o.repetitions > Grid::kMostPoints / o.grid.points()) {
        refuse("the grid has more than " + std::to_string(Grid::kMostPoints) +
               " trainings, repetitions included");
    }
    if (o.ranks_per_point < 1) refuse("--ranks-per-point must be at least 1");
}

}  // namespace

SweepOptions parse_sweep_options(const std::vector<std::string>& arguments) {
    SweepOptions o;
    Texts texts;
    const po::options_description own = own_options(o, texts);
    po::options_description known;
    known.add(own).add(grid_options());
    po::variables_map values = parse_command_line(arguments, known);
    const po::variables_map from_command_line = values;
    if (values.count("config") != 0) {
        parse_config_file(values["config"].as<std::string>(), known, values);
    }
    po::notify(values);
    if (values.count("train") == 0) refuse("--train is required: the dataset to learn from");
    o.grid = make_grid(from_command_line, values);
    if (!texts.points.empty()) o.share = parse_share(texts.points);
    if (!texts.points.empty() && !o.merge.empty())
        refuse("--points and --merge exclude each other");
    check_numbers(o);
    o.files = plan_files(own, values);
    return o;
}

cli::CommandHelp sweep_help() {
    cli::CommandHelp help{
        .name = "sweep",
        .summary = "Trains over a grid of settings and selects the best one by validation.",
        .usage = "--train T.h5 --category C [options, lists]",
        .common = {"repetitions", "ranks-per-point", "select", "csv", "best", "best-by-category",
                   "state", "points", "lambda-path", "lambda-columns", "merge", "config", "quiet",
                   "force"},
        .examples = {"mpirun -np 2 hogwild sweep --train train.h5 --category CCAT \\",
                     "    --learning-rate 0.02,0.035,0.05 --lambda 1e-5,1e-4 --epochs 5",
                     "mpirun -np 8 hogwild sweep --config jobs/settings/paper_grid.ini \\",
                     "    --train train.h5 --category CCAT --state sweep.jsonl --best best.ini"},
        .notes =
            "Takes the options of train as well, but for --log, --model, --checkpoint,\n"
            "--verbose and --dump-config:\n"
            "where a value is a list, 0.01,0.02, the grid has all combinations.\n"};
    SweepOptions defaults;
    Texts texts;
    po::options_description known;
    known.add(own_options(defaults, texts));
    std::vector<std::string> without{"config", "dump-config", "force"};
    for (const TrainSetting& setting : train_settings()) {
        if (!belongs_to_grid(setting)) without.push_back(setting.name);
    }
    known.add(settings_of_train({}, without));
    help.choices["strategy"] = train::strategy_names();
    return command_help(std::move(help), known);
}

}  // namespace hogwild::app
