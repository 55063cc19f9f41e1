#pragma once
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/train/class_weight.hpp"
#include "app/train/option_names.hpp"
#include "data/decision.hpp"
#include "io/file_plan.hpp"
#include "train/registry.hpp"

namespace hogwild::cli {
struct CommandHelp;
}

namespace hogwild::app {

/// The options of `hogwild train`; docs/options.md says what each means.
struct TrainOptions {
    Preset preset = Preset::paper;
    // data
    std::string train;
    std::vector<std::string> test;
    std::string category;
    Multiclass multiclass = Multiclass::none;
    double validation_fraction = 0.1;
    std::int64_t seed = 1;
    Balance balance = Balance::rows;
    OutputSplit split = OutputSplit::automatic;
    RowStorage rows = RowStorage::automatic;
    std::optional<std::int64_t> memory;         ///< bytes of a node; empty: what there is
    std::optional<std::int64_t> stream_window;  ///< documents; empty: auto
    std::string stage;  ///< folder of the node to read from; empty: read the files where they are
    // model
    model::LossKind loss = model::LossKind::hinge;
    model::Regularizer regularizer = model::Regularizer::seed;
    std::optional<double> lambda = 1e-4;  ///< empty: auto
    model::FeatureScaling feature_scaling = model::FeatureScaling::none;
    ClassWeightSetting class_weight;
    std::string
        category_settings;  ///< CSV of settings by category; empty: none, see CategorySettings
    data::Switch bias = data::Switch::on;
    std::string initial_model;  ///< to start from; empty: all weights start at 0
    train::Precision precision = train::Precision::double_;
    Regularization regularization = Regularization::exact;
    // update
    const train::StrategyInfo* strategy = &train::default_strategy();
    std::int64_t batch_size = 100;
    double batch_fraction = 0.0;  ///< of all training documents, by all ranks; 0: batch_size counts
    std::optional<double> learning_rate = 0.035;  ///< empty: auto
    model::StepSchedule::Kind schedule = model::StepSchedule::Kind::constant;
    double decay = 0.9;
    train::Sampler::Kind sampling = train::Sampler::Kind::uniform;
    bool average = false;
    std::int64_t iterations = 400;
    std::int64_t epochs = 0;  ///< 0: --iterations counts
    // lock-free
    std::optional<std::int64_t> hot_features;  ///< empty: auto, likewise below
    std::optional<std::int64_t> merge_every;
    // dual
    std::optional<double> gap;  ///< relative; empty: all --epochs
    data::Switch back_off = data::Switch::on;
    std::optional<double> bias_share;     ///< empty: auto
    std::optional<std::int64_t> workers;  ///< empty: auto
    bool deterministic = false;           ///< each rank is a replica of its own
    data::Switch exchange_overlap = data::Switch::off;
    // between nodes
    train::Combine combine = train::Combine::mean;
    double elastic_rate = 0.5;
    std::optional<std::int64_t> exchange_every;
    train::ExchangeFormat exchange_format = train::ExchangeFormat::automatic;
    ExchangePrecision exchange_precision = ExchangePrecision::full;
    std::optional<std::int64_t> replicas_per_node = 1;  ///< empty: one for each NUMA domain
    bool node_aware = false;
    // downpour
    std::int64_t servers = 1;
    std::int64_t push_every = 1;
    std::int64_t fetch_every = 1;
    ServerUpdate server_update = ServerUpdate::plain;
    std::int64_t warm_start_epochs = 0;
    // predictions
    std::optional<double> threshold =
        0.0;           ///< empty: that with the highest F1 on held-out documents
    double fbr = 0.0;  ///< see model::choose_threshold()
    CalibrationKind calibration = CalibrationKind::platt;
    // run
    std::optional<std::int64_t> evaluate_every;  ///< empty: about once an epoch
    bool evaluate_train = false;
    bool certify = false;  ///< the last model; `dual` certifies at any rate
    bool evaluate_later = false;
    std::int64_t patience = 30;
    model::Measure stop_by = model::Measure::objective;
    data::Switch meters = data::Switch::on;
    // checkpoints; see CheckpointPlan
    std::string checkpoint;
    std::string checkpoint_every = "10m";
    bool resume = false;
    std::string max_time;  ///< empty: no limit
    // output
    std::string log;
    std::string model;
    std::string category_table;   ///< CSV of the figures of several categories
    std::string confusion_table;  ///< CSV, with --multiclass
    bool quiet = false;
    bool verbose = false;
    bool dump_config = false;
    bool force = false;  ///< replace foreign files
    io::FilePlan files;  ///< all that is read and written

    /// Every setting in effect by option name, as an INI file has it.
    std::vector<std::pair<std::string, std::string>> effective;
    std::string effective_ini() const;
    /// The same for programs: numbers and booleans as such, a list for what takes several values.
    nlohmann::ordered_json effective_json() const;

    /// @param eta  the learning rate.
    model::StepSchedule step_schedule(double eta, double chosen_lambda) const;
    train::ExchangePlan exchange_plan() const;
    train::DualPlan dual_plan() const;
    /// Without the warm start, whose batches depend on the data.
    train::DownpourPlan downpour_plan() const;
    /// As mpi::Communicators takes it.
    int replica_count() const;
    /// The training dataset, then the test datasets.
    std::vector<std::string> data_names() const;
    /// Whether only documents with a gradient write to the weights.
    bool writes_only_active() const {
        return aggregated() || regularizer == model::Regularizer::none;
    }
    /// How scores of several categories become predictions.
    data::Decision decision() const {
        return multiclass == Multiclass::none ? data::Decision::threshold : data::Decision::highest;
    }
    /// Whether a weight matrix is made for several categories, unless their settings exclude it.
    bool suits_matrix() const;
    bool aggregated() const { return regularization == Regularization::aggregated; }
    /// Whether the probability of +1 is to be found from held-out scores.
    bool needs_calibration() const {
        return calibration == CalibrationKind::isotonic || loss != model::LossKind::logistic;
    }
    /// Whether some documents are not learnt from, or those of the trial of lambda are at hand.
    bool has_held_out_scores() const { return validation_fraction > 0.0 || !lambda; }
};

/// Parses the command line after `train`, and the file of --config. Reads no data. Where nothing
/// is said of how to train, --preset auto is in effect, see says_how_to_train().
/// @param ini    what a caller has to say in the form of a configuration file; that of --config
///               wins.
/// @throws Error: usage, or no_input for a --config that cannot be read.
TrainOptions parse_train_options(const std::vector<std::string>& arguments,
                                 const std::string& ini = {});

/// A setting of `train`, for commands that take the same and pass them on.
struct TrainSetting {
    std::string name;
    std::string names;     ///< with older ones that are still understood: "new,old"
    bool output = false;   ///< names a file to write
    bool flag = false;     ///< takes no value on the command line
    bool several = false;  ///< takes several values
};
/// All that a configuration file may set, in the order of --help.
std::vector<TrainSetting> train_settings();
/// The name that a setting has now. @param name  of any setting, now or in an older program.
std::string present_setting_name(const std::string& name);

/// The options by group with their defaults, for --help.
cli::CommandHelp train_help();

}  // namespace hogwild::app
