#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "data/partition.hpp"
#include "train/context.hpp"
#include "train/exchange/delta_message.hpp"
#include "train/meters/meters.hpp"
#include "train/regularization/shared_weight_decay.hpp"
#include "train/weights/compensated_adder.hpp"

namespace hogwild::train {

/// A block of the parameters on a Downpour server, and how it applies pushed changes.
///
/// Plain: w += the pushed change. AdaGrad (Duchi, Hazan, Singer 2011; Dean et al. 2012): for each
/// pushed sum of gradients g, G_u += g_u^2, w_u += eta g_u / (sqrt(G_u) + 1e-8).
template <class Real>
class ParameterShard {
public:
    /// The counts that a worker sends with a push: positions in DeltaMessage::View::counts.
    enum Count : std::size_t {
        kFetchedVersion,  ///< version of the block from which the first batch was computed
        kOwnBatches,      ///< batches that the worker has pushed since that fetch
        kBatches,         ///< batches in this push
        kPlain,           ///< 1: plain changes (warm start), even with AdaGrad
        kCounts
    };

    /// @param context  not owned; must outlive this.
    /// @param block    weights [begin, end).
    ParameterShard(const TrainingContext& context, data::Range block);

    /// Applies a push. Its values are changes (plain) or sums of gradients (AdaGrad).
    void apply(const DeltaMessage::View& push);
    /// Applies all weight decay that is due.
    void flush();

    /// @param weights  all of them.
    /// @param squares  AdaGrad's sums of this block; empty: zeros.
    void resume(std::span<const double> weights, std::vector<double> squares);
    /// AdaGrad's sums, for the next resume(); empty without AdaGrad.
    std::span<const double> squares() const noexcept { return squares_; }
    data::Range block() const noexcept { return block_; }

    std::span<const Real> weights() const noexcept { return w_; }
    std::int64_t version() const noexcept { return version_; }  ///< batches of all workers so far
    const StalenessHistogram& staleness() const noexcept { return staleness_; }

private:
    void scale_by_adagrad(double eta);
    void decay_scaled();

    const TrainingContext& context_;
    data::Range block_;
    std::vector<Real> w_;
    std::vector<double> squares_;  ///< AdaGrad's G; empty: plain
    CompensatedAdder<Real> adder_;
    ProgressSlot slot_;
    SharedWeightDecay decay_;  ///< of plain pushes
    double pending_step_sum_ = 0.0;
    std::size_t pending_documents_ = 0;
    model::SparseDelta delta_;
    std::int64_t version_ = 0;
    StalenessHistogram staleness_;
};

}  // namespace hogwild::train
