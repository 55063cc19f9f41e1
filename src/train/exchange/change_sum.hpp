#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "train/exchange/change_codec.hpp"
#include "train/exchange/weight_blocks.hpp"

namespace hogwild::train {

/// What an owner does with the changes of all groups in its blocks: adds them up, in double and in
/// the order of the groups. Without MPI.
template <class Real>
class ChangeSum {
public:
    ChangeSum(const WeightBlocks& blocks, std::size_t owner);

    /// @param changes   of this group, the owner, by weight.
    /// @param messages  of all groups in group order, from ChangeWriter, with changes in blocks of
    ///                  this owner alone; that of the owner is not looked at.
    /// @param factors   of the groups' changes. @param bfloat16  the values of messages, and of the
    ///                  result: the error of rounding it goes with the next sum of a change.
    /// @param sums      by weight; written in the blocks of this owner.
    /// @param out       the sums as a message. @return the number of weights with a change.
    /// @throws std::runtime_error if a message is damaged.
    std::size_t add_up(std::span<const Real> changes,
                       std::span<const std::span<const std::byte>> messages,
                       std::span<const double> factors, bool bfloat16, std::span<Real> sums,
                       std::vector<std::byte>& out);
    /// Forgets errors of rounding.
    void restart() noexcept { carry_.clear(); }

private:
    void round(std::size_t block, bool bfloat16, std::span<Real> sums);

    WeightBlocks blocks_;
    std::size_t owner_;
    std::vector<double> total_;  ///< of a block
    std::vector<double> carry_;  ///< by weight of this owner's blocks; empty: none
};

}  // namespace hogwild::train
