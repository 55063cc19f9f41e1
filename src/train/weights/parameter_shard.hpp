#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "data/partition.hpp"
#include "train/context.hpp"
#include "train/meters/meters.hpp"
#include "train/exchange/delta_message.hpp"
#include "train/regularization/shared_weight_decay.hpp"
#include "train/weights/compensated_adder.hpp"

namespace hogwild::train {

/// A block of the parameters on a Downpour server, and how pushed changes get into it.
///
/// Plain: w += the pushed change. AdaGrad (Duchi, Hazan, Singer 2011; Dean et al. 2012): for each
/// pushed sum of gradients g, G_u += g_u^2, w_u += eta g_u / (sqrt(G_u) + 1e-8).
template <class Real>
class ParameterShard {
public:
    /// What a worker tells with a push, by position in DeltaMessage's counts.
    enum Count : std::size_t {
        kFetchedVersion,  ///< of this block, when its first batch was computed
        kOwnBatches,      ///< of that worker, pushed since that fetch
        kBatches,         ///< in this push
        kPlain,           ///< 1: a warm start's, whatever the server's way
        kCounts
    };

    /// @param context  not owned; must outlive this.
    /// @param block    weights [begin, end).
    ParameterShard(const TrainingContext& context, data::Range block);

    /// Applies a push of this block's part: values are changes (plain) or gradient sums (AdaGrad).
    void apply(const DeltaMessage::View& push);
    /// Shrinks by all that is due.
    void flush();

    /// @param weights  all of them.
    /// @param squares  AdaGrad's sums of this block; empty: none yet.
    void resume(std::span<const double> weights, std::vector<double> squares);
    /// AdaGrad's sums, for the next resume(); empty without AdaGrad.
    std::span<const double> squares() const noexcept { return squares_; }
    data::Range block() const noexcept { return block_; }

    std::span<const Real> weights() const noexcept { return w_; }
    std::int64_t version() const noexcept { return version_; }  ///< batches of all workers so far
    const StalenessHistogram& staleness() const noexcept { return staleness_; }

private:
    void scale_by_adagrad(double eta);
    void shrink_scaled();

    const TrainingContext& context_;
    data::Range block_;
    std::vector<Real> w_;
    std::vector<double> squares_;  ///< AdaGrad's G; empty: plain
    CompensatedAdder<Real> adder_;
    ProgressSlot slot_;
    SharedWeightDecay decay_;  ///< of the plain way
    double pending_exponent_ = 0.0;
    std::size_t pending_documents_ = 0;
    model::SparseDelta delta_;
    std::int64_t version_ = 0;
    StalenessHistogram staleness_;
};

}  // namespace hogwild::train
