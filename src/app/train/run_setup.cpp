#include "app/train/run_setup.hpp"

#include <iostream>
#include <string>

#include "app/common/feature_match.hpp"
#include "app/common/last_words.hpp"
#include "app/common/memory.hpp"
#include "app/common/placement_report.hpp"
#include "app/common/run_collectively.hpp"
#include "app/common/staging.hpp"
#include "app/common/warnings.hpp"
#include "app/train/dual_variables.hpp"
#include "app/train/run_records.hpp"
#include "mpi/collectives.hpp"
#include "train/registry.hpp"

namespace hogwild::app {

RunSetup::RunSetup(const TrainOptions& run_options, const mpi::Communicators& communicators,
                   const data::Stopwatch& started, std::int64_t copies)
    : options(run_options),
      comms(communicators),
      since_start(started),
      task(options, comms, copies),
      state(options),
      evaluator(options, comms, task, state.result),
      stop(checkpoint_plan(options), since_start),
      checkpointing(options, stop, comms) {}

void RunSetup::open_files(const io::Model* initial) {
    task.open();
    run_collectively_on_root(
        world(), [&] { outputs.emplace(options.log, options.model, options.checkpoint); });
    checkpointing.open(task.digests(), {task.occurring().size()});
    if (const data::State* const from = checkpointing.resumed()) {
        task.initial.resume(*from);
    } else {
        task.initial = find_initial_model(options, initial, task.source->dataset, comms);
    }
}

void RunSetup::prepare(const ShowProgress& show) {
    const data::State* const from = checkpointing.resumed();
    if (from != nullptr) state.restore_settings(*from, options, task, comms.size());
    task.load([this] { stop.check("loading"); });
    checkpointing.set_feature_list(task.columns());
    check_shared_memory();
    context.emplace(task.context());
    evaluator.prepare(*context);
    if (root() && show) context->progress_report = &progress_report;
    strategy = task.make_trainer(*context);
    if (from != nullptr) {
        state.restore_progress(*from, task);
        const train::RestoredState saved = checkpointing.restored(task.data.numbers);
        restore_averager(*from, saved);
        restore_strategy(*from, saved);
    } else if (task.initial.given) {
        start_from_model();
    }
    mpi::barrier(world());  // the slowest rank's loading, by the clock that all other times are of
    state.result.load_seconds += since_start.seconds();
}

void RunSetup::check_shared_memory() const {
    run_collectively(world(), [&] {
        const int replicas_here = (comms.replicas() + comms.nodes() - 1) / comms.nodes();
        app::check_shared_memory(task.shared_bytes() * static_cast<std::uint64_t>(replicas_here));
    });
}

void RunSetup::start_from_model() {
    const data::State none;
    data::State vectors;
    run_collectively_on_root(world(), [&] {
        if (task.initial.dual.empty()) return;
        const std::vector<double> a =
            variables_by_number(task.initial.dual, options, task.source->dataset);
        vectors.put("dual_variables", std::span<const double>(a));
        task.initial.dual = {};  // it grows with the documents
    });
    strategy->resume(0, task.by_number(task.initial.in(task.columns())),
                     {world(), none, none, vectors, false, task.data.numbers});
}

void RunSetup::restore_averager(const data::State& from, const train::RestoredState& saved) {
    train::Averager* const averager = evaluator.averager();
    if (averager == nullptr) return;
    if (from.number("hot_features") == static_cast<double>(task.hot_head_plan.size)) {
        averager->resume(state.result.progress.iteration,
                         static_cast<std::int64_t>(from.number("iteration")), saved);
    } else if (root()) {
        say("--average: the mean begins anew, since other features are hot on this number of "
            "ranks");
    }
}

void RunSetup::restore_strategy(const data::State& from, const train::RestoredState& saved) {
    run_collectively(world(), [&] {
        try {
            strategy->check_restored(saved);
        } catch (const Error& error) {
            throw Error(error.code(), options.checkpoint + ": " + error.what());
        }
    });
    strategy->resume(state.result.progress.iteration, task.by_number(from.array("weights")), saved);
}

void RunSetup::start_log(bool advice) {
    const data::State* const resumed = checkpointing.resumed();
    const std::vector<mpi::Placement> placements = mpi::gather_placements(world());
    const ProgressRow& row = state.result.progress;
    run_collectively_on_root(world(), [&] {
        auto start = start_json(options, comms, task, placements);
        start["regularization_applied"] = task.strategy().is_dual
                                              ? "by the dual variables"
                                              : context->regularization.description();
        if (!checkpointing.note().empty()) start["checkpoint"] = checkpointing.note();
        if (resumed == nullptr) return outputs->start(start);
        outputs->resume(static_cast<std::int64_t>(resumed->number("iteration")), start,
                        {{"event", "resume"},
                         {"schema_version", io::RunLog::kSchemaVersion},
                         {"iteration", row.iteration},
                         {"samples", row.samples},
                         {"ranks", comms.size()},
                         {"nodes", comms.nodes()},
                         {"placement", placement_json(placements)},
                         {"stage", task.staged},
                         {"from", checkpointing.note()}});
    });
    checkpointing.forget_resumed();
    if (root()) show_start(placements, advice);
}

void RunSetup::show_start(const std::vector<mpi::Placement>& placements, bool advice) const {
    if (advice) {
        if (options.verbose) {
            std::cerr << placement_table(placements) << staging_table(task.staged);
        }
        std::cerr << placement_advice(placements)
                  << feature_advice(task.source->dataset, task.tests) << std::flush;
    }
    if (!options.quiet && !checkpointing.note().empty()) say(checkpointing.note());
    if (!options.quiet && task.stream && options.rows == RowStorage::automatic) {
        say("the documents do not fit into memory, so they are read while training (--rows "
            "stream)");
    }
}

void RunSetup::advance(ProgressRow& row, std::int64_t iteration, double seconds) const {
    row.ranks = comms.size();
    row.train_seconds += mpi::max(world(), seconds);
    row.iteration = iteration;
    row.samples = task.documents_before(iteration);
    row.epoch =
        static_cast<double>(row.samples) / static_cast<double>(task.data.training_documents);
}

void RunSetup::describe(Result& result) const {
    if (result.valid()) result.warnings = find_warnings(result, task, comms);
    result.class_weights = task.model.objective.class_weights;
    if (result.lacks_threshold) {
        result.warnings.emplace_back(
            "no held-out document is labelled +1, so --threshold f1 keeps 0: hold out more "
            "documents (--validation-fraction)");
    }
    result.strategy = options.strategy->name;
    result.workers = task.workers;
    result.preset = options.preset;
    if (!options.lambda && !task.has_several_outputs()) {
        result.chosen_lambda = task.model.objective.lambda;
    }
    result.scales_features = task.scales_features();
    result.hot_head_plan = task.hot_head_plan;
    result.checkpoint_seconds = checkpointing.seconds();
    result.checkpoints = checkpointing.saved();
    result.nodes = comms.nodes();
    result.replicas = comms.replicas();
    result.seed = options.seed;
    result.peak_memory_bytes = mpi::sum(world(), peak_memory());
}

void RunSetup::close() {
    if (strategy) strategy->close();
}

}  // namespace hogwild::app
