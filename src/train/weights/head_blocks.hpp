#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "data/partition.hpp"

namespace hogwild::train {

/// The blocks in which a rank merges its copy of the most frequent features.
///
/// Blocks of rarer features are merged less often. Each block ends at four times the feature number
/// of the one before, where by Zipf's law features are a quarter as frequent, and is merged half as
/// often. Merging a quarter as often raised the objective: rare features have large values.
class HeadBlocks {
public:
    explicit HeadBlocks(std::size_t features) : features_(features) {}

    std::size_t features() const noexcept { return features_; }
    /// At least 1.
    std::size_t count() const noexcept {
        std::size_t blocks = 1;
        while (begin(blocks) < features_) ++blocks;
        return blocks;
    }
    data::Range features_of(std::size_t block) const noexcept {
        return {static_cast<std::int64_t>(begin(block)),
                static_cast<std::int64_t>(std::min(begin(block + 1), features_))};
    }
    /// How often a block is merged, in merges of the first block.
    static std::size_t period(std::size_t block) noexcept { return std::size_t{1} << block; }
    /// Whether a rank's merge number `merge` merges the block. Blocks and ranks are staggered, so
    /// that not all long blocks are merged at once.
    static bool due(std::size_t block, std::size_t merge, std::size_t rank) noexcept {
        return (merge + block + rank) % period(block) == 0;
    }

private:
    static constexpr std::size_t kFirst = 64;  ///< features of the first block
    static std::size_t begin(std::size_t block) noexcept {
        return block == 0 ? 0 : kFirst << (2 * (block - 1));
    }

    std::size_t features_;
};

}  // namespace hogwild::train
