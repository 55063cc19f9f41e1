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
        "text, a document per line: its score; its id and its score or categories, as predict "
        "writes them; or its label and its score. -: standard input. Or scores of predict "
        "--matrix")("data",
                    file_value(o.data, FileUse::input, FileKind::dataset)->value_name("E.h5"),
                    "dataset with the labels, by id, or else in the order of the text")(
        "category", po::value(&o.category)->value_name("C"),
        "topic of --data that is the positive class")(
        "model", file_value(o.model, FileUse::input, FileKind::model)->value_name("M.h5"),
        "predictions are of its categories (default: of all in --data)")(
        "labels", file_value(o.labels, FileUse::input, FileKind::svmlight)->value_name("FILE"),
        "text whose lines begin with the labels, in the order of the scores, or -")(
        "positive", po::value(&o.positive)->value_name("LABEL"),
        "label in text of the positive class (default: 1)")(
        "probability", po::bool_switch(&o.probability),
        "scores are probabilities of +1, in the last of four columns: also log loss, Brier score "
        "and reliability")(
        "threshold", po::value<double>()->value_name("T"),
        "a score above T predicts +1 (default: that of the file, or 0, or 0.5 for probabilities)")(
        "log", file_value(o.log, FileUse::output, FileKind::measures)->value_name("FILE.jsonl"),
        "the measures for programs, JSON Lines")(
        "category-table",
        file_value(o.category_table, FileUse::output, FileKind::category_figures)
            ->value_name("FILE"),
        "CSV of the measures of each of several categories")("verbose", po::bool_switch(&o.verbose),
                                                             "lines for all categories")(
        "quiet", po::bool_switch(&o.quiet), "no table on the terminal");
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
    if (!std::isfinite(o.threshold.value_or(0.0))) refuse("--threshold must be a finite number");
}

}  // namespace

void EvaluateOptions::check_one() const {
    if (!model.empty()) refuse("--model is for predictions of several categories");
    if (!category_table.empty()) {
        refuse(
            "--category-table is for scores of several categories, of which --category takes one");
    }
}

void EvaluateOptions::check_several() const {
    if (data.empty()) refuse(scores + " is of several categories: name their dataset by --data");
    if (probability) refuse("--probability is for one category at a time, as text");
}

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
