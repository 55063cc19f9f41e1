#include "app/train/train_option_table.hpp"

#include <algorithm>
#include <limits>

#include "app/common/help.hpp"
#include "cli/file_options.hpp"
#include "cli/size_value.hpp"
#include "cli/typed_value.hpp"
#include "train/registry.hpp"

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

/// Declares the option that names a strategy, which is looked up here and nowhere else.
ParsedValue<const train::StrategyInfo*>* strategy_value(const train::StrategyInfo*& target) {
    const auto parse = [](const std::string& name) {
        check_choice("--strategy", name, train::strategy_names());
        return &train::strategy_info(name);
    };
    const auto name_of = [](const train::StrategyInfo* const& info) {
        return std::string(info->name);
    };
    return new ParsedValue<const train::StrategyInfo*>(target, {"NAME", parse, name_of});
}

ParsedValue<ClassWeightSetting>* class_weight_value(ClassWeightSetting& target) {
    return new ParsedValue<ClassWeightSetting>(
        target, {"balanced|P:N", parse_class_weight, class_weight_text});
}

po::options_description data_options(TrainOptions& o) {
    po::options_description group("Data");
    group.add_options()(
        "preset", named_value<Preset>("--preset"),
        "what is not set: auto, so that the data decide; paper, as the seed paper has it and as "
        "shown here (default: auto, where nothing is said of how to train)")(
        "train", file_value(o.train, FileUse::input, FileKind::dataset)->value_name("T.h5"),
        "training dataset; train also takes SVMlight text, which it converts for the run")(
        "test",
        file_value(o.test, FileUse::input, FileKind::dataset)->multitoken()->value_name("E.h5..."),
        "test datasets or texts, evaluated together at the end")(
        "category", po::value(&o.category)->value_name("C"),
        "topic whose documents are the positive class; several, each against the rest: all, or "
        "names and patterns with commas in between (C1*,ECAT)")(
        "multiclass", named_value(o.multiclass, "--multiclass"),
        "ovr: each document is of one class (all of the data, or a list given by --category): "
        "train "
        "each against the rest, and predict the one with the highest score")(
        "validation-fraction", with_default(o.validation_fraction, "F"),
        "share of the training documents held out")("seed", with_default(o.seed, "S"),
                                                    "of the split and of all sampling")(
        "balance", named_value(o.balance, "--balance"), "what ranks get equal shares of")(
        "split", named_value(o.split, "--split"),
        "of several categories, what ranks divide: documents, or categories, of which each rank "
        "trains its own on all documents; auto: what is faster")(
        "rows", named_value(o.rows, "--rows"),
        "memory: ranks hold their documents; stream: they read them while they train; auto: "
        "stream, where the documents do not fit")(
        "memory", size_or_auto(o.memory, "--memory"),
        "of a node, for all its ranks together: bytes, or with K, M, G or T; auto: what the "
        "machine, the cgroup and Slurm allow")(
        "stream-window",
        word_or_number(o.stream_window, "--stream-window", "auto", "N|auto", whole_number_from(1)),
        "documents that a rank has in memory and shuffles; auto: 8 million entries")(
        "stage", file_value(o.stage, FileUse::folder, FileKind::dataset)->value_name("DIR"),
        "copy the files that a node reads to this folder of it first, and read them there");
    return group;
}

po::options_description model_options(TrainOptions& o) {
    po::options_description group("Model");
    group.add_options()("loss", named_value(o.loss, "--loss"), "loss")(
        "regularizer", named_value(o.regularizer, "--regularizer"),
        "regularizer (docs/objectives.md)")(
        "lambda",
        word_or_number<double>(o.lambda, "--lambda", "auto", "L|auto",
                               {0.0, false, "a finite number, not negative"}),
        "its weight; auto (l2 only): tried out on some documents")(
        "feature-scaling", named_value(o.feature_scaling, "--feature-scaling"),
        "rms: divide each feature by its root mean square, and count its weight by that in l2; "
        "auto: if features differ much in size")(
        "class-weight", class_weight_value(o.class_weight),
        "what documents labelled +1 and -1 count in training; balanced: both classes the same")(
        "category-settings",
        file_value(o.category_settings, FileUse::input, FileKind::category_settings)
            ->value_name("FILE.csv"),
        "with several categories: lambda, class weights, learning rate and threshold of each; a "
        "table of --category-table, too")("bias", named_value(o.bias, "--bias"),
                                          "one more feature of value 1")(
        "initial-model",
        file_value(o.initial_model, FileUse::input, FileKind::model)->value_name("M.h5"),
        "start from the weights of this model, not from 0")(
        "precision", named_value(o.precision, "--precision"),
        "of the weights in memory; bfloat16: of several categories at once, see "
        "docs/categories.md")(
        "regularization", named_value<Regularization>("--regularization"),
        "per document, or its effect at intervals (default: exact in double, else aggregated)");
    return group;
}

po::options_description update_options(TrainOptions& o) {
    std::string strategies = "how ranks work together:";
    for (const std::string& name : train::strategy_names()) {
        strategies += (strategies.ends_with(':') ? " " : ", ") + name;
    }
    po::options_description group("Update");
    group.add_options()("strategy", strategy_value(o.strategy), strategies.c_str())(
        "batch-size", with_default(o.batch_size, "B"), "documents per update of a rank")(
        "batch-fraction", po::value(&o.batch_fraction)->value_name("F"),
        "instead: share of all training documents in one batch of all ranks")(
        "learning-rate",
        word_or_number<double>(o.learning_rate, "--learning-rate", "auto", "ETA|auto",
                               {0.0, true, "a finite number above 0"}),
        "per document: an update is its batch's sum; auto: tried out on some documents")(
        "schedule", named_value(o.schedule, "--schedule"),
        "inverse: ETA/(1+ETA L t) after t documents; decay: ETA BETA^epoch")(
        "decay", with_default(o.decay, "BETA"), "factor per epoch of --schedule decay")(
        "sampling", named_value(o.sampling, "--sampling"),
        "uniform: independent batches; permutation: every document once an epoch; blocks: the "
        "same, in blocks of neighbours where documents are many")(
        "average", po::bool_switch(&o.average),
        "the model is the mean of the weights over the run, weighted by progress")(
        "iterations", with_default(o.iterations, "N"), "batches per rank")(
        "epochs", po::value(&o.epochs)->value_name("E"),
        "passes over the training documents, instead of --iterations");
    return group;
}

po::options_description lock_free_options(TrainOptions& o) {
    po::options_description group("Update with --strategy lock-free");
    group.add_options()(
        "hot-features,private-features",
        word_or_number(o.hot_features, "--hot-features", "auto", "N|auto", whole_number_from(0)),
        "the most frequent features, of which every rank keeps a copy; 0: none")(
        "merge-every",
        word_or_number(o.merge_every, "--merge-every", "auto", "K|auto", whole_number_from(1)),
        "documents of a rank between merges of its copy");
    return group;
}

po::options_description dual_options(TrainOptions& o) {
    const NumberRule<double> share{0.0, true, "a number above 0"};
    po::options_description group("Update with --strategy dual");
    group.add_options()(
        "gap", word_or_number(o.gap, "--gap", "none", "G|none", share),
        "stop once the objective is certified to be at most this far above the optimum, relative "
        "to it (default: 1e-3; with --epochs: none)")(
        "back-off", named_value(o.back_off, "--back-off"),
        "pass over documents that stay at a bound for some epochs")(
        "bias-share", word_or_number(o.bias_share, "--bias-share", "auto", "R|auto", share),
        "of the dual variables' sum in the bias of a step; auto: 20 lambda, on several nodes 10; "
        "1: plain ascent")(
        "workers", word_or_number(o.workers, "--workers", "auto", "N|auto", whole_number_from(1)),
        "ranks of one node that train, the first ones; auto: so that each has 750,000 entries")(
        "deterministic", po::bool_switch(&o.deterministic),
        "the same bits for the same ranks: they share no weights, and exchange in rank order")(
        "exchange-overlap", named_value(o.exchange_overlap, "--exchange-overlap"),
        "on several nodes, train on while changes are added up");
    return group;
}

po::options_description node_options(TrainOptions& o) {
    po::options_description group("Update on several nodes");
    group.add_options()("combine", named_value(o.combine, "--combine"),
                        "what nodes make of their weights: the mean, by documents; the sum of "
                        "their changes; a step towards the mean (elastic); or what --strategy "
                        "dual needs, which is in effect there (dual)")(
        "elastic-rate", with_default(o.elastic_rate, "R"), "of that step, in (0, 1]")(
        "exchange-every",
        word_or_number(o.exchange_every, "--exchange-every", "auto", "DOCUMENTS|auto",
                       whole_number_from(1)),
        "documents of all ranks between exchanges; auto: so that little of the time goes into it")(
        "exchange-format", named_value(o.exchange_format, "--exchange-format"),
        "of an exchange: all weights (dense), or what has changed since the last one (sparse); "
        "auto: sparse where the model is large and not much of it changes")(
        "exchange-precision", named_value(o.exchange_precision, "--exchange-precision"),
        "of changes: that of the weights (full), or half a float with what is rounded off going "
        "into the next exchange (bfloat16)")(
        "replicas-per-node,windows-per-node",
        word_or_number(o.replicas_per_node, "--replicas-per-node", "numa", "N|numa",
                       whole_number_from(1)),
        "copies of the shared weights on a node; numa: one for each NUMA domain (bind ranks)")(
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
        "server-update", named_value(o.server_update, "--server-update"),
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
        "certify", po::bool_switch(&o.certify),
        "at the end, bound how far the objective is above its minimum (needs --regularizer l2 and "
        "--lambda above 0; --strategy dual always does)")(
        "evaluate-later", po::bool_switch(&o.evaluate_later),
        "do not stop for validations: evaluate copies of the weights after training")(
        "patience", with_default(o.patience, "N"),
        "stop when the best of the last N validations gets worse; 0: never")(
        "threshold",
        word_or_number<double>(o.threshold, "--threshold", "f1", "T|f1",
                               {std::numeric_limits<double>::lowest(), false, "a number"}),
        "documents with a score above it are predicted +1, here and by predict; f1: chosen for "
        "the highest F1 of the held-out documents")(
        "fbr", with_default(o.fbr, "F1"),
        "with --threshold f1 and several categories: where the held-out F1 of one stays below "
        "this, its threshold is the highest held-out score (Lewis et al. 2004); 0: nowhere")(
        "calibration", named_value(o.calibration, "--calibration"),
        "how scores become the probabilities of predict --probability, by the held-out documents: "
        "platt, a logistic function of the score (the logistic loss has its own); isotonic, any "
        "rising one, for a thousand held-out documents or more")(
        "stop-by", named_value(o.stop_by, "--stop-by"),
        "the measure of the held-out documents that --patience follows")(
        "meters", named_value(o.meters, "--meters"), "measure contention and staleness");
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
        "trained model")(
        "category-table",
        file_value(o.category_table, FileUse::output, FileKind::category_figures)
            ->value_name("FILE.csv"),
        "with several categories: the figures of each, of the test documents if there are any")(
        "confusion-table",
        file_value(o.confusion_table, FileUse::output, FileKind::class_confusion)
            ->value_name("FILE.csv"),
        "with --multiclass: documents by class (rows) and prediction (columns)")(
        "quiet", po::bool_switch(&o.quiet), "no progress, no table")(
        "verbose", po::bool_switch(&o.verbose),
        "also where ranks run, what was staged, contention and staleness");
    return group;
}

}  // namespace

po::options_description setting_options(TrainOptions& o) {
    po::options_description all;
    all.add(data_options(o))
        .add(model_options(o))
        .add(update_options(o))
        .add(lock_free_options(o))
        .add(dual_options(o))
        .add(node_options(o))
        .add(downpour_options(o))
        .add(run_options(o))
        .add(checkpoint_options(o))
        .add(output_options(o));
    return all;
}

bool says_how_to_train(const po::variables_map& values) {
    const auto given = [&](const std::string& name) {
        return values.count(name) != 0 && !values[name].defaulted();
    };
    TrainOptions scratch;
    po::options_description how;
    how.add(update_options(scratch))
        .add(lock_free_options(scratch))
        .add(node_options(scratch))
        .add(downpour_options(scratch));
    const std::vector<std::string> others{"regularizer",    "regularization", "initial-model",
                                          "evaluate-later", "patience",       "stop-by"};
    return std::ranges::any_of(how.options(),
                               [&](const auto& option) { return given(option->long_name()); }) ||
           std::ranges::any_of(others, given);
}

po::options_description train_command_line(TrainOptions& o, std::string& config) {
    po::options_description group("Configuration");
    group.add_options()("config",
                        file_value(config, FileUse::input, FileKind::settings)->value_name("FILE"),
                        "INI file of these options; the command line wins")(
        "dump-config", po::bool_switch(&o.dump_config), "print the settings in effect and stop");
    add_force(group, o.force);
    po::options_description all = setting_options(o);
    all.add(group);
    return all;
}

cli::CommandHelp train_help() {
    cli::CommandHelp help{
        .name = "train",
        .summary = "Learns a linear classifier by parallel stochastic gradient descent.",
        .usage = "--train T.h5 --category C [options]",
        .common = {"train", "test", "category", "config", "model", "log", "strategy", "epochs",
                   "batch-size", "learning-rate", "schedule", "regularizer", "lambda",
                   "class-weight", "precision", "seed", "checkpoint", "resume", "quiet"},
        .examples = {"mpirun -np 2 hogwild train --config jobs/settings/fast.ini \\",
                     "    --train train.h5 --test test.h5 --category CCAT --model ccat.h5",
                     "mpirun -np 8 hogwild train --config jobs/settings/paper.ini \\",
                     "    --train train.h5 --category CCAT --strategy locked --log run.jsonl"},
        .notes = {}};
    help.choices["strategy"] = train::strategy_names();
    TrainOptions defaults;
    std::string config;
    return command_help(std::move(help), train_command_line(defaults, config));
}

po::options_description settings_of_train(const TrainOptions& defaults,
                                          const std::vector<std::string>& without) {
    TrainOptions scratch = defaults;
    std::string config;
    const po::options_description known = train_command_line(scratch, config);
    po::options_description rest("Options of train");
    for (const auto& option : known.options()) {
        if (std::ranges::find(without, option->long_name()) == without.end()) rest.add(option);
    }
    return rest;
}

}  // namespace hogwild::app
