#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>

#include "model/objective.hpp"
#include "mpi/communicators.hpp"
#include "train/engine.hpp"
#include "train/exchange/node_exchange.hpp"
#include "train/hooks/exchange_hook.hpp"
#include "train/hooks/head_merge.hpp"
#include "train/hooks/progress_hook.hpp"
#include "train/hooks/recorder.hpp"
#include "train/meters/document_totals.hpp"
#include "train/meters/staleness_meter.hpp"
#include "train/sampling/slice_reader.hpp"
#include "train/shared_trainer.hpp"
#include "train/trainer.hpp"
#include "train/weights/hot_weights.hpp"

namespace hogwild::train {

/// Trains weights that all ranks of a node update, document by document, with a hot head per rank.
/// @tparam Update  see Hogwild.
template <class Real, class Index, class Update>
class DocumentTrainer final : public Trainer {
public:
    DocumentTrainer(const TrainingContext& context, const mpi::Communicators& comms)
        : context_(context),
          totals_(DocumentTotals::of(context, comms)),
          weights_(context, comms, totals_),
          probe_(context.meters, static_cast<std::uint64_t>(comms.rank())),
          staleness_(context, weights_.slots(), comms.group_rank()),
          exchange_(context, comms, totals_),
          update_(weights_.numbers(), probe_, context.objective.step_weights),
          reader_(context.rows.compact<Index>(), context.batches),
          engine_(
              reader_, update_, staleness_, [this] { return step(); }, context.snapshots) {
        if (records(context)) engine_.add(recorder_);
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
        std::ranges::transform(weights_.span(), out.begin(),
                               [](Real w) { return static_cast<double>(w); });
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
        meters.contention = probe_.sums();
        meters.staleness = staleness_.histogram();
        if (weights_.has_head()) meters.hot_staleness = staleness_.hot_histogram();
        meters.exchange = exchange_.meters();
        meters.materializations = static_cast<double>(weights_.materializations());
        return meters;
    }
    void close() override {
        exchange_.close();
        weights_.close();
    }

private:
    Step step() {
        return {context_.learning_rate(weights_.progress().documents()), weights_.scale()};
    }

    const TrainingContext& context_;
    DocumentTotals totals_;
    HotWeights<Real> weights_;
    StoreProbe probe_;
    StalenessMeter staleness_;
    NodeExchange<Real> exchange_;
    Update update_;
    CompactReader<Index> reader_;
    Engine<CompactReader<Index>, Update, StalenessMeter> engine_;

    Recorder<HotWeights<Real>> recorder_{context_, weights_};
    ProgressHook progress_hook_{context_, weights_.progress(),
                                ProgressHook::Refresh::by_other_hook};
    HeadMerge<HotWeights<Real>> head_merge_{context_, weights_, staleness_};
    ExchangeHook<Real, HotWeights<Real>> exchange_hook_{exchange_, weights_.progress(), weights_,
                                                        true};
};

/// Of documents one by one: indices as short as they can be.
model::TrainingRows::Layout compact_layout(const model::WeightShape& shape);
/// StrategyInfo::row_layout of a strategy that goes document by document where a document without a
/// gradient leaves the weights alone.
model::TrainingRows::Layout document_layout(const HotHeadPlan& plan, bool writes_only_active,
                                            const model::WeightShape& shape);
/// StrategyInfo::shared_bytes of a strategy that may train either way.
std::uint64_t document_or_batch_bytes(const SharedMemoryPlan& plan);

/// Chooses the form of training and its types (weights, indices, loss), once per run.
/// @tparam Update  has the template parameters of Hogwild; used for compact rows. Plain rows are
///                 trained batch by batch, without protection.
template <template <class Loss, class Real, class Probe> class Update>
std::unique_ptr<Trainer> make_document_or_batch_trainer(Precision precision,
                                                        const TrainingContext& context,
                                                        const mpi::Communicators& comms) {
    if (context.rows.layout() == model::TrainingRows::Layout::plain) {
        return make_shared_trainer<Protection>(precision, context, comms);
    }
    const auto with_index = [&]<class Loss, class Real>() -> std::unique_ptr<Trainer> {
        using U = Update<Loss, Real, StoreProbe>;
        if (context.rows.layout() == model::TrainingRows::Layout::narrow) {
            return std::make_unique<DocumentTrainer<Real, std::uint16_t, U>>(context, comms);
        }
        return std::make_unique<DocumentTrainer<Real, std::uint32_t, U>>(context, comms);
    };
    return model::with_loss(
        context.objective.loss, [&]<class Loss>(Loss) -> std::unique_ptr<Trainer> {
            return precision == Precision::double_ ? with_index.template operator()<Loss, double>()
                                                   : with_index.template operator()<Loss, float>();
        });
}

}  // namespace hogwild::train
