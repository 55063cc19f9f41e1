#include "train/exchange/change_codec.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <type_traits>

#include "model/bfloat16.hpp"

namespace hogwild::train {
namespace {

struct BlockHeader {
    std::uint32_t block;
    std::uint16_t changes;  ///< minus one
    BlockForm form;
};
static_assert(sizeof(BlockHeader) == 8);
static_assert(WeightBlocks::kSize <= 1U << 16U);

/// Bytes before the values of a block.
std::size_t bytes_before_values(BlockForm form, std::size_t changed, std::size_t size) noexcept {
    if (form == BlockForm::offsets) return changed * sizeof(std::uint16_t);
    return form == BlockForm::bits ? (size + 7) / 8 : 0;
}

}  // namespace

BlockForm shortest_form(std::size_t changed, std::size_t size, std::size_t value_bytes) noexcept {
    const auto bytes = [&](BlockForm form) {
        const std::size_t values = form == BlockForm::all ? size : changed;
        return bytes_before_values(form, changed, size) + values * value_bytes;
    };
    BlockForm best = BlockForm::all;
    for (const BlockForm form : {BlockForm::bits, BlockForm::offsets}) {
        if (bytes(form) < bytes(best)) best = form;
    }
    return best;
}

template <class Real>
std::byte* ChangeWriter<Real>::put_value(Real value, std::byte* at) const noexcept {
    if (bfloat16_) {
        const model::Bfloat16 half = model::nearest(static_cast<float>(value));
        std::memcpy(at, &half.bits, sizeof half.bits);
    } else {
        std::memcpy(at, &value, sizeof value);
    }
    return at + value_bytes(bfloat16_);
}

template <class Real>
std::size_t ChangeWriter<Real>::append(std::size_t block, std::span<const Real> changes,
                                       std::vector<std::byte>& out) const {
    const auto is_change = [](Real value) { return value != 0; };
    const auto changed = static_cast<std::size_t>(std::ranges::count_if(changes, is_change));
    if (changed == 0) return 0;
    const std::size_t size = changes.size();
    const BlockForm form = shortest_form(changed, size, value_bytes(bfloat16_));
    const std::size_t written = form == BlockForm::all ? size : changed;
    const std::size_t before = bytes_before_values(form, changed, size);
    const BlockHeader header{static_cast<std::uint32_t>(block),
                             static_cast<std::uint16_t>(written - 1), form};
    const std::size_t at = out.size();
    out.resize(at + sizeof header + before + written * value_bytes(bfloat16_));
    std::memcpy(out.data() + at, &header, sizeof header);
    std::byte* numbers = out.data() + at + sizeof header;
    std::byte* values = numbers + before;
    for (std::size_t offset = 0; offset < size; ++offset) {
        if (form != BlockForm::all && !is_change(changes[offset])) continue;
        values = put_value(changes[offset], values);
        if (form == BlockForm::offsets) {
            const auto number = static_cast<std::uint16_t>(offset);
            std::memcpy(numbers, &number, sizeof number);
            numbers += sizeof number;
        } else if (form == BlockForm::bits) {
            numbers[offset / 8] |= std::byte{1} << (offset % 8);
        }
    }
    return changed;
}

template <class Real>
ChangeReader<Real>::ChangeReader(std::span<const std::byte> bytes, const WeightBlocks& blocks,
                                 bool bfloat16)
    : bytes_(bytes), blocks_(blocks), bfloat16_(bfloat16) {
    read_header();
}

template <class Real>
void ChangeReader<Real>::check(bool holds) {
    if (!holds) throw std::runtime_error("a message of an exchange between nodes is damaged");
}

template <class Real>
void ChangeReader<Real>::read_header() {
    changes_ = 0;
    if (bytes_.empty()) return;
    BlockHeader header;
    check(bytes_.size() >= sizeof header);
    std::memcpy(&header, bytes_.data(), sizeof header);
    bytes_ = bytes_.subspan(sizeof header);
    check(header.block >= least_block_ && header.block < blocks_.count());
    check(header.form == BlockForm::offsets || header.form == BlockForm::bits ||
          header.form == BlockForm::all);
    block_ = header.block;
    least_block_ = block_ + 1;
    form_ = header.form;
    changes_ = header.changes + std::size_t{1};
    const std::size_t size = blocks_.size(block_);
    check(form_ == BlockForm::all ? changes_ == size : changes_ <= size);
    const std::size_t before = bytes_before_values(form_, changes_, size);
    check(bytes_.size() >= before + changes_ * ChangeWriter<Real>::value_bytes(bfloat16_));
    values_ = bytes_.subspan(before);
}

template <class Real>
std::size_t ChangeReader<Real>::take_number() noexcept {
    std::uint16_t number = 0;
    std::memcpy(&number, bytes_.data(), sizeof number);
    bytes_ = bytes_.subspan(sizeof number);
    return number;
}

template <class Real>
Real ChangeReader<Real>::take_value(std::span<const std::byte>& from) const noexcept {
    Real value{};
    if (bfloat16_) {
        model::Bfloat16 half;
        std::memcpy(&half.bits, from.data(), sizeof half.bits);
        value = half.value();
    } else {
        std::memcpy(&value, from.data(), sizeof value);
    }
    from = from.subspan(ChangeWriter<Real>::value_bytes(bfloat16_));
    return value;
}

template class ChangeWriter<float>;
template class ChangeWriter<double>;
template class ChangeReader<float>;
template class ChangeReader<double>;

}  // namespace hogwild::train
