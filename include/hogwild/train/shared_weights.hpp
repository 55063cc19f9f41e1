#pragma once
#include <algorithm>
#include <cstdint>
#include <span>

#include "hogwild/mpi/communicators.hpp"
#include "hogwild/mpi/shared_window.hpp"
#include "hogwild/train/batch_step.hpp"
#include "hogwild/train/decay.hpp"
#include "hogwild/train/strategy.hpp"

namespace hogwild::train {

/// The weights of a node in a shared window, and the shrinking of them: the common part of all
/// strategies that share memory.
template <class Real>
class SharedWeights {
public:
    /// @note Collective over the node, here, in quiesce() and in close().
    SharedWeights(const Problem& problem, const mpi::Communicators& comms)
        : weights_(comms.node(), problem.objective.n_weights()),
          slots_(comms.node(), static_cast<std::size_t>(comms.node_size())),
          decay_(Decay::make<Real>(problem, slots_.span(), comms.node_rank())) {}

    std::span<Real> span() noexcept { return weights_.span(); }
    Decay& decay() noexcept { return decay_; }

    void quiesce() {
        weights_.sync();  // nobody updates any more
        decay_.flush(weights_.span());
        weights_.sync();
    }
    void copy_to(std::span<double> out) const {
        std::ranges::transform(weights_.span(), out.begin(),
                               [](Real w) { return static_cast<double>(w); });
    }
    void close() {
        weights_.close();
        slots_.close();
    }

    static std::uint64_t bytes(std::size_t n_weights, int node_size) {
        return n_weights * sizeof(Real) +
               static_cast<std::uint64_t>(node_size) * sizeof(ExponentSlot);
    }

private:
    mpi::SharedWindow<Real> weights_;
    mpi::SharedWindow<ExponentSlot> slots_;
    Decay decay_;
};

/// A strategy whose ranks update the same weights: what all of these have in common.
template <class Real>
class SharedWeightsStrategy : public Strategy {
public:
    SharedWeightsStrategy(const Problem& problem, const mpi::Communicators& comms)
        : last_(problem.batches.batches()), step_(problem), weights_(problem, comms) {}

    void run(std::int64_t until) override {
        for (; iteration_ < std::min(until, last_); ++iteration_) process(iteration_);
    }
    void quiesce() override { weights_.quiesce(); }
    void weights(std::span<double> out) override { weights_.copy_to(out); }
    void close() override { weights_.close(); }

protected:
    /// One batch, from reading the weights to changing them: where strategies differ.
    virtual void process(std::int64_t iteration) = 0;

    using Change = typename BatchStep<Real>::Change;
    Change compute(std::int64_t iteration) { return step_.compute(iteration, weights_.span()); }
    /// Shrinks by what the documents ask for, then adds the change.
    template <model::Access kAccess = model::Access::plain>
    void apply(const Change& change) {
        const std::span<Real> w = weights_.span();
        weights_.decay().template advance<kAccess>(w, change.exponent, change.documents);
        step_.template add<kAccess>(w, change.delta);
    }

    std::int64_t iteration_ = 0;  ///< the next one

private:
    std::int64_t last_;
    BatchStep<Real> step_;
    SharedWeights<Real> weights_;
};

}  // namespace hogwild::train
