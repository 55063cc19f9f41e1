#include "app/train/run.hpp"

#include <algorithm>
#include <iostream>
#include <limits>
#include <memory>

#include "app/common/agreement.hpp"
#include "app/common/feature_match.hpp"
#include "app/common/last_words.hpp"
#include "app/common/memory.hpp"
#include "app/common/outputs.hpp"
#include "app/common/placement_report.hpp"
#include "app/common/staging.hpp"
#include "app/common/warnings.hpp"
#include "app/train/checkpointing.hpp"
#include "app/train/evaluator.hpp"
#include "app/train/run_records.hpp"
#include "app/train/training_task.hpp"
#include "model/early_stopping.hpp"
#include "mpi/collectives.hpp"
#include "mpi/environment.hpp"
#include "mpi/placement.hpp"
#include "mpi/shared_memory.hpp"
#include "train/registry.hpp"

namespace hogwild::app {
namespace {

/// One run from files to verdict. Members are in the order in which they come into being.
class TrainingRun {
public:
    TrainingRun(const TrainOptions& options, const mpi::Communicators& comms,
                const Stopwatch& since_start, const std::function<void(const ProgressRow&)>& show,
                const TrainingHooks& probe)
        : options_(options),
          comms_(comms),
          since_start_(since_start),
          show_(show),
          probe_(probe),
          task_(options, comms, probe.copies),
          evaluator_(options, comms, task_, result_),
          stop_(checkpoint_plan(options), since_start),
          checkpointing_(options, stop_, comms),
          stopping_(static_cast<std::size_t>(options.patience)) {}

    Result run() {
        check_layout(options_, comms_);
        open_files();
        try {
            prepare();
            if (probe_.before_training) probe_.before_training(task_.data.training, *task_.batches);
            start_log();
            loop();
            if (!result_.stopped) finish();
        } catch (const AgreedError&) {
            if (strategy_) strategy_->close();  // all ranks are here, so it can be done in order
            throw;
        }
        strategy_->close();
        return result_;
    }

private:
    MPI_Comm world() const { return comms_.world(); }
    bool root() const { return comms_.rank() == 0; }
    double elapsed() const { return elapsed_before_ + since_start_.seconds(); }

    void open_files() {
        task_.open();
        agree_on_root(world(),
                      [&] { outputs_.emplace(options_.log, options_.model, options_.checkpoint); });
        checkpointing_.open(task_.digests(), task_.n_features() + 1);
    }

    void start_log() {
        const data::State* const resumed = checkpointing_.resumed();
        const std::vector<mpi::Placement> placements = mpi::gather_placements(world());
        agree_on_root(world(), [&] {
            auto start = start_json(options_, comms_, task_, placements);
            if (!checkpointing_.note().empty()) start["checkpoint"] = checkpointing_.note();
            if (resumed == nullptr) return outputs_->start(start);
            outputs_->resume(static_cast<std::int64_t>(resumed->number("iteration")), start,
                             {{"event", "resume"},
                              {"schema_version", io::RunLog::kSchemaVersion},
                              {"iteration", result_.progress.iteration},
                              {"samples", result_.progress.samples},
                              {"ranks", comms_.size()},
                              {"nodes", comms_.nodes()},
                              {"placement", placement_json(placements)},
                              {"stage", task_.staged},
                              {"from", checkpointing_.note()}});
        });
        checkpointing_.forget_resumed();
        if (root() && show_) {
            if (options_.verbose) {
                std::cerr << placement_table(placements) << staging_table(task_.staged);
            }
            std::cerr << placement_advice(placements)
                      << feature_advice(task_.source->dataset, task_.tests) << std::flush;
        }
        if (root() && !options_.quiet && !checkpointing_.note().empty()) {
            say(checkpointing_.note());
        }
    }

    void prepare() {
        take_over_settings();
        task_.load([this] { stop_.check("loading"); });
        agree(world(), [&] {
            const std::uint64_t a_window = task_.strategy().shared_bytes(
                {options_.precision_kind(), task_.model.objective.n_weights(),
                 task_.private_plan.features, comms_.node_size(),
                 comms_.windows() > 1 && options_.exchange_plan().combine == train::Combine::sum});
            const int windows = (comms_.windows() + comms_.nodes() - 1) / comms_.nodes();
            check_shared_memory(a_window * static_cast<std::uint64_t>(windows));
        });
        context_.emplace(task_.context());
        evaluator_.prepare(*context_);
        strategy_ = task_.strategy().make(options_.precision_kind(), *context_, comms_);
        if (checkpointing_.resumed() != nullptr) take_over_progress();
        result_.load_seconds += mpi::max(world(), since_start_.seconds());
    }

    /// Of a run that is continued: what the data cannot tell.
    void take_over_settings() {
        const data::State* const from = checkpointing_.resumed();
        if (from == nullptr) return;
        task_.known_learning_rate = from->number("learning_rate");
        iterations_of_ = static_cast<std::int64_t>(from->number("iterations_of"));
        const std::int64_t now = task_.strategy().workers(options_.downpour_plan(), comms_.size());
        if (options_.batch_fraction > 0.0) return;
        // --iterations are of each rank; what counts is the documents of all
        const std::int64_t most = std::numeric_limits<std::int64_t>::max() / iterations_of_ - now;
        task_.known_iterations =
            (std::min(options_.iterations, most) * iterations_of_ + now - 1) / now;
    }

    void take_over_progress() {
        const data::State& from = *checkpointing_.resumed();
        ProgressRow& row = result_.progress;
        row.iteration = task_.iteration_of(from);
        row.samples = static_cast<std::int64_t>(from.number("samples"));
        row.epoch =
            static_cast<double>(row.samples) / static_cast<double>(task_.data.training_documents);
        row.train_seconds = from.number("train_seconds");
        elapsed_before_ = from.number("elapsed_seconds");
        result_.load_seconds = from.number("load_seconds");
        result_.evaluation_seconds = from.number("evaluation_seconds");
        early_ = from.has("stopped_early");
        stopping_.resume(from);
        const train::RestoredState saved = checkpointing_.restored();
        const bool same_order =
            from.number("private_features") == static_cast<double>(task_.private_plan.features);
        train::Averager* const averager = evaluator_.averager();
        if (averager != nullptr && same_order) {
            averager->resume(row.iteration, static_cast<std::int64_t>(from.number("iteration")),
                             saved);
        } else if (averager != nullptr && comms_.rank() == 0) {
            say("--average: the mean begins anew, since other features are private on this number "
                "of ranks");
        }
        agree(world(), [&] {
            try {
                strategy_->check_restored(saved);
            } catch (const Error& error) {
                throw Error(error.code(), options_.checkpoint + ": " + error.what());
            }
        });
        const std::vector<double>& weights = from.array("weights");
        strategy_->resume(row.iteration, task_.order.apply(std::span<const double>(weights)),
                          saved);
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
            evaluator_.evaluate_recorded(*strategy_, *context_, [this] { record(); });
            evaluate_round();
            record();
            return;
        }
        bool evaluated = false;
        while (result_.progress.iteration < task_.last_iteration && result_.valid() && !early_) {
            // at the same places as a run that was never broken
            const std::int64_t rounds = result_.progress.iteration / task_.evaluate_every;
            const Checkpointing::Decision decision =
                run_round(std::min((rounds + 1) * task_.evaluate_every, task_.last_iteration));
            if (result_.stopped) return;
            evaluate_round();
            evaluated = true;
            record();
            if (!result_.valid()) break;
            // rank 0 decides for all
            const bool stop = root() && stopping_.observe(result_.progress.validation.objective);
            early_ = mpi::broadcast(world(), 0, std::int64_t{stop}) != 0;
            if (!decision.stop.empty()) return stop_with_checkpoint(decision.stop);
            if (decision.save) save_checkpoint();
        }
        if (!result_.valid()) return;
        if (early_) result_.stop_reason = "early-stopping";
        if (!evaluated) evaluate_round();  // all of it was done before
        if (checkpointing_.on() && evaluated) save_checkpoint();
    }

    void stop_with_checkpoint(const std::string& reason) {
        save_checkpoint();
        if (!result_.valid()) return;
        result_.stopped = true;
        result_.stop_reason = reason;
        agree_on_root(world(), [&] {
            outputs_->log({{"event", "stop"},
                           {"iteration", result_.progress.iteration},
                           {"samples", result_.progress.samples},
                           {"reason", reason},
                           {"checkpoint", options_.checkpoint}});
            outputs_->close();
        });
    }

    /// Of a strategy that is quiesced, or keeps bits.
    void save_checkpoint() {
        train::SavedState saved;
        strategy_->save(saved);
        std::vector<double> weights(task_.model.objective.n_weights());
        strategy_->weights(weights);
        if (evaluator_.averager() != nullptr) {
            evaluator_.averager()->save(world(), weights, saved);
        }
        evaluator_.check_finite(weights, "the weights");
        evaluator_.check_finite(saved);
        if (!result_.valid()) return;  // not worth saving, least of all over what was
        const ProgressRow& row = result_.progress;
        data::State state;
        state.put("weights", std::span<const double>(task_.original(weights)));
        state.put("iteration", static_cast<double>(row.iteration));
        state.put("samples", static_cast<double>(row.samples));
        state.put("train_seconds", row.train_seconds);
        state.put("elapsed_seconds", elapsed());
        state.put("load_seconds", result_.load_seconds);
        state.put("evaluation_seconds", result_.evaluation_seconds);
        state.put("workers", static_cast<double>(task_.workers));
        state.put("iterations_of",
                  static_cast<double>(iterations_of_ > 0 ? iterations_of_ : task_.workers));
        state.put("batch_size", static_cast<double>(task_.batch_size()));
        state.put("learning_rate", task_.learning_rate);
        state.put("private_features", static_cast<double>(task_.private_plan.features));
        state.put("aggregated", options_.aggregated() ? 1.0 : 0.0);
        if (early_) state.put("stopped_early", 1.0);
        stopping_.save(state);
        checkpointing_.save(saved, state);
    }

    void evaluate_round() {
        evaluator_.evaluate(*strategy_);
        result_.progress.elapsed_seconds = elapsed();
    }

    void record() {
        agree_on_root(world(), [&] { outputs_->log(evaluation_json(result_.progress)); });
        // what is evaluated later is shown when training is over
        if (!options_.evaluate_later) result_.progress.seconds_left = seconds_left();
        if (root() && show_) show_(result_.progress);
    }

    /// If the rest takes as long per iteration as what is done, evaluations included.
    double seconds_left() const {
        const ProgressRow& row = result_.progress;
        return std::max(0.0, elapsed() - result_.load_seconds) * (1.0 - row.done()) / row.done();
    }

    void show_pause() const {
        if (!root() || !show_) return;
        ProgressRow row = result_.progress;
        row.evaluated = false;
        row.seconds_left = seconds_left();
        show_(row);
    }

    /// To an evaluation, with pauses in between where there is a checkpoint to write.
    /// @return what was decided at its end.
    Checkpointing::Decision run_round(std::int64_t until) {
        mpi::barrier(world());
        if (!checkpointing_.on()) {
            run_stretch(until, true);
            return {};
        }
        while (true) {
            const std::int64_t end =
                std::min(result_.progress.iteration + checkpointing_.stretch(), until);
            run_stretch(end, end == until || !strategy_->keeps_bits());
            const Checkpointing::Decision decision = checkpointing_.pause(result_.progress.epoch);
            if (end == until) return decision;
            if (!decision.stop.empty()) {
                stop_with_checkpoint(decision.stop);
                return decision;
            }
            if (decision.save) save_checkpoint();
            if (!result_.valid()) return decision;
            show_pause();
        }
    }

    void run_stretch(std::int64_t until, bool quiesce) {
        const Stopwatch watch;
        evaluator_.start_clock();
        strategy_->run(until);
        if (quiesce) strategy_->quiesce();
        ProgressRow& row = result_.progress;
        row.ranks = comms_.size();
        row.train_seconds += mpi::max(world(), watch.seconds() - evaluator_.copying_seconds());
        row.iteration = until;
        row.last_iteration = task_.last_iteration;
        row.samples = mpi::sum(world(), task_.batches->documents_before(until));
        row.epoch =
            static_cast<double>(row.samples) / static_cast<double>(task_.data.training_documents);
    }

    void finish() {
        const auto trained = evaluator_.finish([this] { stop_.check("evaluating"); });
        if (result_.valid()) result_.warnings = find_warnings(result_, task_, comms_);
        result_.strategy = options_.strategy;
        result_.private_plan = task_.private_plan;
        result_.checkpoint_seconds = checkpointing_.seconds();
        result_.checkpoints = checkpointing_.saved();
        result_.nodes = comms_.nodes();
        result_.windows = comms_.windows();
        result_.seed = options_.seed;
        result_.peak_memory_bytes = mpi::sum(world(), peak_memory());
        agree_on_root(world(), [&] {
            if (result_.valid()) {
                outputs_->write_model(trained_model(options_, comms_, task_, result_, trained));
            }
            result_.total_seconds = elapsed();
            outputs_->log(result_json(result_));
            outputs_->close();
        });
    }

    const TrainOptions& options_;
    const mpi::Communicators& comms_;
    const Stopwatch& since_start_;
    const std::function<void(const ProgressRow&)>& show_;
    const TrainingHooks& probe_;
    TrainingTask task_;
    Result result_;
    Evaluator evaluator_;
    StopRequest stop_;
    Checkpointing checkpointing_;
    model::EarlyStopping stopping_;  ///< on rank 0
    bool early_ = false;             ///< it has said so
    double elapsed_before_ = 0.0;    ///< s, of the run that is continued
    std::int64_t iterations_of_ =
        0;  ///< workers that --iterations counts for, if it began on others
    std::optional<Outputs> outputs_;  ///< on rank 0
    std::optional<train::TrainingContext> context_;
    std::unique_ptr<train::Strategy> strategy_;
};

}  // namespace

Result run_training(const TrainOptions& options, const mpi::Communicators& comms,
                    const Stopwatch& since_start,
                    const std::function<void(const ProgressRow&)>& show,
                    const TrainingHooks& probe) {
    const int windows = options.window_count();
    if (windows == 1) return TrainingRun(options, comms, since_start, show, probe).run();
    mpi::Communicators parts(comms.world(), comms.oversubscribed(), windows);
    try {
        Result result = TrainingRun(options, parts, since_start, show, probe).run();
        parts.close();
        return result;
    } catch (const AgreedError&) {
        parts.close();
        throw;
    }
}

}  // namespace hogwild::app
