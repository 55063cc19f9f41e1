#include "app/train/training_loop.hpp"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "app/common/run_collectively.hpp"
#include "mpi/collectives.hpp"

namespace hogwild::app {

void TrainingLoop::run() {
    const TrainingTask& task = run_.task;
    result_.progress.last_iteration = task.last_iteration;
    ProgressRow end;
    end.move_to(task.last_iteration, *run_.context);
    result_.progress.last_epoch = end.epoch;
    result_.stop_reason = run_.options.epochs > 0 ? "epochs" : "iterations";
    run_.progress_report.start([this](std::int64_t next) { show_between_evaluations(next); });
    if (run_.options.evaluate_later) return run_and_evaluate_later();
    // It may have come to its end.
    if (task.strategy().is_dual && result_.progress.iteration > 0) certify(true);
    bool evaluated = false;
    while (result_.progress.iteration < task.last_iteration && result_.valid() &&
           !run_.state.stopped_early && !near_enough_) {
        // at the same places as a run that was never broken
        const std::int64_t rounds = result_.progress.iteration / task.evaluate_every;
        const Checkpointing::Decision decision =
            run_round(std::min((rounds + 1) * task.evaluate_every, task.last_iteration));
        if (result_.stopped) return;
        evaluate();
        evaluated = true;
        record();
        if (!result_.valid()) break;
        run_.state.stopped_early = should_stop_early();
        if (!decision.stop.empty()) return stop_with_checkpoint(decision.stop);
        if (decision.save) save_checkpoint();
    }
    if (!result_.valid()) return;
    if (run_.state.stopped_early) result_.stop_reason = "early-stopping";
    if (near_enough_) result_.stop_reason = "gap";
    if (run_.state.stopped_early && task.strategy().is_dual) {
        certify(true);
        evaluate();
    }
    if (!evaluated) evaluate();  // all of it was done before
    if (run_.checkpointing.on() && evaluated) save_checkpoint();
}

void TrainingLoop::run_and_evaluate_later() {
    run_round(run_.task.last_iteration);
    run_.evaluator.evaluate_recorded(*run_.strategy, *run_.context, [this] { record(); });
    evaluate();
    record();
}

Checkpointing::Decision TrainingLoop::run_round(std::int64_t until) {
    Checkpointing& checkpointing = run_.checkpointing;
    mpi::barrier(run_.world());
    while (true) {
        const std::int64_t end = next_pause(until);
        advance(end, end == until || !run_.strategy->keeps_bits());
        const bool done = (end == until && !run_.strategy->has_paused()) || near_enough_;
        if (!checkpointing.on()) {
            if (done) return {};
            continue;
        }
        Checkpointing::Decision decision = checkpointing.pause(result_.progress.epoch);
        if (done) return decision;
        if (!decision.stop.empty()) {
            stop_with_checkpoint(decision.stop);
            return decision;
        }
        if (decision.save) save_checkpoint();
        if (!result_.valid()) return decision;
    }
}

void TrainingLoop::advance(std::int64_t until, bool quiesce) {
    watch_ = data::Stopwatch();
    run_.evaluator.start_clock();
    {
        const train::ReadsAhead reads(run_.task.stream.get());
        run_.strategy->run(until);
    }
    if (quiesce) run_.strategy->quiesce();
    result_.progress.certificate.reset();
    // the outputs that are trained one by one have looked for themselves
    if (run_.task.has_several_outputs() || until % run_.task.per_epoch == 0) {
        certify(until == run_.task.last_iteration);
    }
    run_.advance(result_.progress, run_.strategy->ended_at(until),
                 watch_.seconds() - run_.evaluator.copying_seconds());
}

std::int64_t TrainingLoop::next_pause(std::int64_t until) const {
    const std::int64_t now = result_.progress.iteration;
    std::int64_t end = until;
    if (run_.task.trains_one_by_one()) return until;  // it pauses between outputs
    // where pauses exchange, those at the clock's bidding would change the result
    const bool by_clock = run_.checkpointing.on() && !run_.options.deterministic;
    if (by_clock) end = std::min(end, now + run_.checkpointing.interval());
    if (run_.task.strategy().is_dual) {
        const std::int64_t epoch = run_.task.per_epoch;
        end = std::min(end, (now / epoch + 1) * epoch);
    }
    return end;
}

void TrainingLoop::certify(bool at_any_rate) {
    const std::optional<train::Certificate> certificate = run_.strategy->certify(at_any_rate);
    if (!certificate) return;
    result_.progress.certificate = certificate;
    near_enough_ = run_.options.gap.has_value() && certificate->relative_gap() <= *run_.options.gap;
}

void TrainingLoop::evaluate() {
    run_.evaluator.evaluate(*run_.strategy);
    result_.progress.elapsed_seconds = run_.elapsed();
}

void TrainingLoop::record() {
    run_collectively_on_root(run_.world(),
                             [&] { run_.outputs->log(evaluation_json(result_.progress)); });
    // what is evaluated later is shown when training is over
    if (!run_.options.evaluate_later)
        result_.progress.seconds_left = seconds_left(result_.progress);
    if (run_.root() && show_) show_(result_.progress);
}

void TrainingLoop::show_between_evaluations(std::int64_t iteration) const {
    ProgressRow row = result_.progress;
    row.evaluated = false;
    row.move_to(iteration, *run_.context);
    row.train_seconds += watch_.seconds();
    row.seconds_left = seconds_left(row);
    show_(row);
}

/// If the rest takes as long per iteration as what is done, evaluations included.
double TrainingLoop::seconds_left(const ProgressRow& row) const {
    return std::max(0.0, run_.elapsed() - result_.load_seconds) * (1.0 - row.done()) / row.done();
}

/// Rank 0 decides for all.
bool TrainingLoop::should_stop_early() {
    const bool stop = run_.root() && run_.state.stopping.observe(result_.progress.validation);
    return mpi::broadcast(run_.world(), 0, std::int64_t{stop}) != 0;
}

void TrainingLoop::save_checkpoint() {
    Evaluator& evaluator = run_.evaluator;
    train::SavedState saved;
    run_.strategy->save(saved);
    std::vector<double> weights(run_.task.model.objective.shape.size());
    run_.strategy->weights(weights);
    if (evaluator.averager() != nullptr) evaluator.averager()->save(run_.world(), weights, saved);
    evaluator.check_finite(weights, "the weights");
    evaluator.check_finite(saved);
    if (!result_.valid()) return;  // not worth saving, least of all over what was
    data::State state;
    state.put("weights", std::span<const double>(run_.task.by_column(std::move(weights))));
    run_.task.initial.save(state);
    run_.state.save(state, run_.options, run_.task, run_.elapsed());
    run_.checkpointing.save(saved, state, run_.task.data.numbers);
}

void TrainingLoop::stop_with_checkpoint(const std::string& reason) {
    save_checkpoint();
    if (!result_.valid()) return;
    result_.stopped = true;
    result_.stop_reason = reason;
    run_collectively_on_root(run_.world(), [&] {
        run_.outputs->log({{"event", "stop"},
                           {"iteration", result_.progress.iteration},
                           {"samples", result_.progress.samples},
                           {"reason", reason},
                           {"checkpoint", run_.options.checkpoint}});
        run_.outputs->close();
    });
}

}  // namespace hogwild::app
