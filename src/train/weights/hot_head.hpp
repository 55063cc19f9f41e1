#pragma once
#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "data/partition.hpp"
#include "mpi/communicators.hpp"
#include "mpi/shared_window.hpp"
#include "mpi/spin_lock.hpp"
#include "train/context.hpp"
#include "train/regularization/shared_weight_decay.hpp"
#include "train/weights/block_overlap.hpp"
#include "train/weights/head_blocks.hpp"

namespace hogwild::train {

/// The settings on which the choice of the hot head depends.
struct HotHeadSetting {
    std::int64_t batch_size = 1;  ///< documents per update of a rank
    int ranks = 1;                ///< of a group
    std::size_t weight_bytes = sizeof(float);
    /// How many features may be in the head; empty: as the size of the cache allows.
    std::optional<std::size_t> most_features = std::nullopt;
    /// Documents of all ranks that may be processed on the same old values.
    std::int64_t together = 256;
    /// Features that more documents hold are in the head, whatever its size would be.
    std::int64_t too_frequent = std::numeric_limits<std::int64_t>::max();
};

/// Chooses the size of the hot head of `lock-free` and how often it is merged, from the frequencies
/// of features, the cache size and the number of ranks.
/// @param counts       documents per feature.
/// @param features     number of features in the head; empty: chosen here.
/// @param merge_every  documents between merges; empty: chosen here.
/// @note With 0 features there is no copy of the bias either.
HotHeadPlan choose_hot_head(const HotHeadSetting& setting, std::span<const std::int64_t> counts,
                            std::optional<std::int64_t> features,
                            std::optional<std::int64_t> merge_every);

/// Private copy of the most frequent features, which are numbered first, and of the bias.
///
/// Each merge adds this rank's change since the last merge to the shared weights, block by block,
/// and takes the sum as the new value of the copy (see HeadBlocks). Each block has a lock, so that
/// no rank's addition is lost. A block whose try-lock fails is retried at the next merge, so no
/// rank waits. The first rank that merges a block whose weight decay is due applies the decay under
/// the same lock.
///
/// A damped head is for steps that must not add up to more than each rank intended (CoCoA+): the
/// copy shows a rank its own changes times the factor of their block (see BlockOverlap), and merges
/// add them without it. Where the shared weights, too, hold changes times a factor, since other
/// groups make changes at the same time (see DualExchange), both factors are multiplied.
template <class Real>
class HotHead {
public:
    /// @note Collective over the node, here and in close().
    /// @param decays  whether merges apply the weight decay of these weights.
    HotHead(const TrainingContext& context, bool decays, const mpi::Communicators& comms);
    /// From now on the head is damped. @pre it does not decay, and holds no unmerged change.
    /// @param ranks  of the group, that change weights. @param rows  documents of such a rank.
    /// @note Collective over the group.
    void damp(const mpi::Communicators& comms, int ranks, double rows, std::int64_t merge_every);
    void close() { blocks_.close(); }

    /// The copy, of the shape {features in the head}.
    std::span<Real> weights() noexcept { return own_; }
    std::span<const Real> weights() const noexcept { return own_; }
    Real& bias() noexcept { return own_[shape_.bias()]; }
    Real bias() const noexcept { return own_[shape_.bias()]; }

    /// Whether merges apply weight decay.
    bool decays() const noexcept { return !rates_.empty(); }

    bool damped() const noexcept { return !factors_.empty(); }
    /// Of a damped head: by weight, as weights(), what a change of the copy is multiplied by, >= 1.
    std::span<const Real> factors() const noexcept { return factors_; }
    /// What changes of the shared weights are multiplied by, from now on. @pre as
    /// set_least_factor(). @param by_block  blocks() factors, that of the bias last.
    void set_shared_factors(std::span<const double> by_block);
    /// Where the blocks of features end, ascending.
    std::vector<std::size_t> block_ends() const;
    /// No factor of a damped head is below this from now on. @pre no rank has unmerged changes.
    /// @note Collective over the group, with the same value.
    void set_least_factor(double least);

    /// Merges the bias. Call every 64 documents: every document changes the bias, and ranks that
    /// change the same old value overshoot, the more documents there are between merges.
    /// @return false: of a damped head, which another rank is merging.
    bool merge_bias(Real& shared);
    /// Merges the blocks that are due, except those that another rank is merging.
    /// @param shared    all weights.
    /// @param step_sum  of all ranks, the exponent of model::LazyWeightDecay.
    void merge(std::span<Real> shared, double step_sum);
    /// Merges every block and applies all weight decay that is due. Waits for locks.
    void flush(std::span<Real> shared, double step_sum);
    /// Multiplies the copy, after the shared weights have been multiplied by `factor`.
    void multiply(Real factor) noexcept;
    /// Replaces the copy by the shared values. No rank may be writing them.
    void reload(std::span<const Real> shared);

    /// Bytes of shared memory per group.
    static std::uint64_t bytes(std::size_t features);

private:
    static constexpr double kVisible = 0x1p-16;  ///< decay that a float can represent
    struct alignas(64) Block {
        mpi::SpinLock lock;          ///< held by the rank that merges it; protects what follows
        double decayed_until = 0.0;  ///< step sum
        BlockOverlap overlap;        ///< of a damped head
    };
    bool try_merge(std::size_t block, std::span<Real> shared, double step_sum, double threshold);
    void merge_block(std::size_t block, std::span<Real> shared, double step_sum, double threshold);
    void decay_block(std::size_t block, std::span<Real> shared, double step_sum, double threshold);
    void merge_damped(std::size_t block, std::span<Real> shared);
    bool try_merge_damped_bias(Real& shared);
    void set_factors(std::size_t block);
    /// The block that a damped head's bias is.
    std::size_t bias_block() const noexcept { return blocks_of_features_.count(); }

    model::WeightShape shape_;  ///< of the copy
    HeadBlocks blocks_of_features_;
    model::WeightShape all_;  ///< of the shared weights
    std::size_t me_;
    std::vector<Real> own_;
    std::vector<Real> base_;  ///< own_ as it was after the last merge
    std::vector<double>
        rates_;  ///< of weight decay, by weight of the head; empty: merges apply none
    double largest_rate_ = 0.0;
    std::vector<Real> factors_;  ///< of a damped head, as of the blocks' last merges; else empty
    std::vector<Real> own_factors_;     ///< by block, of these those that merges leave out
    std::vector<Real> shared_factors_;  ///< by block, the others
    std::size_t merges_ = 0;
    mpi::SharedWindow<Block> blocks_;
};

}  // namespace hogwild::train
