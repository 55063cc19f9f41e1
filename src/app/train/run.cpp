#include "app/train/run.hpp"

#include <utility>

#include "app/common/category_report.hpp"
#include "app/common/run_collectively.hpp"
#include "app/train/dual_variables.hpp"
#include "app/train/replicas.hpp"
#include "app/train/run_records.hpp"
#include "app/train/run_setup.hpp"
#include "app/train/training_loop.hpp"
#include "io/model_file.hpp"
#include "mpi/collectives.hpp"

namespace hogwild::app {
namespace {

/// Evaluates the last model on all data, writes it, and completes the result.
void finish(RunSetup& run, const TrainingHooks& hooks) {
    Result& result = run.state.result;
    const bool several = run.task.has_several_outputs();
    const auto check_stop = [&] { run.stop.check("evaluating"); };
    model::LinearModel<data::Numbering::listed> trained;
    const model::PaddedMatrix* rows = nullptr;  // of several outputs
    if (several) {
        rows = &run.evaluator.finish_outputs(check_stop);
    } else {
        trained = run.evaluator.finish(check_stop);
    }
    run.describe(result);
    const bool is_kept = !run.options.model.empty() || hooks.trained != nullptr;
    io::DualVariables dual;
    if (run.task.strategy().is_dual && !several && is_kept && result.valid()) {
        dual = trained_variables(*run.strategy, run.options, run.task.source->dataset,
                                 run.task.data.numbers, run.comms);
    }
    run_collectively_on_root(run.world(), [&] {
        if (result.valid()) {
            io::Model model =
                several
                    ? trained_model(run.options, run.comms, run.task, result, *rows)
                    : trained_model(run.options, run.comms, run.task, result, std::move(trained));
            model.dual = std::move(dual);
            run.outputs->write_model(model);
            if (several) {
                write_category_table(run.options.category_table, *result.categories);
                write_class_confusion(run.options.confusion_table, *result.categories);
            }
            if (hooks.trained != nullptr) *hooks.trained = std::move(model);
        }
        result.total_seconds = run.elapsed();
        run.outputs->log(result_json(result));
        run.outputs->close();
    });
}

Result run_on(const TrainOptions& options, const mpi::Communicators& comms,
              const data::Stopwatch& since_start, const ShowProgress& show,
              const TrainingHooks& hooks) {
    RunSetup run(options, comms, since_start, hooks.copies);
    check_layout(options, comms);
    run.open_files(hooks.initial);
    try {
        run.prepare(show);
        if (hooks.before_training) hooks.before_training(run.task.data.training, *run.task.batches);
        run.start_log(show && hooks.advice);
        TrainingLoop(run, show).run();
        if (!run.state.result.stopped) finish(run, hooks);
    } catch (const CollectiveError&) {
        run.close();  // all ranks are here, so it can be done in order
        throw;
    }
    run.close();
    return run.state.result;
}

}  // namespace

Result run_training(const TrainOptions& options, const mpi::Communicators& comms,
                    const data::Stopwatch& since_start, const ShowProgress& show,
                    const TrainingHooks& hooks) {
    return on_replicas(options, comms, [&](const mpi::Communicators& parts) {
        return run_on(options, parts, since_start, show, hooks);
    });
}

}  // namespace hogwild::app
