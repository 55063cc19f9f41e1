#pragma once
#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "data/partition.hpp"
#include "mpi/collectives.hpp"
#include "mpi/communicators.hpp"
#include "mpi/progress_wait.hpp"
#include "mpi/shared_window.hpp"
#include "train/batch_step.hpp"
#include "train/exchange/node_exchange.hpp"
#include "train/meters/document_totals.hpp"
#include "train/meters/staleness_meter.hpp"
#include "train/progress/global_progress.hpp"
#include "train/registry.hpp"
#include "train/regularization/shared_weight_decay.hpp"
#include "train/strategy.hpp"

namespace hogwild::train {

/// The weights of a node in a shared window, how far its ranks have come, and the shrinking of the
/// weights: the common part of all strategies that share memory.
template <class Real>
class SharedWeights {
public:
    /// @note Collective over the node, here, in quiesce() and in close().
    SharedWeights(const TrainingContext& context, const mpi::Communicators& comms)
        : weights_(comms.node(), context.objective.n_weights()),
          progress_(comms.node(), static_cast<std::size_t>(comms.node_size())),
          decay_(SharedWeightDecay::make_for_shared<Real>(context, progress_.span(),
                                                          comms.node_rank())) {}

    std::span<Real> span() noexcept { return weights_.span(); }
    std::span<const Real> span() const noexcept { return weights_.span(); }
    std::span<ProgressSlot> progress() noexcept { return progress_.span(); }
    SharedWeightDecay& decay() noexcept { return decay_; }
    /// After it, every rank sees what any rank stored before it. @note Collective over the node.
    void sync() { weights_.sync(); }

    void quiesce() {
        weights_.sync();  // nobody updates any more
        decay_.flush(weights_.span());
        weights_.sync();
    }
    const SharedWeightDecay& decay() const noexcept { return decay_; }
    /// As they would be after quiesce(), without changing them.
    /// @note Collective over the node; no rank may be updating.
    void copy_settled_to(std::span<double> out, MPI_Comm node) const {
        std::vector<Real> w(span().begin(), span().end());
        SharedWeightDecay(decay_).flush(std::span<Real>(w));  // this rank's block
        std::ranges::transform(w, out.begin(),
                               [](Real value) { return static_cast<double>(value); });
        const int ranks = static_cast<int>(progress_.span().size());
        for (int rank = 0; rank < ranks; ++rank) {
            const data::Range block = data::equal_part(std::ssize(out), ranks, rank);
            mpi::broadcast(node, rank,
                           out.subspan(static_cast<std::size_t>(block.begin),
                                       static_cast<std::size_t>(block.size())));
        }
    }
    /// @param own  what decay().save() gave on this rank; null: starts anew.
    void resume(std::span<const double> weights, const data::State* own, int node_rank) {
        weights_.sync();
        if (node_rank == 0) {
            std::ranges::transform(weights, weights_.span().begin(),
                                   [](double w) { return static_cast<Real>(w); });
        }
        decay_.resume(own);
        weights_.sync();
    }
    void copy_to(std::span<double> out) const {
        std::ranges::transform(weights_.span(), out.begin(),
                               [](Real w) { return static_cast<double>(w); });
    }
    void close() {
        weights_.close();
        progress_.close();
    }

    /// Of shared memory. @param ranks  that share it.
    static std::uint64_t bytes(std::size_t n_weights, int ranks) {
        return mpi::SharedWindow<Real>::bytes(n_weights) +
               mpi::SharedWindow<ProgressSlot>::bytes(static_cast<std::size_t>(ranks));
    }

private:
    mpi::SharedWindow<Real> weights_;
    mpi::SharedWindow<ProgressSlot> progress_;
    SharedWeightDecay decay_;
};

/// What every strategy that shares memory needs of it: weights, progress, exchange.
inline std::uint64_t shared_weights_bytes(const SharedMemoryPlan& plan) {
    const std::uint64_t exchange = plan.sums ? NodeExchange<float>::bytes(plan.ranks) : 0;
    return exchange + (plan.precision == Precision::double_
                           ? SharedWeights<double>::bytes(plan.n_weights, plan.ranks)
                           : SharedWeights<float>::bytes(plan.n_weights, plan.ranks));
}

/// A strategy whose ranks update the same weights: what all of these have in common.
template <class Real>
class SharedWeightsStrategy : public Strategy {
public:
    /// @param takes_turns  only one rank changes weights at a time: what is carried is shared too.
    SharedWeightsStrategy(const TrainingContext& context, const mpi::Communicators& comms,
                          bool takes_turns = false)
        : comms_(comms),
          context_(context),
          last_(context.batches.batches()),
          step_(context),
          carry_(takes_turns && CompensatedAdder<Real>::carries(context)
                     ? mpi::SharedWindow<double>(comms.node(), context.objective.n_weights())
                     : mpi::SharedWindow<double>()),
          adder_(takes_turns ? CompensatedAdder<Real>(carry_.span())
                             : CompensatedAdder<Real>(context, context.objective.n_weights())),
          weights_(context, comms),
          work_(DocumentTotals::of(context, comms)),
          common_(context, work_, weights_.progress(), comms.node_rank()),
          probe_(context.meters, static_cast<std::uint64_t>(comms.rank())),
          staleness_(context, weights_.progress(), comms.node_rank()),
          exchange_(context, comms, work_),
          waits_(!takes_turns && !exchange_.throttles()) {}

    void run(std::int64_t until) override { go(std::min(until, last_)); }
    void quiesce() override {
        weights_.quiesce();
        if (!exchange_.enabled()) return;
        common_.refresh();
        if (exchange_.is_leader()) exchange_.settle(common_.node_documents(), weights_.span());
        weights_.sync();
    }
    void resume(std::int64_t iteration, std::span<const double> weights,
                const RestoredState& /*the weights will do*/) override {
        resume_with(iteration, weights, nullptr);
    }
    void weights(std::span<double> out) override {
        weights_.copy_to(out);
        exchange_.broadcast_consensus(out);
    }
    Meters meters() const override {
        Meters meters = step_.meters();
        meters.contention = probe_.sums();
        meters.staleness = staleness_.histogram();
        meters.exchange = exchange_.meters();
        return meters;
    }
    void close() override {
        exchange_.close();
        carry_.close();
        weights_.close();
    }

protected:
    /// One batch, from reading the weights to changing them: where strategies differ.
    /// @param iteration  or kNoBatch: changes nothing itself, but is as safe.
    virtual void process(std::int64_t iteration) = 0;
    static constexpr std::int64_t kNoBatch = -1;

    /// Process batches up to `end`.
    void go(std::int64_t end) {
        common_.begin_round(documents_before(iteration_));
        exchange_.start(iteration_, common_.node_documents());
        for (; iteration_ < end; ++iteration_) {
            if (waits_) stay_near();
            process(iteration_);
        }
        common_.end_round();
        exchange_.leave([this] {
            exchange_due_ = true;
            process(kNoBatch);
        });
    }

    using Change = typename BatchStep<Real>::Change;
    Change compute(std::int64_t iteration) {
        if (iteration == kNoBatch) return BatchStep<Real>::nothing();
        exchange_.throttle(iteration);
        if (exchange_.is_leader()) {  // here, where nobody waits for this rank
            exchange_due_ = exchange_.progress(std::exchange(since_progress_, 0));
        }
        common_.keep_up();
        staleness_.before_reading();
        return step_.compute(iteration, weights_.span(), common_.documents());
    }
    /// Shrinks by what the documents ask for, then adds the change.
    template <model::WriteMode kMode = model::WriteMode::plain>
    void apply(const Change& change) {
        if (change.documents > 0) {
            const std::span<Real> w = weights_.span();
            weights_.decay().template advance<kMode>(w, change.exponent, change.documents);
            adder_.template add<kMode>(w, change.delta, probe_);
            staleness_.after_writing();
            common_.advance(change.documents);
            since_progress_ += change.documents;
        }
        if (exchange_due_) exchange<kMode>();
    }

    /// For a strategy that takes turns and goes on with the same bits. The weights are among what
    /// is saved, since quiesce() may have shrunk them.
    void save_all(SavedState& out) const {
        out.common.put("current_weights", std::span<const Real>(weights_.span()));
        adder_.save(out.common);
        weights_.decay().save(out.own);
    }
    void check_all(const RestoredState& saved) const {
        saved.common().check_length("current_weights", weights_.span().size());
        adder_.check(saved.common());
        weights_.decay().check(saved.own());
    }
    /// @param saved  what save_all() gave; null: starts anew.
    void resume_with(std::int64_t iteration, std::span<const double> weights,
                     const RestoredState* saved) {
        iteration_ = iteration;
        const data::State* const common = saved != nullptr ? &saved->common() : nullptr;
        const bool has_carry = carry_.span().empty() || comms_.node_rank() == 0;
        if (has_carry) adder_.resume(common);
        common_.begin_round(documents_before(iteration));
        if (exchange_.is_leader()) exchange_.restart(weights);
        weights_.resume(
            common != nullptr ? std::span<const double>(common->array("current_weights")) : weights,
            saved != nullptr ? &saved->own() : nullptr, comms_.node_rank());
    }

    /// For a strategy that keeps bits.
    void settled_weights(std::span<double> out) const {
        weights_.copy_settled_to(out, comms_.node());
    }

    const mpi::Communicators& comms_;
    std::int64_t iteration_ = 0;  ///< the next one

    bool exchanges() const noexcept { return exchange_.enabled(); }
    /// The next apply() touches all weights.
    bool exchange_due() const noexcept { return exchange_due_; }
    GlobalProgress& common() noexcept { return common_; }

private:
    /// Waits, if this rank is too far ahead. Nobody may be in need of it meanwhile.
    void stay_near() {
        common_.keep_up();
        if (!common_.exceeds_staleness_bound()) return;
        mpi::timed_progress_until(comms_.node(), [this] {
            common_.refresh();
            return !common_.exceeds_staleness_bound();
        });
    }
    std::int64_t documents_before(std::int64_t iteration) const {
        return context_.batches.documents_before(iteration);
    }
    /// Where the update is: under the same protection.
    template <model::WriteMode kMode>
    void exchange() {
        const std::span<Real> w = weights_.span();
        common_.refresh();
        exchange_.copy_or_apply(
            common_.node_documents(),
            [w](std::span<Real> copy) {
                for (std::size_t u = 0; u < w.size(); ++u) copy[u] = model::load(w[u]);
            },
            [w](std::span<const Real> difference) {
                for (std::size_t u = 0; u < w.size(); ++u) {
                    if (const Real d = difference[u]; d != 0) {
                        model::update<kMode>(w[u], [d](Real old) { return old + d; });
                    }
                }
            });
        exchange_due_ = false;
    }

    const TrainingContext& context_;
    std::int64_t last_;
    BatchStep<Real> step_;
    mpi::SharedWindow<double> carry_;  ///< of ranks that take turns
    CompensatedAdder<Real> adder_;
    SharedWeights<Real> weights_;
    DocumentTotals work_;
    GlobalProgress common_;
    StoreProbe probe_;
    StalenessMeter staleness_;
    NodeExchange<Real> exchange_;
    bool waits_;  ///< for ranks far behind; elsewhere turns, or a sum's exchanges, keep ranks
                  ///< together
    bool exchange_due_ = false;       ///< the next update is to touch the weights for it
    std::size_t since_progress_ = 0;  ///< documents
};

}  // namespace hogwild::train
