#include "hogwild/app/run.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

#include "hogwild/app/agreement.hpp"
#include "hogwild/app/evaluate.hpp"
#include "hogwild/app/load.hpp"
#include "hogwild/app/memory.hpp"
#include "hogwild/app/outputs.hpp"
#include "hogwild/data/version.hpp"
#include "hogwild/model/early_stopping.hpp"
#include "hogwild/mpi/collectives.hpp"
#include "hogwild/mpi/environment.hpp"
#include "hogwild/mpi/shared_memory.hpp"
#include "hogwild/train/averager.hpp"
#include "hogwild/train/calibration.hpp"
#include "hogwild/train/decay.hpp"
#include "hogwild/train/private_features.hpp"
#include "hogwild/train/repeated_batches.hpp"
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
        : options_(options), comms_(comms), since_start_(since_start), show_(show), probe_(probe) {}

    Result run() {
        check_layout(options_, comms_);
        open_files();
        prepare();
        try {
            if (probe_.before_training)
                probe_.before_training(*strategy_, data_.training, *sampler_);
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
        agree(world(), [&] {
            source_.emplace(open_labelled(options_.train, options_.category));
            for (const std::string& name : options_.test) {
                tests_.push_back(open_labelled(name, options_.category));
            }
        });
        agree_on_root(world(), [&] {
            for (const std::string& output : {options_.log, options_.model}) {
                io::check_not_input(output, source_->dataset.paths());
                for (const LabelledDataset& test : tests_) {
                    io::check_not_input(output, test.dataset.paths());
                }
            }
            outputs_.emplace(options_.log, options_.model);
        });
    }

    void prepare() {
        workers_ = train::worker_count(
            options_.strategy, {.servers = static_cast<int>(options_.servers)}, comms_.size());
        agree(world(), [&] { choose_private_features(); });
        data_ = load_training(*source_, options_, order_, workers_, comms_);
        if (probe_.copies > 1) {
            agree(world(), [&] {
                data_.training = data::repeated(data_.training, probe_.copies,
                                                static_cast<std::uint64_t>(options_.seed));
            });
        }
        agree(world(), [&] { set_objective(); });
        set_sampler();
        const auto precision = options_.precision_kind();
        agree(world(), [&] {
            const std::uint64_t needed =
                train::shared_bytes(options_.strategy, precision, objective_.n_weights(),
                                    private_plan_.features, comms_.node_size());
            if (const std::uint64_t free = mpi::shared_memory_free(); needed + kShmSlack > free) {
                throw Error(ExitCode::resource,
                            "the weights need " + std::to_string((needed + kShmSlack) >> 10) +
                                " KiB of shared memory, /dev/shm of " + mpi::host_name() + " has " +
                                std::to_string(free >> 10) +
                                " KiB; enlarge it (docker: --shm-size)");
            }
        });
        choose_learning_rate();
        problem_.emplace(make_problem());
        if (options_.evaluate_later && root()) problem_->snapshots = &*snapshots_;
        if (options_.average) problem_->averager = &set_averager();
        strategy_ = train::make_strategy(options_.strategy, precision, *problem_, comms_);
        weights_.resize(objective_.n_weights());
        result_.load_seconds = mpi::max(world(), since_start_.seconds());
    }

    void set_objective() {
        objective_.loss = options_.loss_kind();
        objective_.regularizer = options_.regularizer_kind();
        objective_.lambda = options_.lambda;
        objective_.bias = options_.bias == "on";
        std::int64_t features = source_->dataset.features();
        for (const LabelledDataset& test : tests_) {
            features = std::max(features, test.dataset.features());
        }
        objective_.n_features = static_cast<std::size_t>(features);
        if (objective_.regularizer != model::Regularizer::hogwild) return;
        // d_u of the whole training file, held-out documents included; the bias is in all of them
        objective_.inverse_degree.assign(objective_.n_weights(), 0.0);
        const std::vector<std::int64_t> counts =
            order_.apply(std::span<const std::int64_t>(source_->dataset.feature_counts()));
        std::ranges::transform(counts, objective_.inverse_degree.begin(), [](std::int64_t d) {
            return d > 0 ? 1.0 / static_cast<double>(d) : 0.0;
        });
        objective_.inverse_degree.back() = 1.0 / static_cast<double>(source_->dataset.rows());
    }

    void choose_private_features() {
        if (options_.strategy != "lock-free" || !options_.writes_on_pull()) return;
        const std::vector<std::int64_t> counts = source_->dataset.feature_counts();
        private_plan_ = train::choose_private_plan(
            {.batch_size =
                 options_.batch_fraction > 0.0 ? source_->dataset.rows() : options_.batch_size,
             .ranks = comms_.node_size(),
             .weight_bytes = options_.precision == "float" ? sizeof(float) : sizeof(double)},
            counts, options_.private_feature_count(), options_.merge_interval());
        order_ = data::FeatureOrder(counts, private_plan_.features);
        private_plan_.features = order_.first();
    }

    /// Documents per batch of a rank.
    std::int64_t batch_size() const {
        if (options_.batch_fraction == 0.0) return options_.batch_size;
        const double all = options_.batch_fraction * static_cast<double>(data_.training_documents);
        return std::max<std::int64_t>(1, std::llround(all / workers_));
    }

    /// This rank's batches that hold as many documents as there are rows, copies not counted.
    std::int64_t batches_per_epoch() const {
        const std::int64_t rows = data_.training.size() / probe_.copies;
        return (rows + batch_size() - 1) / batch_size();
    }

    void set_sampler() {
        const std::int64_t rows = data_.training.size() / probe_.copies;
        sampler_ = std::make_unique<train::Sampler>(
            train::Sampler::Plan{options_.sampling_kind(), rows, batch_size(),
                                 options_.epochs > 0 ? 0 : options_.iterations, options_.epochs,
                                 static_cast<std::uint64_t>(options_.seed), comms_.rank()});
        if (probe_.copies > 1) {
            // a permutation is one copy's: every document is still there once an epoch
            constexpr std::int64_t kTurn = 64;
            const bool whole = options_.sampling_kind() == train::Sampler::Kind::permutation;
            const std::int64_t turn =
                whole ? std::max<std::int64_t>(1, batches_per_epoch()) : kTurn;
            sampler_ = std::make_unique<train::RepeatedBatches>(std::move(sampler_), rows,
                                                                probe_.copies, turn);
        }
        last_iteration_ = mpi::max(world(), sampler_->batches());
        const std::int64_t an_epoch = mpi::max(world(), batches_per_epoch());
        evaluate_every_ = options_.evaluate_every.value_or(an_epoch);
        if (evaluate_every_ == 0) evaluate_every_ = last_iteration_;
        if (!options_.evaluate_later) return;
        agree_on_root(world(), [&] {
            snapshots_.emplace(evaluate_every_, (last_iteration_ - 1) / evaluate_every_,
                               objective_.n_weights());
        });
    }

    void choose_learning_rate() {
        if (const auto given = options_.learning_rate_value()) {
            learning_rate_ = *given;
            return;
        }
        // rank 0 tries: its documents are as good as any
        const bool adds_up = options_.strategy == "synchronous";
        double eta[] = {
            root() ? train::calibrate_learning_rate(objective_, data_.training,
                                                    batch_size() * (adds_up ? workers_ : 1))
                   : 0.0};
        mpi::broadcast(world(), 0, std::span<double>(eta));
        learning_rate_ = eta[0];
    }

    /// Each rank that trains averages its block of the weights, looked at some times an epoch.
    train::Averager& set_averager() {
        constexpr std::int64_t kLooks = 8;  // an epoch
        const std::int64_t an_epoch = mpi::max(world(), batches_per_epoch());
        const auto n = static_cast<std::int64_t>(objective_.n_weights());
        const data::Range block = comms_.rank() < workers_
                                      ? data::equal_part(n, workers_, comms_.rank())
                                      : data::Range{n, n};
        return averager_.emplace(std::max<std::int64_t>(1, an_epoch / kLooks), block);
    }

    train::Problem make_problem() {
        const std::int64_t own = sampler_->documents_before(sampler_->batches());
        const std::int64_t all = mpi::sum(world(), own);
        return {objective_,
                data_.training,
                *sampler_,
                options_.step_schedule(learning_rate_),
                options_.aggregated(),
                train::shrink_rates(objective_, options_.aggregated(), data_.training,
                                    data_.training_documents * probe_.copies, world()),
                data_.training_documents,
                own > 0 ? static_cast<double>(all) / static_cast<double>(own) : 1.0,
                comms_.oversubscribed(),
                options_.meters == "on",
                nullptr,
                nullptr,
                downpour_plan(),
                private_plan_};
    }

    train::DownpourPlan downpour_plan() const {
        // rank 0 warms up: passes over its own documents
        const std::int64_t warm =
            mpi::broadcast(world(), 0, options_.warm_start_epochs * batches_per_epoch());
        return {static_cast<int>(options_.servers), options_.push_every, options_.fetch_every,
                options_.server_update == "adagrad", warm};
    }

    void loop() {
        result_.stop_reason = options_.epochs > 0 ? "epochs" : "iterations";
        if (options_.evaluate_later) {
            run_round(last_iteration_);
            evaluate_snapshots();
            evaluate_round();
            record();
            return;
        }
        model::EarlyStopping stopping(static_cast<std::size_t>(options_.patience));
        while (result_.progress.iteration < last_iteration_ && result_.valid()) {
            run_round(std::min(result_.progress.iteration + evaluate_every_, last_iteration_));
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
        row.samples = mpi::sum(world(), sampler_->documents_before(until));
        row.epoch =
            static_cast<double>(row.samples) / static_cast<double>(data_.training_documents);
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
                                 static_cast<double>(sampler_->documents_before(s.iteration)));
                row.epoch = static_cast<double>(row.samples) /
                            static_cast<double>(data_.training_documents);
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
        row.validation = evaluate_rows(objective_, weights_, data_.validation, world());
        if (options_.evaluate_train) {
            row.train_objective =
                evaluate_rows(objective_, weights_, data_.training, world()).objective;
        }
        row.elapsed_seconds = since_start_.seconds();
    }

    void finish() {
        const Stopwatch watch;
        result_.train = evaluate_rows(objective_, weights_, data_.training, world());
        result_.test = evaluate_datasets(objective_, original_weights(), tests_, comms_);
        result_.evaluation_seconds += watch.seconds();
        result_.strategy = options_.strategy;
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

    /// By the features' numbers in the files.
    std::vector<double> original_weights() const {
        return order_.undo(std::span<const double>(weights_));
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
        return {
            {"event", "start"},
            {"program", data::program_version()},
            {"compiler", data::compiler_description()},
            {"mpi", mpi::library_version()},
            {"host", mpi::host_name()},
            {"ranks", comms_.size()},
            {"nodes", comms_.nodes()},
            {"options", settings},
            {"dataset_digests", digests()},
            {"features", objective_.n_features},
            {"training_documents", data_.training_documents},
            {"training_positives", data_.training_positives},
            {"validation_documents", data_.validation_documents},
            {"batch_size", batch_size()},
            {"evaluate_every", evaluate_every_},
            {"learning_rate", learning_rate_},
            {"private_features", private_plan_.features},
            {"merge_every", private_plan_.features > 0 ? Json(private_plan_.merge_every) : Json()}};
    }

    std::vector<std::string> digests() const {
        std::vector<std::string> digests{source_->dataset.digest()};
        for (const LabelledDataset& test : tests_) digests.push_back(test.dataset.digest());
        return digests;
    }

    io::Model trained_model() const {
        io::Model m;
        m.weights = original_weights();
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
        m.dataset_digests = digests();
        m.program = data::program_version();
        const Json json = result_json(result_);
        for (const char* name : {"train_objective", "train_accuracy", "validation_objective",
                                 "validation_accuracy", "test_objective", "test_accuracy"}) {
            if (json[name].is_number()) m.metrics[name] = json[name].get<double>();
        }
        return m;
    }

    static constexpr std::uint64_t kShmSlack = std::uint64_t{1} << 20;  ///< MPI's own, and pages

    const TrainOptions& options_;
    const mpi::Communicators& comms_;
    const Stopwatch& since_start_;
    const std::function<void(const ProgressRow&)>& show_;
    const RunProbe& probe_;
    std::optional<LabelledDataset> source_;
    std::vector<LabelledDataset> tests_;
    std::optional<Outputs> outputs_;  ///< on rank 0
    int workers_ = 1;                 ///< ranks that process documents: the first ones
    TrainingData data_;
    double learning_rate_ = 0.0;
    train::PrivatePlan private_plan_;
    data::FeatureOrder order_;  ///< of the rows and weights here
    model::Objective objective_;
    std::unique_ptr<train::BatchSource> sampler_;
    std::int64_t last_iteration_ = 0;
    std::int64_t evaluate_every_ = 0;
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
