#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "hogwild/mpi/communicators.hpp"
#include "hogwild/mpi/shared_window.hpp"
#include "hogwild/train/shared_weight_decay.hpp"
#include "hogwild/train/strategy.hpp"

namespace hogwild::train {

/// What the choice of private features depends on.
struct HotHeadSetting {
    std::int64_t batch_size = 1;  ///< documents per update of a rank
    int ranks = 1;                ///< of a node
    std::size_t weight_bytes = sizeof(float);
};

/// Chooses what `lock-free` keeps private, from how often features occur, the cache and the ranks.
/// @param counts    documents per feature.
/// @param features  if given, so many.  @param merge_every  if given, so many documents.
/// @note 0 features mean that the bias is shared too.
HotHeadPlan choose_hot_head(const HotHeadSetting& workload, std::span<const std::int64_t> counts,
                            std::optional<std::int64_t> features,
                            std::optional<std::int64_t> merge_every);

/// This rank's own copy of the weights that every rank writes all the time: the most frequent
/// features, which come first, and the bias.
///
/// Now and then the copy and the shared weights are brought together, block by block: what this
/// rank has changed since is added to the shared value, and the sum is the copy's new value. A
/// block has a lock, so that no rank's addition is lost; whoever finds it taken leaves the block
/// for the next time, and nobody waits. The shrinking of these weights is done under the same lock,
/// by whoever comes first when it is due.
///
/// The rarer the features of a block, the longer may it wait: each block reaches four times as far
/// out as the one before, where by Zipf's law features are a quarter as frequent, and is merged
/// half as often. (A quarter as often was tried: rare features weigh much in a document, and the
/// objective suffered.)
template <class Real>
class HotHead {
public:
    /// @note Collective over the node, here and in close().
    /// @param shrinks  whether the shrinking of these weights is done here.
    HotHead(const TrainingContext& context, bool shrinks, const mpi::Communicators& comms);
    void close() { blocks_.close(); }

    /// The copy: weights 0 .. features-1, then the bias.
    std::span<Real> weights() noexcept { return own_; }
    Real& bias() noexcept { return own_.back(); }

    /// Whether merges shrink the weights too.
    bool shrinks() const noexcept { return !rates_.empty(); }

    /// Brings the bias together with the shared one. To be called every few dozen documents: all
    /// of them pull at it, with a value of 1, and ranks that pull from the same old value swing to
    /// and fro, the further the more documents there are in between.
    void merge_bias(Real& shared);
    /// Merges the blocks whose turn it is and that nobody else is merging just now.
    /// @param shared    all weights, bias last.
    /// @param exponent  the ranks' common exponent, see model::LazyWeightDecay.
    void merge(std::span<Real> shared, double exponent);
    /// Merges every block and shrinks by all that is due. Waits for whoever is merging one.
    void flush(std::span<Real> shared, double exponent);
    /// Where the shared weights have been multiplied by `factor`.
    void multiply(Real factor) noexcept;
    /// Forgets the copy and takes the shared values. Nobody may be writing them.
    void reload(std::span<const Real> shared);

    /// Bytes of shared memory that it takes on a node.
    static std::uint64_t bytes(std::size_t features);

private:
    static constexpr std::size_t kFirst = 64;    ///< weights of the first block
    static constexpr double kVisible = 0x1p-16;  ///< a shrink that a float can see
    struct alignas(64) Block {
        int held = 0;               ///< 1 while somebody merges it
        double shrunk_until = 0.0;  ///< exponent, under the lock
    };
    static std::size_t block_count(std::size_t features) {
        std::size_t blocks = 1;
        while (block_begin(blocks) < features) ++blocks;
        return blocks;
    }
    static std::size_t block_begin(std::size_t block) {
        return block == 0 ? 0 : kFirst << (2 * (block - 1));
    }
    /// In merges of the first block.
    static std::size_t period(std::size_t block) { return std::size_t{1} << block; }

    bool try_merge(std::size_t block, std::span<Real> shared, double exponent, double threshold);
    void merge_block(std::size_t block, std::span<Real> shared, double exponent, double threshold);

    std::size_t features_;
    std::size_t me_;
    std::vector<Real> own_;
    std::vector<Real> base_;     ///< own_ as it was after the last merge
    std::vector<double> rates_;  ///< of shrinking, by weight here; empty: nothing shrinks
    double largest_rate_ = 0.0;
    std::size_t merges_ = 0;
    mpi::SharedWindow<Block> blocks_;
};

}  // namespace hogwild::train
