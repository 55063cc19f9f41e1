#include "hogwild/model/stream.hpp"

#include <bit>
#include <cstddef>

namespace hogwild::model {
namespace {

constexpr std::size_t kLine = 64;  // bytes

/// A row's place in memory is known well before its turn; a roof must not wait for what a trainer
/// need not wait for.
template <class T>
void prefetch(std::span<const T> array) noexcept {
    const char* const first = reinterpret_cast<const char*>(array.data());
    for (std::size_t offset = 0; offset < array.size_bytes(); offset += kLine) {
        __builtin_prefetch(first + offset);
    }
}

}  // namespace

std::uint64_t stream(const data::Rows& rows, std::span<const std::uint32_t> order) noexcept {
    constexpr std::size_t kAhead = 4;  // rows: a few KiB, well within the nearest cache
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
        if (i + kAhead < order.size()) {
            const data::SparseRow coming = rows.row(order[i + kAhead]);
            prefetch(coming.index);
            prefetch(coming.value);
        }
        const data::SparseRow x = rows.row(order[i]);
        // As integers of one width: such sums can be reordered, so the compiler makes vectors of
        // them.
        std::uint32_t sum = 0;
        for (std::size_t k = 0; k < x.size(); ++k) {
            sum +=
                static_cast<std::uint32_t>(x.index[k]) + std::bit_cast<std::uint32_t>(x.value[k]);
        }
        all += sum + static_cast<std::uint64_t>(rows.label(order[i]));
    }
    return all;
}

}  // namespace hogwild::model
