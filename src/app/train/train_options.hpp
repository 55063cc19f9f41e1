#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/command_help.hpp"
#include "io/file_plan.hpp"
#include "model/objective.hpp"
#include "model/schedule.hpp"
#include "train/sampling/sampler.hpp"
#include "train/strategy.hpp"

namespace hogwild::app {

/// The options of `hogwild train`; docs/options.md says what each means.
struct TrainOptions {
    // data
    std::string train;
    std::vector<std::string> test;
    std::string category;
    double validation_fraction = 0.1;
    std::int64_t seed = 1;
    std::string balance = "rows";
    std::string stage;  ///< folder of the node to read from; empty: read the files where they are
    // model
    std::string loss = "hinge";
    std::string regularizer = "seed";
    double lambda = 1e-4;
    std::string bias = "on";
    std::string precision = "double";
    std::string regularization;
    // update
    std::string strategy = "lock-free";
    std::int64_t batch_size = 100;
    double batch_fraction = 0.0;  ///< of all training documents, by all ranks; 0: batch_size counts
    std::string learning_rate = "0.035";
    std::string schedule = "constant";
    double decay = 0.9;
    std::string sampling = "uniform";
    bool average = false;
    std::int64_t iterations = 400;
    std::int64_t epochs = 0;  ///< 0: --iterations counts
    // lock-free
    std::string private_features = "auto";
    std::string merge_every = "auto";
    // between nodes
    std::string combine = "mean";
    double elastic_rate = 0.5;
    std::string exchange_every = "auto";
    std::string windows_per_node = "1";
    bool node_aware = false;
    // downpour
    std::int64_t servers = 1;
    std::int64_t push_every = 1;
    std::int64_t fetch_every = 1;
    std::string server_update = "plain";
    std::int64_t warm_start_epochs = 0;
    // run
    std::optional<std::int64_t> evaluate_every;  ///< empty: about once an epoch
    bool evaluate_train = false;
    bool evaluate_later = false;
    std::int64_t patience = 30;
    std::string meters = "on";
    // checkpoints; see CheckpointPlan
    std::string checkpoint;
    std::string checkpoint_every = "10m";
    bool resume = false;
    std::string max_time;  ///< empty: no limit
    // output
    std::string log;
    std::string model;
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

    model::LossKind loss_kind() const;
    model::Regularizer regularizer_kind() const;
    /// Empty: "auto".
    std::optional<double> learning_rate_value() const;
    /// @param eta  the learning rate.
    model::StepSchedule step_schedule(double eta) const;
    train::Precision precision_kind() const;
    /// A number that may be "auto", which is empty.
    std::optional<std::int64_t> private_feature_count() const;
    std::optional<std::int64_t> merge_interval() const;
    train::ExchangePlan exchange_plan() const;
    /// Without the warm start, whose batches depend on the data.
    train::DownpourPlan downpour_plan() const;
    /// As mpi::Communicators takes it.
    int window_count() const;
    /// The training dataset, then the test datasets.
    std::vector<std::string> data_names() const;
    /// Whether only documents that pull write to the weights.
    bool writes_on_pull() const { return aggregated() || regularizer == "none"; }
    bool aggregated() const { return regularization == "aggregated"; }
    train::Sampler::Kind sampling_kind() const;
};

/// Parses the command line after `train`, and the file of --config. Does not look at any data.
/// @param ini  what a caller has to say in the form of a configuration file; that of --config wins.
/// @throws Error: usage, or no_input for a --config that cannot be read.
TrainOptions parse_train_options(const std::vector<std::string>& arguments,
                                 const std::string& ini = {});

/// A setting of `train`, for commands that take the same and pass them on.
struct TrainSetting {
    std::string name;
    bool output = false;   ///< names a file to write
    bool flag = false;     ///< takes no value on the command line
    bool several = false;  ///< takes several values
};
/// All that a configuration file may set, in the order of --help.
std::vector<TrainSetting> train_settings();

/// The options by group with their defaults, for --help.
cli::CommandHelp train_help();

}  // namespace hogwild::app
