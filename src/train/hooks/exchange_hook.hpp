#pragma once
#include <span>

#include "train/exchange/node_exchange.hpp"
#include "train/hooks/hook.hpp"
#include "train/progress/global_progress.hpp"

namespace hogwild::train {

/// Combines the weights of all nodes while their ranks train (NodeExchange).
/// @tparam Weights  the weights of a group: at_boundary(f) calls f(span<Real>), which may change
///                  them; exclusively(f) calls f, which may read or change all weights;
///                  while_away(f) calls f while other ranks do not wait for this rank;
///                  while_back(f) calls f at the end of a round, when this rank is away already;
///                  log_decay(), the logarithm of the decay that all weights alike have had since
///                  the run began, 0 if there is none; copy_to(span<Real>), which returns that of
///                  the copy; and add(span<const Real> d, double log_decay), which adds
///                  differences of weights that had that decay.
template <class Real, class Weights>
class ExchangeHook final : public Hook {
public:
    /// @param throttles  false: the ranks of a group need no throttling.
    ExchangeHook(NodeExchange<Real>& exchange, GlobalProgress& progress, Weights& weights,
                 bool throttles)
        : exchange_(exchange),
          progress_(progress),
          weights_(weights),
          throttles_(throttles && exchange.throttles()) {}

    void begin_round(std::int64_t iteration) override {
        exchange_.begin_round(iteration, progress_.group_documents());
    }
    void before(std::int64_t iteration) override {
        if (throttles_) weights_.while_away([&] { exchange_.throttle(iteration); });
    }
    void after(const Slice& slice) override {
        if (!exchange_.is_leader()) return;
        bool due = false;
        weights_.while_away([&] { due = exchange_.progress(slice.documents); });
        if (due) exchange();
    }
    void end_round() override {
        exchange_.end_round([this] { weights_.while_back([this] { exchange(); }); });
    }
    void settle(Phase phase) override {
        if (phase != Phase::reduce || !exchange_.enabled()) return;
        progress_.refresh();
        if (!exchange_.is_leader()) return;
        weights_.at_boundary([this](std::span<Real> w) {
            exchange_.settle(progress_.group_documents(), w, weights_.log_decay());
        });
    }

private:
    void exchange() {
        weights_.exclusively([this] {
            progress_.refresh();
            exchange_.copy_or_apply(progress_.group_documents(), weights_);
        });
        exchange_.progress(0);  // starts the reduction immediately
    }

    NodeExchange<Real>& exchange_;
    GlobalProgress& progress_;
    Weights& weights_;
    bool throttles_;
};

}  // namespace hogwild::train
