#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "hogwild/mpi/communicators.hpp"
#include "hogwild/mpi/shared_window.hpp"
#include "hogwild/train/decay.hpp"
#include "hogwild/train/strategy.hpp"

namespace hogwild::train {

/// What the choice of private features depends on.
struct Workload {
    std::int64_t batch_size = 1;  ///< documents per update of a rank
    int ranks = 1;                ///< of a node
    std::size_t weight_bytes = sizeof(float);
};

/// Chooses what `lock-free` keeps private, from how often features occur, the cache and the ranks.
/// @param counts    documents per feature.
/// @param features  if given, so many.  @param merge_every  if given, so many documents.
/// @note 0 features mean that the bias is shared too.
PrivatePlan choose_private_plan(const Workload& workload, std::span<const std::int64_t> counts,
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
template <class Real>
class PrivateFeatures {
public:
    /// @note Collective over the node, here and in close().
    /// @param shrinks  whether the shrinking of these weights is done here.
    PrivateFeatures(const Problem& problem, bool shrinks, const mpi::Communicators& comms);
    void close() { blocks_.close(); }

    /// The copy: weights 0 .. features-1, then the bias.
    std::span<Real> weights() noexcept { return own_; }
    Real& bias() noexcept { return own_.back(); }

    /// Merges the blocks that nobody else is merging just now. @return how many were left out.
    /// @param shared    all weights, bias last.
    /// @param exponent  the ranks' common exponent, see model::Shrink.
    std::size_t merge(std::span<Real> shared, double exponent) {
        return merge(shared, exponent, kVisible);
    }
    /// Merges every block and shrinks by all that is due. @note Collective: call between barriers.
    void flush(std::span<Real> shared, double exponent);
    /// Forgets the copy and takes the shared values. Nobody may be writing them.
    void reload(std::span<const Real> shared);

    /// Bytes of shared memory that it takes on a node.
    static std::uint64_t bytes(std::size_t features);

private:
    static constexpr std::size_t kBlock = 1024;  ///< weights
    static constexpr double kVisible = 0x1p-16;  ///< a shrink that a float can see
    struct alignas(64) Block {
        int held = 0;               ///< 1 while somebody merges it
        double shrunk_until = 0.0;  ///< exponent; under the lock
    };
    static std::size_t block_count(std::size_t features) {
        return (features + 1 + kBlock - 1) / kBlock;
    }

    std::size_t merge(std::span<Real> shared, double exponent, double threshold);
    void merge_block(std::size_t block, std::span<Real> shared, double exponent, double threshold);
    void shrink_block(std::size_t first, std::span<Real> shared, double progress);

    std::size_t features_;
    std::size_t me_;
    std::vector<Real> own_;
    std::vector<Real> base_;       ///< own_ as it was after the last merge
    std::vector<double> rates_;    ///< of shrinking, by weight here; empty: nothing shrinks
    std::vector<double> largest_;  ///< rate, by block
    mpi::SharedWindow<Block> blocks_;
};

}  // namespace hogwild::train
