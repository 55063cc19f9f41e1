#include "model/stream.hpp"

#include <bit>
#include <cstddef>

namespace hogwild::model {
namespace {

constexpr std::size_t kLine = 64;  // bytes
/// Rows to prefetch: a few KiB, well within the nearest cache. The address of a row is known well
/// before the row is read, so a trainer need not wait for it, and this upper bound must not either.
constexpr std::size_t kAhead = 4;

template <class T>
void prefetch(std::span<const T> array) noexcept {
    const char* const first = reinterpret_cast<const char*>(array.data());
    for (std::size_t offset = 0; offset < array.size_bytes(); offset += kLine) {
        __builtin_prefetch(first + offset);
    }
}

/// Adds up indices and values as integers of their width. Such sums may be reordered, so the
/// compiler vectorises them.
template <class Index>
std::uint64_t sum_of(std::span<const Index> index, std::span<const float> value) noexcept {
    std::uint32_t indices = 0;
    for (const Index u : index) indices += u;
    std::uint32_t values = 0;
    for (const float v : value) values += std::bit_cast<std::uint32_t>(v);
    return std::uint64_t{indices} + values;
}

}  // namespace

std::uint64_t stream(const data::Rows& rows, std::span<const std::uint32_t> order) noexcept {
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
        if (i + kAhead < order.size()) {
            const data::SparseRow coming = rows.row(order[i + kAhead]);
            prefetch(coming.index);
            prefetch(coming.value);
        }
        const data::SparseRow x = rows.row(order[i]);
        all += sum_of(x.index, x.value) + static_cast<std::uint64_t>(rows.label(order[i]));
    }
    return all;
}

template <class Index>
std::uint64_t stream(const CompactRows<Index>& rows,
                     std::span<const std::uint32_t> order) noexcept {
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
        if (i + kAhead < order.size()) rows.prefetch(rows.record(order[i + kAhead]));
        const typename CompactRows<Index>::Row x = rows.row(order[i]);
        // the cold entries follow the hot ones
        all += sum_of(std::span(x.hot.index.data(), x.hot.index.size() + x.cold.index.size()),
                      std::span(x.hot.value.data(), x.hot.value.size() + x.cold.value.size())) +
               static_cast<std::uint64_t>(static_cast<std::int64_t>(x.sign()));
    }
    return all;
}

template std::uint64_t stream(const CompactRows<std::uint16_t>&,
                              std::span<const std::uint32_t>) noexcept;
template std::uint64_t stream(const CompactRows<std::uint32_t>&,
                              std::span<const std::uint32_t>) noexcept;

}  // namespace hogwild::model
