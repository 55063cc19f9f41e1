#include "app/evaluate/evaluate_options.hpp"

#include <cmath>

#include "app/common/commands.hpp"
#include "app/common/help.hpp"
#include "cli/file_options.hpp"
#include "cli/option_error.hpp"
#include "cli/option_parser.hpp"

namespace hogwild::app {
namespace {

using io::FileKind;
using io::FileUse;

po::options_description evaluate_options(EvaluateOptions& o) {
    po::options_description group("Options");
    group.add_options()(
        "scores",
        file_value(o.scores, FileUse::input, FileKind::scores)->required()->value_name("FILE"),
        "text, a document per line: its score; its id and its score, as predict writes them; or, "
        "without --data and --labels, its label and its score. -: standard input")(
        "data", file_value(o.data, FileUse::input, FileKind::dataset)->value_name("E.h5"),
        "dataset with the labels, of the same documents by id; without ids in the order of the "
        "text that was converted")("category", po::value(&o.category)->value_name("C"),
                                   "topic of --data whose documents are the positive class")(
        "labels", file_value(o.labels, FileUse::input, FileKind::svmlight)->value_name("FILE"),
        "text whose lines begin with the labels (svmlight text, or labels alone), in the order of "
        "the scores. -: standard input")(
        "positive", po::value(&o.positive)->value_name("LABEL"),
        "the label of the positive class; all others are negative (default: 1, and -1 or 0)")(
        "probability", po::bool_switch(&o.probability),
        "scores are probabilities of +1: also log loss, Brier score and reliability. Of four "
        "columns, as predict --probability writes them, the last one counts")(
        "threshold", po::value<double>()->value_name("T"),
        "documents with a score above T are predicted +1 (default: 0; with --probability 0.5)")(
        "log", file_value(o.log, FileUse::output, FileKind::measures)->value_name("FILE.jsonl"),
        "the measures for programs, JSON Lines")("quiet", po::bool_switch(&o.quiet),
                                                 "no table on the terminal");
    add_force(group, o.force);
    return group;
}

void check(const EvaluateOptions& o) {
    if (!o.data.empty() && !o.labels.empty()) refuse("--data and --labels exclude each other");
    if (!o.category.empty() && o.data.empty()) refuse("--category is a topic of --data");
    if (!o.positive.empty() && !o.data.empty()) {
        refuse("--positive is for labels in text; of --data name a topic with --category");
    }
    if (o.scores == "-" && o.labels == "-") {
        refuse("--scores - and --labels -: only one of them can be the standard input");
    }
    if (!std::isfinite(o.threshold_in_effect())) refuse("--threshold must be a finite number");
}

}  // namespace

EvaluateOptions parse_evaluate_options(const std::vector<std::string>& arguments) {
    EvaluateOptions o;
    const po::options_description known = evaluate_options(o);
    po::variables_map values = parse_command_line(arguments, known);
    try {
        po::notify(values);
    } catch (po::error& error) {
        refuse(option_error_text(error, known));
    }
    if (values.count("threshold") != 0) o.threshold = values["threshold"].as<double>();
    o.files = plan_files(known, values);
    check(o);
    return o;
}

cli::CommandHelp evaluate_help() {
    cli::CommandHelp help{
        .name = "evaluate",
        .summary = "Measures how well scores, made by any program, agree with labels.",
        .usage = "--scores FILE [--data E.h5 | --labels FILE]",
        .common = {},
        .examples = {"hogwild evaluate --scores scores.txt --data test.h5 --category CCAT",
                     "hogwild evaluate --scores labels-and-scores.txt --probability"},
        .notes = {}};
    EvaluateOptions defaults;
    return command_help(std::move(help), evaluate_options(defaults));
}

}  // namespace hogwild::app
