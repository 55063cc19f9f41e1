#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "model/bfloat16.hpp"
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
    template <class Value>
    static void put(std::span<const Real> changes, BlockForm form, std::byte* numbers,
                    std::byte* values) noexcept;

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
        std::size_t k = 0;
        if (form_ == BlockForm::offsets) {
            for (; k < changes_; ++k) {
                const std::size_t offset = number(k);
                check(offset < size);
                use(offset, value(k));
            }
        } else if (form_ == BlockForm::all) {
            for (; k < size; ++k) use(k, value(k));
        } else {
            for (std::size_t byte = 0; byte < (size + 7) / 8; ++byte) {
                // A bit at a time, the lowest first.
                for (auto bits = std::to_integer<unsigned>(bytes_[byte]); bits != 0;
                     bits &= bits - 1U) {
                    const auto offset = 8 * byte + static_cast<unsigned>(std::countr_zero(bits));
                    check(k < changes_ && offset < size);
                    use(offset, value(k));
                    ++k;
                }
            }
        }
        check(k == changes_);
        bytes_ = values_.subspan(changes_ * ChangeWriter<Real>::value_bytes(bfloat16_));
        read_header();
    }

private:
    void read_header();
    /// The k-th offset and value of the block.
    std::size_t number(std::size_t k) const noexcept {
        std::uint16_t offset = 0;
        std::memcpy(&offset, bytes_.data() + k * sizeof offset, sizeof offset);
        return offset;
    }
    Real value(std::size_t k) const noexcept {
        if (bfloat16_) {
            model::Bfloat16 half;
            std::memcpy(&half.bits, values_.data() + k * sizeof half.bits, sizeof half.bits);
            return static_cast<Real>(half.value());
        }
        Real real{};
        std::memcpy(&real, values_.data() + k * sizeof real, sizeof real);
        return real;
    }
    static void check(bool holds) {
        if (!holds) refuse();
    }
    [[noreturn]] static void refuse();

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
