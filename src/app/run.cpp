#include "hogwild/app/run.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

#include "hogwild/app/agreement.hpp"
#include "hogwild/app/evaluate.hpp"
#include "hogwild/app/memory.hpp"
#include "hogwild/app/outputs.hpp"
#include "hogwild/app/training_task.hpp"
#include "hogwild/data/version.hpp"
#include "hogwild/model/early_stopping.hpp"
#include "hogwild/mpi/collectives.hpp"
#include "hogwild/mpi/environment.hpp"
#include "hogwild/mpi/shared_memory.hpp"
#include "hogwild/train/strategy.hpp"

namespace hogwild::app {
namespace {

using Json = nlohmann::ordered_json;

/// One run from files to verdict. Members are in the order in which they come into being.
class TrainingRun {
public:
    TrainingRun(const TrainOptions& options, const mpi::Communicators& comms,
                const Stopwatch& since_start, const std::function<void(const ProgressRow&)>& show,
                const RunProbe& probe)
        : options_(options),
          comms_(comms),
          since_start_(since_start),
          show_(show),
          probe_(probe),
          task_(options, comms, probe.copies) {}

    Result run() {
        check_layout(options_, comms_);
        open_files();
        prepare();
        try {
            if (probe_.before_training)
                probe_.before_training(*strategy_, task_.data.training, *task_.batches);
            agree_on_root(world(), [&] { outputs_->start(start_json()); });
            loop();
            finish();
        } catch (const AgreedError&) {
            strategy_->close();  // all ranks are here, so it can be done in order
            throw;
        }
        strategy_->close();
        return result_;
    }

private:
    MPI_Comm world() const { return comms_.world(); }
    bool root() const { return comms_.rank() == 0; }

    void open_files() {
        task_.open();
        agree_on_root(world(), [&] {
            for (const std::string& output : {options_.log, options_.model}) {
                io::check_not_input(output, task_.source->dataset.paths());
                for (const LabelledDataset& test : task_.tests) {
                    io::check_not_input(output, test.dataset.paths());
                }
            }
            outputs_.emplace(options_.log, options_.model);
        });
    }

    void prepare() {
        task_.load();
        const auto precision = options_.precision_kind();
        agree(world(), [&] {
            check_shared_memory(
                train::shared_bytes(options_.strategy, precision, task_.objective.n_weights(),
                                    task_.private_plan.features, comms_.node_size()));
        });
        problem_.emplace(task_.problem());
        if (options_.evaluate_later) {
            agree_on_root(world(), [&] {
                snapshots_.emplace(task_.evaluate_every,
                                   (task_.last_iteration - 1) / task_.evaluate_every,
                                   task_.objective.n_weights());
                problem_->snapshots = &*snapshots_;
            });
        }
        if (options_.average) {
            averager_.emplace(task_.make_averager());
            problem_->averager = &*averager_;
        }
        strategy_ = train::make_strategy(options_.strategy, precision, *problem_, comms_);
        weights_.resize(task_.objective.n_weights());
        result_.load_seconds = mpi::max(world(), since_start_.seconds());
    }

    /// Too little is found out before the ranks are inside MPI's collective call.
    static void check_shared_memory(std::uint64_t needed) {
        constexpr std::uint64_t kSlack = std::uint64_t{1} << 20;  // MPI's own, and pages
        const std::uint64_t free = mpi::shared_memory_free();
        if (needed + kSlack <= free) return;
        throw Error(ExitCode::resource,
                    "the weights need " + std::to_string((needed + kSlack) >> 10) +
                        " KiB of shared memory, /dev/shm of " + mpi::host_name() + " has " +
                        std::to_string(free >> 10) + " KiB; enlarge it (docker: --shm-size)");
    }

    void loop() {
        result_.stop_reason = options_.epochs > 0 ? "epochs" : "iterations";
        if (options_.evaluate_later) {
            run_round(task_.last_iteration);
            evaluate_snapshots();
            evaluate_round();
            record();
            return;
        }
        model::EarlyStopping stopping(static_cast<std::size_t>(options_.patience));
        while (result_.progress.iteration < task_.last_iteration && result_.valid()) {
            run_round(
                std::min(result_.progress.iteration + task_.evaluate_every, task_.last_iteration));
            evaluate_round();
            record();
            // rank 0 decides for all
            const bool stop = root() && stopping.observe(result_.progress.validation.objective);
            if (mpi::broadcast(world(), 0, std::int64_t{stop}) != 0) {
                result_.stop_reason = "early-stopping";
                break;
            }
        }
    }

    void record() {
        agree_on_root(world(), [&] { outputs_->log(evaluation_json(result_.progress)); });
        if (root() && show_) show_(result_.progress);
    }

    void run_round(std::int64_t until) {
        mpi::barrier(world());
        const Stopwatch watch;
        if (snapshots_) snapshots_->start();
        strategy_->run(until);
        strategy_->quiesce();
        const double copying = snapshots_ ? snapshots_->copying_seconds() : 0.0;
        ProgressRow& row = result_.progress;
        row.ranks = comms_.size();
        row.train_seconds += mpi::max(world(), watch.seconds() - copying);
        row.iteration = until;
        row.samples = mpi::sum(world(), task_.batches->documents_before(until));
        row.epoch =
            static_cast<double>(row.samples) / static_cast<double>(task_.data.training_documents);
    }

    /// The rows of the log that training did not stop for. `samples` is what all ranks had done if
    /// they were as far as rank 0.
    void evaluate_snapshots() {
        const ProgressRow at_the_end = result_.progress;
        const std::int64_t count = mpi::broadcast(
            world(), 0, snapshots_ ? std::ssize(snapshots_->taken()) : std::int64_t{0});
        for (std::int64_t k = 0; k < count; ++k) {
            ProgressRow& row = result_.progress;
            if (root()) {
                const train::Snapshots::Snapshot& s =
                    snapshots_->taken()[static_cast<std::size_t>(k)];
                row.iteration = s.iteration;
                row.train_seconds = s.seconds;
                row.samples =
                    std::llround(problem_->documents_scale *
                                 static_cast<double>(task_.batches->documents_before(s.iteration)));
                row.epoch = static_cast<double>(row.samples) /
                            static_cast<double>(task_.data.training_documents);
                weights_ = s.weights;
            }
            mpi::broadcast(world(), 0, weights_);
            const Stopwatch watch;
            evaluate_weights();
            result_.evaluation_seconds += watch.seconds();
            record();
        }
        result_.progress = at_the_end;
    }

    void evaluate_round() {
        const Stopwatch watch;
        strategy_->weights(weights_);
        if (averager_) averager_->replace_by_mean(world(), weights_);
        result_.progress.meters = strategy_->meters().summed(world());
        evaluate_weights();
        result_.evaluation_seconds += watch.seconds();
    }

    void evaluate_weights() {
        if (!std::ranges::all_of(weights_, [](double w) { return std::isfinite(w); })) {
            result_.verdict = "INVALID: the weights are not finite after " +
                              std::to_string(result_.progress.iteration) +
                              " iterations; lower --learning-rate";
            result_.stop_reason = "invalid";
        }
        ProgressRow& row = result_.progress;
        row.validation = evaluate_rows(task_.objective, weights_, task_.data.validation, world());
        if (options_.evaluate_train) {
            row.train_objective =
                evaluate_rows(task_.objective, weights_, task_.data.training, world()).objective;
        }
        row.elapsed_seconds = since_start_.seconds();
    }

    void finish() {
        const Stopwatch watch;
        result_.train = evaluate_rows(task_.objective, weights_, task_.data.training, world());
        result_.test =
            evaluate_datasets(task_.objective, task_.original(weights_), task_.tests, comms_);
        result_.evaluation_seconds += watch.seconds();
        result_.strategy = options_.strategy;
        result_.private_plan = task_.private_plan;
        result_.nodes = comms_.nodes();
        result_.seed = options_.seed;
        result_.peak_memory_bytes = mpi::sum(world(), peak_memory());
        agree_on_root(world(), [&] {
            if (result_.valid()) outputs_->write_model(trained_model());
            result_.total_seconds = since_start_.seconds();
            outputs_->log(result_json(result_));
            outputs_->close();
        });
    }

    Json start_json() const {
        Json settings = Json::object();
        for (const auto& [name, value] : options_.effective) {
            if (settings.contains(name)) {  // an option that is given several times
                if (!settings[name].is_array()) settings[name] = Json::array({settings[name]});
                settings[name].push_back(value);
            } else {
                settings[name] = value;
            }
        }
        return {{"event", "start"},
                {"program", data::program_version()},
                {"compiler", data::compiler_description()},
                {"mpi", mpi::library_version()},
                {"host", mpi::host_name()},
                {"ranks", comms_.size()},
                {"nodes", comms_.nodes()},
                {"options", settings},
                {"dataset_digests", task_.digests()},
                {"features", task_.objective.n_features},
                {"training_documents", task_.data.training_documents},
                {"training_positives", task_.data.training_positives},
                {"validation_documents", task_.data.validation_documents},
                {"batch_size", task_.batch_size()},
                {"evaluate_every", task_.evaluate_every},
                {"learning_rate", task_.learning_rate},
                {"private_features", task_.private_plan.features},
                {"merge_every",
                 task_.private_plan.features > 0 ? Json(task_.private_plan.merge_every) : Json()}};
    }

    io::Model trained_model() const {
        io::Model m;
        m.weights = task_.original(weights_);
        m.bias = m.weights.back();
        m.weights.pop_back();
        m.category = options_.category;
        m.loss = options_.loss;
        m.regularizer = options_.regularizer;
        m.lambda = options_.lambda;
        m.strategy = options_.strategy;
        m.ranks = comms_.size();
        m.seed = options_.seed;
        m.precision = options_.precision;
        m.options = options_.effective_ini();
        m.dataset_digests = task_.digests();
        m.program = data::program_version();
        const Json json = result_json(result_);
        for (const char* name : {"train_objective", "train_accuracy", "validation_objective",
                                 "validation_accuracy", "test_objective", "test_accuracy"}) {
            if (json[name].is_number()) m.metrics[name] = json[name].get<double>();
        }
        return m;
    }

    const TrainOptions& options_;
    const mpi::Communicators& comms_;
    const Stopwatch& since_start_;
    const std::function<void(const ProgressRow&)>& show_;
    const RunProbe& probe_;
    TrainingTask task_;
    std::optional<Outputs> outputs_;             ///< on rank 0
    std::optional<train::Snapshots> snapshots_;  ///< on rank 0, with --evaluate-later
    std::optional<train::Averager> averager_;    ///< with --average
    std::optional<train::Problem> problem_;
    std::unique_ptr<train::Strategy> strategy_;
    std::vector<double> weights_;
    Result result_;
};

}  // namespace

void check_layout(const TrainOptions& options, const mpi::Communicators& comms) {
    if (options.strategy == "sequential" && comms.size() > 1) {
        throw AgreedError(ExitCode::usage, "--strategy sequential is for one rank, not " +
                                               std::to_string(comms.size()) + "; use mpirun -np 1");
    }
    if (options.strategy == "downpour" && comms.size() > 1 && options.servers >= comms.size()) {
        throw AgreedError(ExitCode::usage, "--servers " + std::to_string(options.servers) +
                                               " leaves none of " + std::to_string(comms.size()) +
                                               " ranks to work; start more ranks");
    }
    if (comms.nodes() > 1 && train::shares_memory(options.strategy)) {
        throw AgreedError(ExitCode::usage, "--strategy " + options.strategy +
                                               " shares memory: start all ranks on one node, "
                                               "not on " +
                                               std::to_string(comms.nodes()));
    }
}

Result run_training(const TrainOptions& options, const mpi::Communicators& comms,
                    const Stopwatch& since_start,
                    const std::function<void(const ProgressRow&)>& show, const RunProbe& probe) {
    return TrainingRun(options, comms, since_start, show, probe).run();
}

}  // namespace hogwild::app
