#pragma once
#include <cstdint>
#include <span>

#include "data/rows.hpp"
#include "model/compact_rows.hpp"

namespace hogwild::model {

/// Reads the given rows once, in this order, and only adds up what it reads: training on these rows
/// cannot be faster.
///
/// @param order  numbers of rows; they may repeat.
/// @return       the sum. The caller must use it, or the compiler removes the reading.
std::uint64_t stream(const data::Rows& rows, std::span<const std::uint32_t> order) noexcept;
template <class Index>
std::uint64_t stream(const CompactRows<Index>& rows, std::span<const std::uint32_t> order) noexcept;

}  // namespace hogwild::model
