#pragma once
#include <algorithm>
#include <memory>
#include <span>

#include "mpi/communicators.hpp"
#include "train/engine.hpp"
#include "train/exchange/node_exchange.hpp"
#include "train/hooks/exchange_hook.hpp"
#include "train/hooks/head_merge.hpp"
#include "train/hooks/progress_hook.hpp"
#include "train/meters/document_totals.hpp"
#include "train/meters/staleness_meter.hpp"
#include "train/sampling/slice_reader.hpp"
#include "train/trainer.hpp"
#include "train/weights/matrix_weights.hpp"

namespace hogwild::train {

/// Trains the weights of several outputs, which all ranks of a node update, document by document.
/// @tparam Update  see OneVsAll.
template <class Index, class Update>
class MatrixTrainer final : public Trainer {
public:
    MatrixTrainer(const TrainingContext& context, const mpi::Communicators& comms)
        : context_(context),
          totals_(DocumentTotals::of(context, comms)),
          weights_(context, comms, totals_),
          staleness_(context, weights_.slots(), comms.group_rank()),
          exchange_(context, comms, totals_),
          update_(weights_, context),
          reader_(context.rows.compact<Index>(), context.batches),
          engine_(
              reader_, update_, staleness_, [this] { return step(); }, context.snapshots) {
        engine_.add(weights_);
        engine_.add(progress_hook_);
        engine_.add(head_merge_);
        if (exchange_.enabled()) engine_.add(exchange_hook_);
        if (context.progress_report != nullptr) engine_.add(*context.progress_report);
    }

    void run(std::int64_t until) override {
        engine_.run(std::min(until, context_.batches.batches()));
    }
    void quiesce() override {
        engine_.settle([this] { weights_.sync(); });
    }
    void weights(std::span<double> out) override {
        weights_.copy_to(out);
        exchange_.broadcast_consensus(out);
    }
    void resume(std::int64_t iteration, std::span<const double> weights,
                const RestoredState& /*not needed*/) override {
        engine_.restart_at(iteration);
        head_merge_.restart();
        if (exchange_.is_leader()) exchange_.restart(weights, weights_.log_decay());
        weights_.resume(weights);
    }
    Meters meters() const override {
        Meters meters;
        meters.documents = static_cast<double>(engine_.documents());
        meters.active = static_cast<double>(update_.active());
        meters.staleness = staleness_.histogram();
        if (weights_.head_size() > 0) meters.hot_staleness = staleness_.hot_histogram();
        meters.exchange = exchange_.meters();
        meters.materializations = static_cast<double>(weights_.materializations());
        return meters;
    }
    void close() override {
        exchange_.close();
        weights_.close();
    }

private:
    /// The update knows the scales of all outputs.
    Step step() { return {context_.learning_rate(weights_.progress().documents()), 1.0}; }

    const TrainingContext& context_;
    DocumentTotals totals_;
    typename Update::Weights weights_;
    StalenessMeter staleness_;
    NodeExchange<float> exchange_;
    Update update_;
    CompactReader<Index> reader_;
    Engine<CompactReader<Index>, Update, StalenessMeter> engine_;

    ProgressHook progress_hook_{context_, weights_.progress(),
                                ProgressHook::Refresh::by_other_hook};
    HeadMerge<typename Update::Weights> head_merge_{context_, weights_, staleness_};
    ExchangeHook<float, typename Update::Weights> exchange_hook_{exchange_, weights_.progress(),
                                                                 weights_, true};
};

/// Checks that the weights are not doubles, the rows compact, the regularization none or a common
/// scale, and that nothing records the run's course.
/// @throws std::invalid_argument.
void check_matrix_context(Precision precision, const TrainingContext& context);

/// Chooses the types, once per run.
/// @tparam Update  has the template parameters of OneVsAll.
/// @param context  with outputs.
/// @throws std::invalid_argument for what is not written yet, see check_matrix_context().
/// @note Collective over `comms`.
template <template <class Loss, class Index, class W> class Update>
std::unique_ptr<Trainer> make_matrix_trainer(Precision precision, const TrainingContext& context,
                                             const mpi::Communicators& comms) {
    check_matrix_context(precision, context);
    const auto make = [&]<class Loss, class Index>() -> std::unique_ptr<Trainer> {
        if (precision == Precision::bfloat16) {
            using U = Update<Loss, Index, model::Bfloat16>;
            return std::make_unique<MatrixTrainer<Index, U>>(context, comms);
        }
        return std::make_unique<MatrixTrainer<Index, Update<Loss, Index, float>>>(context, comms);
    };
    return model::with_loss(context.objective.loss, [&]<class Loss>(Loss) {
        return context.rows.layout() == model::TrainingRows::Layout::narrow
                   ? make.template operator()<Loss, std::uint16_t>()
                   : make.template operator()<Loss, std::uint32_t>();
    });
}

}  // namespace hogwild::train
