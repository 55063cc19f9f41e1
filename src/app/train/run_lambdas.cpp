#include "app/train/run_lambdas.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "app/train/replicas.hpp"
#include "app/train/run_setup.hpp"
#include "mpi/collectives.hpp"

namespace hogwild::app {
namespace {

/// As TrainingLoop, but with a result for each lambda.
class LambdaLoop {
public:
    /// @param run  prepared. Both arguments must outlive this.
    LambdaLoop(RunSetup& run, const ShowProgress& show)
        : run_(run),
          show_(show),
          runs_(run.task.lambdas.size(), LambdaRun{RunState(run.options)}),
          columns_(run.task.trained_objective().shape.size()) {}

    /// @throws CollectiveError. @note Collective.
    std::vector<Result> run() {
        const TrainingTask& task = run_.task;
        ProgressRow end;
        end.move_to(task.last_iteration, *run_.context);
        for (LambdaRun& one : runs_) {
            one.result().progress.last_iteration = task.last_iteration;
            one.result().progress.last_epoch = end.epoch;
        }
        run_.progress_report.start([this](std::int64_t next) { show_between_evaluations(next); });
        for (std::int64_t at = 0; at < task.last_iteration && find_open() != runs_.end();) {
            at =
                std::min((at / task.evaluate_every + 1) * task.evaluate_every, task.last_iteration);
            train(at);
            for (std::size_t k = 0; k < runs_.size(); ++k) {
                if (!runs_[k].ended) evaluate(k, at == task.last_iteration);
            }
        }
        return results();
    }

private:
    struct LambdaRun {
        RunState state;
        bool ended = false;
        Result& result() { return state.result; }
    };

    /// Time that all runs have spent together.
    double share(double seconds) const { return seconds / static_cast<double>(runs_.size()); }
    std::vector<LambdaRun>::iterator find_open() {
        return std::ranges::find(runs_, false, &LambdaRun::ended);
    }

    void train(std::int64_t until) {
        mpi::barrier(run_.world());
        const data::Stopwatch watch;
        run_.strategy->run(until);
        run_.strategy->quiesce();
        const double seconds = share(watch.seconds());
        for (LambdaRun& one : runs_) {
            if (!one.ended) run_.advance(one.result().progress, until, seconds);
        }
        run_.strategy->weights(columns_);
        run_.task.divide_columns(columns_, weights_);
        meters_ = run_.strategy->meters().summed(run_.world());
    }

    void evaluate(std::size_t k, bool at_the_end) {
        LambdaRun& one = runs_[k];
        Result& result = one.result();
        run_.task.swap_run(k, weights_[k]);
        Evaluator evaluator(run_.options, run_.comms, run_.task, result);
        evaluator.evaluate_present(meters_);
        result.progress.elapsed_seconds = share(run_.elapsed());
        if (run_.root() && show_) show_(result.progress);
        const bool stops = run_.root() && one.state.stopping.observe(result.progress.validation);
        one.state.stopped_early =
            result.valid() && mpi::broadcast(run_.world(), 0, std::int64_t{stops}) != 0;
        one.ended = at_the_end || one.state.stopped_early || !result.valid();
        if (one.ended) {
            finish(one, evaluator);
        } else {
            run_.task.model.weights.swap(weights_[k]);  // its memory is for the next division
        }
    }

    void finish(LambdaRun& one, Evaluator& evaluator) {
        Result& result = one.result();
        if (result.valid()) {
            result.stop_reason = one.state.stopped_early   ? "early-stopping"
                                 : run_.options.epochs > 0 ? "epochs"
                                                           : "iterations";
        }
        evaluator.finish_outputs([this] { run_.stop.check("evaluating"); });
        run_.describe(result);
    }

    void show_between_evaluations(std::int64_t iteration) {
        ProgressRow row = find_open()->result().progress;
        row.evaluated = false;
        row.move_to(iteration, *run_.context);
        show_(row);
    }

    std::vector<Result> results() {
        std::vector<Result> all;
        for (LambdaRun& one : runs_) {
            one.result().load_seconds = share(run_.state.result.load_seconds);
            one.result().total_seconds = share(run_.elapsed());
            all.push_back(std::move(one.result()));
        }
        return all;
    }

    RunSetup& run_;
    const ShowProgress& show_;
    std::vector<LambdaRun> runs_;
    std::vector<double> columns_;  ///< the weights of all runs: inputs x outputs x lambdas
    std::vector<std::vector<double>> weights_;  ///< by run: inputs x outputs
    train::Meters meters_;  ///< of all ranks and runs, as of the last evaluation
};

}  // namespace

bool can_share_matrix(const TrainOptions& options) {
    return options.suits_matrix() && options.regularizer == model::Regularizer::l2 &&
           options.lambda.has_value() && options.learning_rate.has_value() &&
           options.schedule != model::StepSchedule::Kind::inverse;
}

ShowProgress progress_of(ShowLambdas show, std::size_t n) {
    if (!show) return {};
    return [show = std::move(show), n](const ProgressRow& row) { show(row, n); };
}

std::vector<Result> run_lambdas(const TrainOptions& options, const std::vector<double>& lambdas,
                                int ranks_on_host, const mpi::Communicators& comms,
                                const ShowLambdas& show) {
    const data::Stopwatch since_start;
    return on_replicas(options, comms, [&](const mpi::Communicators& parts) {
        RunSetup run(options, parts, since_start, 1);
        check_layout(options, parts);
        run.open_files(nullptr);
        const std::size_t n = run.task.lambdas_that_fit(lambdas.size(), ranks_on_host);
        run.task.lambdas.assign(lambdas.begin(), lambdas.begin() + static_cast<std::ptrdiff_t>(n));
        const ShowProgress show_row = progress_of(show, n);
        std::vector<Result> results;
        try {
            run.prepare(show_row);
            results = LambdaLoop(run, show_row).run();
        } catch (const CollectiveError&) {
            run.close();  // all ranks are here, so it can be done in order
            throw;
        }
        run.close();
        return results;
    });
}

}  // namespace hogwild::app
