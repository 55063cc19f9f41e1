#include "train/exchange/change_codec.hpp"

#include <algorithm>
#include <stdexcept>
#include <type_traits>

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

template <class Value, class Real>
Value as_value(Real change) noexcept {
    if constexpr (std::is_same_v<Value, model::Bfloat16>) {
        return model::nearest(static_cast<float>(change));
    } else {
        return change;
    }
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

/// @param numbers  offsets or bits, which are 0. @param values  with room for one more.
template <class Real>
template <class Value>
void ChangeWriter<Real>::put(std::span<const Real> changes, BlockForm form, std::byte* numbers,
                             std::byte* values) noexcept {
    for (std::size_t offset = 0; offset < changes.size(); ++offset) {
        const Real change = changes[offset];
        if (form == BlockForm::offsets) {
            if (change == 0) continue;
            const auto number = static_cast<std::uint16_t>(offset);
            std::memcpy(numbers, &number, sizeof number);
            numbers += sizeof number;
        }
        const Value value = as_value<Value>(change);
        std::memcpy(values, &value, sizeof value);
        // No branch where none is predictable: a value that is no change is overwritten.
        const unsigned counts = form != BlockForm::bits || change != 0 ? 1 : 0;
        values += counts * sizeof value;
        if (form == BlockForm::bits) {
            numbers[offset / 8] |= static_cast<std::byte>(counts << (offset % 8));
        }
    }
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
    const std::size_t end = at + sizeof header + before + written * value_bytes(bfloat16_);
    out.resize(end + sizeof(Real));
    std::memcpy(out.data() + at, &header, sizeof header);
    std::byte* const numbers = out.data() + at + sizeof header;
    if (bfloat16_) {
        put<model::Bfloat16>(changes, form, numbers, numbers + before);
    } else {
        put<Real>(changes, form, numbers, numbers + before);
    }
    out.resize(end);
    return changed;
}

template <class Real>
ChangeReader<Real>::ChangeReader(std::span<const std::byte> bytes, const WeightBlocks& blocks,
                                 bool bfloat16)
    : bytes_(bytes), blocks_(blocks), bfloat16_(bfloat16) {
    read_header();
}

template <class Real>
void ChangeReader<Real>::refuse() {
    throw std::runtime_error("a message of an exchange between nodes is damaged");
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

template class ChangeWriter<float>;
template class ChangeWriter<double>;
template class ChangeReader<float>;
template class ChangeReader<double>;

}  // namespace hogwild::train
