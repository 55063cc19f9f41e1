#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "data/cache_line_allocator.hpp"
#include "data/large_page_allocator.hpp"
#include "mpi/communicators.hpp"
#include "mpi/shared_window.hpp"
#include "mpi/spin_lock.hpp"
#include "train/weights/head_blocks.hpp"

namespace hogwild::train {

/// Private rows of a weight matrix: those of the most frequent features, which are numbered first,
/// and that of the bias. Each merge adds this rank's changes since the last one to the shared rows,
/// under a lock for each of HeadBlocks and one for the bias, and takes the sums. A block that
/// another rank is merging is retried at the next merge.
/// @tparam Weight  float or model::Bfloat16, of the features; the bias is floats.
template <class Weight>
class MatrixHead {
public:
    /// @param features  with private rows; 0: only the bias has one.
    /// @param stride    weights from a row to the next.
    /// @note Collective over the group, here and in close().
    MatrixHead(std::size_t features, std::size_t stride, const mpi::Communicators& comms);
    void close() { locks_.close(); }

    std::size_t features() const noexcept { return blocks_.features(); }
    /// The rows of the features, and one more, which padding entries of documents meet.
    std::span<Weight> rows() noexcept { return rows_; }
    std::span<const Weight> rows() const noexcept { return rows_; }
    std::span<float> bias() noexcept { return bias_; }
    std::span<const float> bias() const noexcept { return bias_; }

    /// Merges the blocks of features that are due. @param shared  all rows of features.
    /// @param noise  of rounding, see model::rounded(); likewise below.
    void merge(std::span<Weight> shared, std::uint32_t noise) noexcept;
    /// Merges every block of features. Waits for locks.
    void flush(std::span<Weight> shared, std::uint32_t noise) noexcept;
    /// @return whether it has merged. @param shared  the row of the bias.
    bool try_merge_bias(std::span<float> shared) noexcept;
    /// Multiplies the copies, after the shared weights have been multiplied. @param factors  by
    /// output, stride of them. @param noise  row k is rounded with noise_of_entry(noise, k).
    void multiply(std::span<const float> factors, std::uint32_t noise) noexcept;
    /// Replaces the copies by the shared values. No rank may be writing them.
    void reload(std::span<const Weight> shared, std::span<const float> shared_bias) noexcept;

    /// Bytes of shared memory per group.
    static std::uint64_t bytes(std::size_t features) {
        return mpi::SharedWindow<Lock>::bytes(HeadBlocks(features).count() + 1);
    }

private:
    using Rows = std::vector<Weight, data::LargePageAllocator<Weight>>;
    using Floats = std::vector<float, data::CacheLineAllocator<float>>;
    struct alignas(64) Lock {
        mpi::SpinLock lock;  ///< held by the rank that merges the block
    };

    bool try_merge(std::size_t block, std::span<Weight> shared, std::uint32_t noise) noexcept;
    mpi::SpinLock& lock_of_bias() noexcept { return locks_.span().back().lock; }

    HeadBlocks blocks_;
    std::size_t stride_;
    std::size_t me_;
    std::size_t merges_ = 0;
    Rows rows_;
    Rows merged_rows_;  ///< rows_ after the last merges
    Floats bias_;
    Floats merged_bias_;
    mpi::SharedWindow<Lock> locks_;  ///< of the blocks, then of the bias
};

}  // namespace hogwild::train
