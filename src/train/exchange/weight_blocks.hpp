#pragma once
#include <algorithm>
#include <cstddef>
#include <span>

namespace hogwild::train {

/// The blocks in which changes of weights are sent and added up, and which group owns a block, that
/// is, adds up the changes of all groups there. Arithmetic only.
///
/// Blocks are dealt in turn: the first features are often the most frequent ones, so the group with
/// the first of contiguous ranges would have most of the work.
class WeightBlocks {
public:
    static constexpr std::size_t kSize = 4096;  ///< weights of a block but the last; <= 2^16

    WeightBlocks(std::size_t weights, std::size_t groups) noexcept
        : weights_(weights), groups_(groups) {}

    std::size_t weights() const noexcept { return weights_; }
    std::size_t groups() const noexcept { return groups_; }
    std::size_t count() const noexcept { return (weights_ + kSize - 1) / kSize; }
    std::size_t owner(std::size_t block) const noexcept { return block % groups_; }
    /// Calls use(block) for the blocks of an owner, ascending.
    template <class Use>
    void for_each_of(std::size_t owner, Use&& use) const {
        for (std::size_t block = owner; block < count(); block += groups_) use(block);
    }
    std::size_t begin(std::size_t block) const noexcept { return block * kSize; }
    std::size_t size(std::size_t block) const noexcept {
        return std::min(kSize, weights_ - begin(block));
    }
    /// The part of `all` that is the block. @param all  of weights() values.
    template <class T>
    std::span<T> of(std::span<T> all, std::size_t block) const noexcept {
        return all.subspan(begin(block), size(block));
    }

private:
    std::size_t weights_;
    std::size_t groups_;
};

}  // namespace hogwild::train
