#pragma once
#include <algorithm>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "app/train/train_options.hpp"
#include "cli/palette.hpp"
#include "model/evaluation.hpp"
#include "model/isotonic.hpp"
#include "model/matrix_evaluation.hpp"
#include "model/platt.hpp"
#include "train/certificate.hpp"
#include "train/context.hpp"
#include "train/meters/meters.hpp"

namespace hogwild::app {

/// How far training has come; the fields of the log's rows (docs/output.md).
struct ProgressRow {
    std::int64_t iteration = 0;
    std::int64_t last_iteration = 0;  ///< at which the run ends
    double epoch = 0.0;
    double last_epoch = 0.0;  ///< at which the run ends
    std::int64_t samples = 0;
    double train_seconds = 0.0;
    double elapsed_seconds = 0.0;
    std::optional<double> seconds_left;  ///< estimated; empty once training is over
    bool evaluated = true;               ///< else the metrics are older than the rest
    model::Metrics validation;
    std::optional<double> train_objective;          ///< with --evaluate-train
    std::optional<train::Certificate> certificate;  ///< of these weights, if there is one
    train::Meters meters;                           ///< of all ranks, since the start
    int ranks = 1;

    void forget_metrics() {
        validation = {};
        train_objective.reset();
    }
    /// Before this rank's batch `iteration`, if all ranks are as far as this one.
    void move_to(std::int64_t iteration, const train::TrainingContext& context);
    /// Share of the run that is done.
    double done() const {
        return static_cast<double>(iteration) /
               static_cast<double>(std::max<std::int64_t>(1, last_iteration));
    }
};

/// What a run that tells several categories from the rest has found, by output and over all.
struct CategoryResults {
    std::vector<std::string> names;
    std::vector<std::string> skipped;     ///< see OutputLabels
    std::vector<std::int64_t> positives;  ///< training documents; empty: they are not known
    std::vector<model::OutputModel> outputs;
    std::vector<double> learning_rates;  ///< empty with `dual`, which has none
    model::MatrixMetrics train;
    model::MatrixMetrics validation;
    model::MatrixMetrics test;
};

/// The result of a finished run.
struct Result {
    ProgressRow progress;
    std::string strategy;
    Preset preset = Preset::paper;
    std::optional<double> chosen_lambda;  ///< by --lambda auto
    bool scales_features = false;         ///< divides them by their root mean squares
    int workers = 1;                      ///< ranks that trained
    int nodes = 1;
    int replicas = 1;  ///< vectors of shared weights
    model::ClassWeights class_weights;
    std::int64_t seed = 0;
    double load_seconds = 0.0;
    double evaluation_seconds = 0.0;
    double total_seconds = 0.0;
    model::Metrics train;
    model::Metrics test;
    double threshold = 0.0;             ///< a score above it is predicted +1
    bool lacks_threshold = false;       ///< --threshold f1 found none, and 0 stays
    std::optional<model::Platt> platt;  ///< of the held-out scores, unless isotonic is
    std::optional<model::Isotonic> isotonic;
    std::optional<CategoryResults> categories;  ///< of a run with several outputs
    std::string stop_reason;
    /// Stopped early with a checkpoint; then there is nothing else to report. On all ranks.
    bool stopped = false;
    double checkpoint_seconds = 0.0;
    std::int64_t checkpoints = 0;
    std::int64_t peak_memory_bytes = 0;  ///< of all ranks
    std::string verdict = "VALID";
    std::vector<std::string> warnings;  ///< about a model that is VALID, see find_warnings()
    train::HotHeadPlan hot_head_plan;   ///< of `lock-free`

    double samples_per_second() const;
    bool valid() const { return verdict == "VALID"; }
};

/// "epoch 12 of 200".
std::string position_text(const ProgressRow& row);
/// How far a run is, for people: epoch, time left, and the metrics of the last evaluation.
/// @param verbose  also iterations and seconds of training.
std::string progress_line(const ProgressRow& row, bool verbose);
/// The warnings as lines for people; empty where there are none.
std::string warning_lines(const Result& result, const Palette& palette);
/// The final table, lines of at most 80 columns; warnings, of any length, come before the verdict.
/// @param verbose  also what ranks did to each other: contention, staleness, waiting.
std::string result_table(const Result& result, bool verbose, const Palette& palette);

/// Rows of the run log.
nlohmann::ordered_json evaluation_json(const ProgressRow& row);
nlohmann::ordered_json result_json(const Result& result);

}  // namespace hogwild::app
