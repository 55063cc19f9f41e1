#pragma once
#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "data/partition.hpp"
#include "model/kernels.hpp"
#include "mpi/collectives.hpp"
#include "mpi/communicators.hpp"
#include "mpi/shared_window.hpp"
#include "train/context.hpp"
#include "train/hooks/hook.hpp"
#include "train/regularization/shared_weight_decay.hpp"

namespace hogwild::train {

/// The weights of a group in a shared window, the progress of its ranks, and the weight decay.
template <class Real>
class SharedWeights final : public Hook {
public:
    /// @note Collective over the node, here, in sync(), resume() and close().
    SharedWeights(const TrainingContext& context, const mpi::Communicators& comms)
        : weights_(comms.group(), context.objective.shape.size()),
          progress_(comms.group(), static_cast<std::size_t>(comms.group_size())),
          decay_(
              SharedWeightDecay::make_for_shared(context, progress_.span(), comms.group_rank())) {}

    std::span<Real> span() noexcept { return weights_.span(); }
    std::span<const Real> span() const noexcept { return weights_.span(); }
    std::span<ProgressSlot> progress() noexcept { return progress_.span(); }
    SharedWeightDecay& decay() noexcept { return decay_; }
    /// After it, every rank sees what any rank stored before it. @note Collective over the node.
    void sync() { weights_.sync(); }

    const SharedWeightDecay& decay() const noexcept { return decay_; }
    void settle(Phase phase) override {
        if (phase == Phase::decay) decay_.flush(weights_.span());
    }
    /// The interface for a Recorder: weights are stored as they are.
    static void begin_view() noexcept {}
    double view(std::size_t u) const noexcept {
        return static_cast<double>(model::load(weights_.span()[u]));
    }
    /// Copies the weights with all weight decay applied; does not change them.
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
    /// @param own  from decay().save() on this rank; null: the decay starts anew.
    void resume(std::span<const double> weights, const data::State* own, int group_rank) {
        weights_.sync();
        if (group_rank == 0) {
            std::ranges::transform(weights, weights_.span().begin(),
                                   [](double w) { return static_cast<Real>(w); });
        }
        decay_.resume(own);
        weights_.sync();
    }
    template <class Out>
    void copy_to(std::span<Out> out) const {
        std::ranges::transform(weights_.span(), out.begin(),
                               [](const Real& w) { return static_cast<Out>(model::load(w)); });
    }
    void close() {
        weights_.close();
        progress_.close();
    }

    /// Bytes of shared memory. @param ranks  of the group.
    static std::uint64_t bytes(const model::WeightShape& shape, int ranks) {
        return mpi::SharedWindow<Real>::bytes(shape.size()) +
               mpi::SharedWindow<ProgressSlot>::bytes(static_cast<std::size_t>(ranks));
    }

private:
    mpi::SharedWindow<Real> weights_;
    mpi::SharedWindow<ProgressSlot> progress_;
    SharedWeightDecay decay_;
};

}  // namespace hogwild::train
