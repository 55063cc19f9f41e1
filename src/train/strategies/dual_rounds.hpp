#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "mpi/collectives.hpp"
#include "train/context.hpp"
#include "train/exchange/dual_exchange.hpp"
#include "train/hooks/hook.hpp"
#include "train/weights/dual_weights.hpp"

namespace hogwild::train {

/// The rounds in which several groups add up their changes (DualExchange), as all ranks take part
/// in them. Of a single group there are none.
template <class Real, class Ascent>
class DualRounds final : public Hook {
public:
    /// All arguments must outlive this. @note Collective, as all else but length() and after().
    DualRounds(const TrainingContext& context, const mpi::Communicators& comms,
               DualWeights<Real>& weights, Ascent& ascent)
        : context_(context),
          comms_(comms),
          weights_(weights),
          ascent_(ascent),
          adapts_(!context.exchange.every && !context.dual.in_rank_order),
          overlaps_(context.dual.overlaps) {
        if (!enabled()) return;
        ascent_.remember_moves();
        if (context_.exchange.every) {
            rounds_ =
                std::max<std::int64_t>(1, context_.training_documents / *context_.exchange.every);
        }
        if (comms_.is_leader()) {
            exchange_.emplace(
                comms_,
                typename DualExchange<Real>::Plan{
                    weights_.block_ends(),
                    context_.objective.lambda * static_cast<double>(context_.training_documents),
                    context_.bias_share(), context_.dual.in_rank_order, context_.oversubscribed});
        }
        const std::vector<double> factors(weights_.block_ends().size(), comms_.replicas());
        weights_.go_on_from_leader(factors);
    }
    void close() {
        if (exchange_) exchange_->close();
    }

    bool enabled() const noexcept { return comms_.replicas() > 1; }
    /// Batches of a round.
    std::int64_t length(std::int64_t per_epoch) const noexcept {
        return std::max<std::int64_t>(1, per_epoch / rounds_);
    }
    /// A round. @pre no rank is running, and all changes are in the shared weights.
    /// @param documents    visited by this rank since the last one.
    /// @param may_be_late  its sum may arrive in the next round.
    void meet(std::size_t documents, bool may_be_late) {
        double sums[] = {ascent_.gain_of_moves(), static_cast<double>(documents)};
        mpi::sum_in_rank_order(comms_.group(), sums);
        const std::size_t blocks = weights_.block_ends().size();
        std::vector<double> agreed(2 + blocks);  // gamma, how long sums take, the factors
        if (exchange_) {
            agreed[0] = 1.0;
            if (may_be_late && overlaps_) {
                exchange_->combine_meanwhile(weights_.span(), sums[1], weights_.center());
            } else {
                agreed[0] =
                    exchange_->combine(weights_.span(), sums[0], sums[1], weights_.center());
            }
            agreed[1] = exchange_->waited_share().value_or(kUnknown);
            std::ranges::copy(exchange_->factors(), agreed.begin() + 2);
        }
        mpi::broadcast(comms_.group(), 0, std::span<double>(agreed));
        ascent_.shorten(agreed[0]);
        if (!may_be_late && adapts_ && agreed[1] != kUnknown) adapt(agreed[1]);
        weights_.go_on_from_leader(std::span<const double>(agreed).subspan(2));
    }
    /// The weights have been replaced, in all groups by the same.
    void restart() {
        if (exchange_) exchange_->restart(weights_.span());
    }
    /// More rounds, whose sums are waited for.
    void be_careful() {
        constexpr std::int64_t kMost = 256;
        if (adapts_) rounds_ = std::max(rounds_, kRounds);
        rounds_ = std::max(rounds_, std::min(kMost, 2 * rounds_));
        adapts_ = false;
        overlaps_ = false;
    }
    /// Lets a sum that is under way progress.
    void after(const Slice& /*slice*/) override {
        if (exchange_) exchange_->poll();
    }
    std::optional<ExchangeMeters> meters() const {
        if (!enabled()) return std::nullopt;
        return exchange_ ? exchange_->meters() : ExchangeMeters{};
    }

private:
    static constexpr std::int64_t kRounds = 16;
    static constexpr double kUnknown = -1.0;

    /// Where sums are waited for longer than is trained between two of them, fewer rounds take
    /// less time, though more epochs (record 35).
    void adapt(double waited) {
        constexpr double kMuch = 0.55;
        constexpr double kLittle = 0.2;
        const std::int64_t before = rounds_;
        if (waited > kMuch) rounds_ = std::max<std::int64_t>(1, rounds_ / 2);
        if (waited < kLittle) rounds_ = std::min(kRounds, 2 * rounds_);
        if (rounds_ != before && exchange_) exchange_->forget_waiting();
    }

    const TrainingContext& context_;
    const mpi::Communicators& comms_;
    DualWeights<Real>& weights_;
    Ascent& ascent_;
    std::optional<DualExchange<Real>> exchange_;  ///< on the leaders
    std::int64_t rounds_ = kRounds;               ///< an epoch
    bool adapts_;
    bool overlaps_;
};

}  // namespace hogwild::train
