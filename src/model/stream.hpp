#pragma once
#include <cstdint>
#include <span>

#include "data/rows.hpp"
#include "model/compact_rows.hpp"

namespace hogwild::model {

/// Reads everything of the given rows once, in this order, and does nothing with it but add it up:
/// no training on these rows can be faster than their memory lets this be.
///
/// @param order  numbers of rows; they may repeat.
/// @return       a sum of all that was read, to be kept somewhere, or the reading is optimised
/// away.
std::uint64_t stream(const data::Rows& rows, std::span<const std::uint32_t> order) noexcept;
template <class Index>
std::uint64_t stream(const CompactRows<Index>& rows, std::span<const std::uint32_t> order) noexcept;

}  // namespace hogwild::model
