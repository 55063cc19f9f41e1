#include "app/train/run_state.hpp"

#include <algorithm>
#include <limits>
#include <span>

namespace hogwild::app {

void RunState::restore_settings(const data::State& from, const TrainOptions& options,
                                TrainingTask& task, int ranks) {
    task.restored_learning_rate = from.number("learning_rate");
    if (from.has("lambda")) task.restored_lambda = from.number("lambda");
    task.restored_stream_window =
        from.has("stream_window") ? static_cast<std::int64_t>(from.number("stream_window")) : 0;
    for (const char* name : {"outputs", "outputs_together", "output_settings"}) {
        if (!from.has(name)) continue;
        task.restored_outputs.put(name, std::span<const double>(from.array(name)));
    }
    iterations_of_ = static_cast<std::int64_t>(from.number("iterations_of"));
    if (options.batch_fraction > 0.0) return;
    // --iterations are of each rank; what counts is the documents of all
    const std::int64_t now =
        task.deals_outputs() ? 1 : task.strategy().workers(options.downpour_plan(), ranks);
    const std::int64_t most = std::numeric_limits<std::int64_t>::max() / iterations_of_ - now;
    task.restored_iterations =
        (std::min(options.iterations, most) * iterations_of_ + now - 1) / now;
}

void RunState::restore_progress(const data::State& from, const TrainingTask& task) {
    ProgressRow& row = result.progress;
    row.iteration = task.iteration_of(from);
    row.samples = static_cast<std::int64_t>(from.number("samples"));
    row.epoch =
        static_cast<double>(row.samples) / static_cast<double>(task.data.training_documents);
    row.train_seconds = from.number("train_seconds");
    elapsed_before = from.number("elapsed_seconds");
    result.load_seconds = from.number("load_seconds");
    result.evaluation_seconds = from.number("evaluation_seconds");
    stopped_early = from.has("stopped_early");
    stopping.resume(from);
}

void RunState::save(data::State& out, const TrainOptions& options, const TrainingTask& task,
                    double elapsed_seconds) const {
    const ProgressRow& row = result.progress;
    out.put("iteration", static_cast<double>(row.iteration));
    out.put("samples", static_cast<double>(row.samples));
    out.put("train_seconds", row.train_seconds);
    out.put("elapsed_seconds", elapsed_seconds);
    out.put("load_seconds", result.load_seconds);
    out.put("evaluation_seconds", result.evaluation_seconds);
    out.put("workers", static_cast<double>(task.sharing_workers()));
    out.put("iterations_of",
            static_cast<double>(iterations_of_ > 0 ? iterations_of_ : task.sharing_workers()));
    out.put("batch_size", static_cast<double>(task.batch_size()));
    out.put("learning_rate", task.common_learning_rate());
    out.put("lambda", task.model.objective.lambda);
    if (task.stream) out.put("stream_window", static_cast<double>(task.stream_window()));
    out.put("hot_features", static_cast<double>(task.hot_head_plan.size));
    out.put("aggregated", options.aggregated() ? 1.0 : 0.0);
    task.save_outputs(out);
    if (stopped_early) out.put("stopped_early", 1.0);
    stopping.save(out);
}

}  // namespace hogwild::app
