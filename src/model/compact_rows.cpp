#include "model/compact_rows.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace hogwild::model {

template <class Index>
void CompactRows<Index>::reserve(std::int64_t rows, std::int64_t nonzeros) {
    const auto n = static_cast<std::size_t>(rows);
    start_.reserve(n);
    bytes_.reserve(n * record_bytes(kLanes) +
                   static_cast<std::size_t>(nonzeros) * (sizeof(float) + sizeof(Index)));
}

/// Appends a record of zeros. @return its address.
template <class Index>
std::byte* CompactRows<Index>::extend(std::size_t record) {
    const std::size_t start = bytes_.size();
    start_.push_back(start);
    bytes_.resize(start + record);
    set_lines();
    return bytes_.data() + start;
}

template <class Index>
void CompactRows<Index>::set_lines() noexcept {
    constexpr std::size_t kMost = 16;  // cache lines that a processor can fetch at the same time
    lines_ = static_cast<std::ptrdiff_t>(
        std::clamp<std::size_t>(bytes_.size() / start_.size() / kLine + 1, 1, kMost));
}

template <class Index>
void CompactRows<Index>::append(data::SparseRow x, int y, float weight) {
    const auto hot = static_cast<std::size_t>(
        std::ranges::count_if(x.index, [this](std::uint32_t u) { return u < n_hot_; }));
    const std::size_t padded = (hot + kLanes - 1) / kLanes * kLanes;
    const std::size_t cold = x.size() - hot;
    std::byte* const at = extend(record_bytes(padded + cold));
    const Header header{static_cast<std::uint32_t>(padded), static_cast<std::uint32_t>(cold),
                        std::copysign(weight, static_cast<float>(y))};
    std::memcpy(at, &header, sizeof header);
    auto* const value = reinterpret_cast<float*>(at + sizeof header);
    auto* const index = reinterpret_cast<Index*>(value + padded + cold);
    for (std::size_t k = 0; k < x.size(); ++k) {
        const std::size_t to = k < hot ? k : padded + (k - hot);
        value[to] = x.value[k];
        index[to] = static_cast<Index>(x.index[k]);
        assert(index[to] == x.index[k]);
    }
    std::fill(index + hot, index + padded, static_cast<Index>(n_hot_));
    nonzeros_ += static_cast<std::int64_t>(x.size());
}

template <class Index>
void CompactRows<Index>::append(const CompactRows& other, std::size_t i) {
    assert(other.n_hot_ == n_hot_ && &other != this);
    const std::size_t bytes = other.record_end(i) - other.start_[i];
    std::memcpy(extend(bytes), other.record(i), bytes);
    const Row x = other.row(i);
    const auto zeros = std::ranges::count(x.hot.index, static_cast<Index>(n_hot_));
    nonzeros_ += std::ssize(x.hot.index) - zeros + std::ssize(x.cold.index);
}

template <class Index>
void CompactRows<Index>::append(std::span<const std::byte> records,
                                std::span<const std::size_t> starts, std::int64_t nonzeros) {
    if (starts.empty()) return;
    const std::size_t before = bytes_.size();
    bytes_.insert(bytes_.end(), records.begin(), records.end());
    for (const std::size_t start : starts) start_.push_back(before + start);
    nonzeros_ += nonzeros;
    set_lines();
}

template <class Index>
void CompactRows<Index>::forget_weights() noexcept {
    for (const std::size_t start : start_) {
        float& y = reinterpret_cast<Header*>(bytes_.data() + start)->y;
        y = std::copysign(1.0F, y);
    }
}

template <class Index>
void CompactRows<Index>::scale(std::span<const double> factors) noexcept {
    for (const std::size_t start : start_) {
        const Row x = row(bytes_.data() + start);
        auto* const value = reinterpret_cast<float*>(bytes_.data() + start + sizeof(Header));
        const std::size_t hot = x.hot.index.size();
        data::scale(x.hot.index, {value, hot}, factors);
        data::scale(x.cold.index, {value + hot, x.cold.index.size()}, factors);
    }
}

template <class Index>
void CompactRows<Index>::copy_to(data::Rows& rows, std::int64_t first, std::int64_t end) const {
    std::vector<std::uint32_t> index;
    std::vector<float> value;
    for (std::int64_t i = first; i < end; ++i) {
        const Row x = row(static_cast<std::size_t>(i));
        const auto zeros = std::ranges::count(x.hot.index, static_cast<Index>(n_hot_));
        const std::size_t hot = x.hot.index.size() - static_cast<std::size_t>(zeros);
        index.assign(x.hot.index.begin(), x.hot.index.begin() + static_cast<std::ptrdiff_t>(hot));
        index.insert(index.end(), x.cold.index.begin(), x.cold.index.end());
        value.assign(x.hot.value.begin(), x.hot.value.begin() + static_cast<std::ptrdiff_t>(hot));
        value.insert(value.end(), x.cold.value.begin(), x.cold.value.end());
        rows.append({index, value}, x.y > 0 ? 1 : -1, std::abs(x.y));
    }
}

template class CompactRows<std::uint16_t>;
template class CompactRows<std::uint32_t>;

}  // namespace hogwild::model
