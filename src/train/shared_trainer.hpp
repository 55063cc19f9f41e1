#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "mpi/communicators.hpp"
#include "mpi/shared_window.hpp"
#include "train/engine.hpp"
#include "train/exchange/node_exchange.hpp"
#include "train/hooks/exchange_hook.hpp"
#include "train/hooks/progress_hook.hpp"
#include "train/hooks/recorder.hpp"
#include "train/hooks/yield_hook.hpp"
#include "train/meters/document_totals.hpp"
#include "train/meters/staleness_meter.hpp"
#include "train/progress/global_progress.hpp"
#include "train/protection/protection.hpp"
#include "train/registry.hpp"
#include "train/sampling/slice_reader.hpp"
#include "train/strategies/batch_update.hpp"
#include "train/weights/shared_weights.hpp"

namespace hogwild::train {

/// The interface of shared weights for ExchangeHook: access under the strategy's protection.
template <class Real, class Protected>
class ProtectedWeights {
public:
    ProtectedWeights(SharedWeights<Real>& weights, Protected& protection)
        : weights_(weights), protection_(protection) {}

    template <class Do>
    void at_boundary(Do&& what) {
        what(weights_.span());
    }
    template <class Do>
    void exclusively(Do&& what) {
        protection_.protect_all(std::forward<Do>(what));
    }
    /// No rank waits for another in this class, so there is no presence to give up.
    template <class Do>
    void while_away(Do&& what) {
        what();
    }
    template <class Do>
    void while_back(Do&& what) {
        what();
    }
    /// Blocks of weights decay at times of their own.
    static double log_decay() noexcept { return 0.0; }
    double copy_to(std::span<Real> out) const {
        weights_.copy_to(out);
        return log_decay();
    }
    void add(std::span<const Real> difference, double /*log_decay*/) {
        const std::span<Real> w = weights_.span();
        for (std::size_t u = 0; u < w.size(); ++u) {
            if (const Real d = difference[u]; d != 0) {
                model::update<Protected::kWriteMode>(w[u], [d](Real old) { return old + d; });
            }
        }
    }

private:
    SharedWeights<Real>& weights_;
    Protected& protection_;
};

/// Trains weights that all ranks of a node update, batch by batch, under a protection.
template <class Real, class Protected>
class SharedTrainer final : public Trainer {
public:
    SharedTrainer(const TrainingContext& context, const mpi::Communicators& comms)
        : comms_(comms),
          context_(context),
          carry_(kTakesTurns && CompensatedAdder<Real>::carries(context)
                     ? mpi::SharedWindow<double>(comms.group(), context.objective.shape.size())
                     : mpi::SharedWindow<double>()),
          adder_(kTakesTurns ? CompensatedAdder<Real>(carry_.span())
                             : CompensatedAdder<Real>(context, context.objective.shape.size())),
          weights_(context, comms),
          totals_(DocumentTotals::of(context, comms)),
          progress_(context, totals_, weights_.progress(), comms.group_rank()),
          protection_(context, comms),
          probe_(context.meters, static_cast<std::uint64_t>(comms.rank())),
          staleness_(context, weights_.progress(), comms.group_rank()),
          exchange_(context, comms, totals_),
          update_(context, weights_, adder_, protection_, probe_, staleness_, progress_),
          reader_(context.batches),
          engine_(
              reader_, update_, meter_, [this] { return step(); }, context.snapshots),
          protected_(weights_, protection_) {
        engine_.add(weights_);
        if (records(context)) engine_.add(recorder_);
        engine_.add(progress_hook_);
        engine_.add(protection_);
        // Not needed with turns or with `sum`, which keep ranks together.
        if (!kTakesTurns && !exchange_.throttles()) engine_.add(bounded_staleness_);
        if (exchange_.enabled()) engine_.add(exchange_hook_);
        if (context.oversubscribed) engine_.add(yield_);
        if (context.progress_report != nullptr) engine_.add(*context.progress_report);
    }

    void run(std::int64_t until) override {
        // A rank that takes turns and has no batches left still passes its turns on.
        engine_.run(kTakesTurns ? until : std::min(until, context_.batches.batches()));
    }
    void quiesce() override {
        engine_.settle([this] { weights_.sync(); });
    }
    void weights(std::span<double> out) override {
        if (keeps_bits()) {
            weights_.copy_settled_to(out, comms_.group());
        } else {
            weights_.copy_to(out);
            exchange_.broadcast_consensus(out);
        }
    }
    /// With several groups the progress of the others at an exchange is not reproducible.
    bool keeps_bits() const override { return kTakesTurns && !exchange_.enabled(); }
    /// Saves the stored weights as well, since quiesce() would have applied weight decay to them.
    void save(SavedState& out) const override {
        if (!keeps_bits()) return;
        out.common.put("current_weights", std::span<const Real>(weights_.span()));
        adder_.save(out.common);
        weights_.decay().save(out.own);
    }
    void check_restored(const RestoredState& saved) const override {
        if (!can_use(saved)) return;
        saved.common().check_length("current_weights", weights_.span().size());
        adder_.check(saved.common());
        weights_.decay().check(saved.own());
    }
    void resume(std::int64_t iteration, std::span<const double> weights,
                const RestoredState& saved) override {
        engine_.restart_at(iteration);
        protection_.resume(iteration);
        progress_.begin_round(context_.batches.documents_before(iteration));
        const data::State* const common = can_use(saved) ? &saved.common() : nullptr;
        if (carry_.span().empty() || comms_.group_rank() == 0) adder_.resume(common);
        if (exchange_.is_leader()) exchange_.restart(weights, protected_.log_decay());
        weights_.resume(
            common != nullptr ? std::span<const double>(common->array("current_weights")) : weights,
            common != nullptr ? &saved.own() : nullptr, comms_.group_rank());
    }
    Meters meters() const override {
        Meters meters;
        meters.documents = static_cast<double>(engine_.documents());
        meters.active = static_cast<double>(update_.active());
        meters.contention = probe_.sums();
        meters.lock_wait_seconds = protection_.waited_seconds();
        meters.staleness = staleness_.histogram();
        meters.exchange = exchange_.meters();
        return meters;
    }
    void close() override {
        exchange_.close();
        protection_.close();
        carry_.close();
        weights_.close();
    }

    static std::uint64_t bytes(const SharedMemoryPlan& plan) {
        const bool may_carry = kTakesTurns && plan.precision == Precision::single_;
        return SharedWeights<Real>::bytes(plan.shape, plan.ranks) + Protected::bytes(plan) +
               (plan.sums ? NodeExchange<Real>::bytes(plan.ranks) : 0) +
               (may_carry ? mpi::SharedWindow<double>::bytes(plan.shape.size()) : 0);
    }

private:
    static constexpr bool kTakesTurns = Protected::kTakesTurns;

    Step step() const { return {context_.learning_rate(progress_.documents()), 1.0}; }
    /// Whether the saved state can be used: not if there were several groups.
    bool can_use(const RestoredState& saved) const {
        return keeps_bits() && saved.exact() && saved.common().has("current_weights");
    }

    const mpi::Communicators& comms_;
    const TrainingContext& context_;
    mpi::SharedWindow<double> carry_;  ///< shared by ranks that take turns
    CompensatedAdder<Real> adder_;
    SharedWeights<Real> weights_;
    DocumentTotals totals_;
    GlobalProgress progress_;
    Protected protection_;
    StoreProbe probe_;
    StalenessMeter staleness_;
    NodeExchange<Real> exchange_;
    BatchUpdate<Real, Protected> update_;
    PlainReader reader_;
    NoMeter meter_;  // BatchUpdate measures, under the protection
    Engine<PlainReader, BatchUpdate<Real, Protected>> engine_;
    ProtectedWeights<Real, Protected> protected_;

    Recorder<SharedWeights<Real>> recorder_{context_, weights_};
    ProgressHook progress_hook_{
        context_, progress_,
        kTakesTurns ? ProgressHook::Refresh::every_batch : ProgressHook::Refresh::sometimes};
    BoundedStaleness bounded_staleness_{progress_, comms_.group()};
    ExchangeHook<Real, ProtectedWeights<Real, Protected>> exchange_hook_{exchange_, progress_,
                                                                         protected_, !kTakesTurns};
    YieldHook yield_{context_.oversubscribed};
};

/// StrategyInfo::make and StrategyInfo::shared_bytes of a strategy that is a protection.
template <class Protected>
std::unique_ptr<Trainer> make_shared_trainer(Precision precision, const TrainingContext& context,
                                             const mpi::Communicators& comms) {
    if (precision == Precision::double_) {
        return std::make_unique<SharedTrainer<double, Protected>>(context, comms);
    }
    return std::make_unique<SharedTrainer<float, Protected>>(context, comms);
}
template <class Protected>
std::uint64_t shared_trainer_bytes(const SharedMemoryPlan& plan) {
    return plan.precision == Precision::double_ ? SharedTrainer<double, Protected>::bytes(plan)
                                                : SharedTrainer<float, Protected>::bytes(plan);
}

}  // namespace hogwild::train
