#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "train/exchange/weight_blocks.hpp"

namespace hogwild::train {

/// How the changes of a block are written: their offsets and values; a bit for each weight and the
/// values of those that changed; or all values. Zero is no change.
enum class BlockForm : std::uint16_t { offsets, bits, all };

/// The form with the fewest bytes.
/// @param changed  weights of the block with a change. @param size  weights of the block.
/// @param value_bytes  of a value.
BlockForm shortest_form(std::size_t changed, std::size_t size, std::size_t value_bytes) noexcept;

/// Changes of weights as bytes, block by block: a header, then what BlockForm says, all in the
/// byte order of the machine. A block without a change is left out.
/// @tparam Real  float or double.
template <class Real>
class ChangeWriter {
public:
    /// @param bfloat16  values are written as model::Bfloat16, which they must be equal to.
    explicit ChangeWriter(bool bfloat16) noexcept : bfloat16_(bfloat16) {}

    /// Appends a block. @return the number of its changes.
    std::size_t append(std::size_t block, std::span<const Real> changes,
                       std::vector<std::byte>& out) const;
    static std::size_t value_bytes(bool bfloat16) noexcept { return bfloat16 ? 2 : sizeof(Real); }

private:
    std::byte* put_value(Real value, std::byte* at) const noexcept;

    bool bfloat16_;
};

/// Reads what a ChangeWriter has written. Whatever the bytes are, nothing outside of them and of
/// the blocks is read or written.
template <class Real>
class ChangeReader {
public:
    /// @param bytes   must outlive this.
    /// @param blocks  of all weights.
    /// @throws std::runtime_error, here and in next(), if the bytes are no such blocks.
    ChangeReader(std::span<const std::byte> bytes, const WeightBlocks& blocks, bool bfloat16);

    bool at_end() const noexcept { return changes_ == 0; }
    /// The number of the next block; greater than that of the one before.
    /// @pre !at_end(), as for next().
    std::size_t block() const noexcept { return block_; }
    /// Calls use(offset, value) for each change of the block, and goes on to the next.
    /// @param use  must not throw.
    template <class Use>
    void next(Use&& use) {
        const std::size_t size = blocks_.size(block_);
        std::size_t left = changes_;
        if (form_ == BlockForm::offsets) {
            for (; left > 0; --left) {
                const std::size_t offset = take_number();
                check(offset < size);
                use(offset, take_value(values_));
            }
            bytes_ = values_;
        } else {
            for (std::size_t offset = 0; offset < size; ++offset) {
                if (form_ == BlockForm::bits && !bit(offset)) continue;
                check(left-- > 0);
                use(offset, take_value(values_));
            }
            check(left == 0);
            bytes_ = values_;
        }
        read_header();
    }

private:
    void read_header();
    std::size_t take_number() noexcept;
    Real take_value(std::span<const std::byte>& from) const noexcept;
    bool bit(std::size_t offset) const noexcept {
        return (std::to_integer<unsigned>(bytes_[offset / 8]) >> (offset % 8) & 1U) != 0;
    }
    static void check(bool holds);

    std::span<const std::byte> bytes_;   ///< what follows the header
    std::span<const std::byte> values_;  ///< of these, from the first value on
    WeightBlocks blocks_;
    bool bfloat16_;
    std::size_t least_block_ = 0;
    std::size_t block_ = 0;
    std::size_t changes_ = 0;  ///< of the block; 0: there is none
    BlockForm form_ = BlockForm::all;
};

}  // namespace hogwild::train
