#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "cli/typed_value.hpp"

namespace hogwild::app {

/// A number of bytes: "4096", "1.5G". K, M, G and T are powers of 1024.
/// @throws Error: usage.
std::int64_t parse_size(const std::string& option, const std::string& text);
/// Such a number, as short as it can be exactly.
std::string size_text(std::int64_t bytes);

/// Declares an option that is a number of bytes or `auto`, for which `target` is empty.
ParsedValue<std::optional<std::int64_t>>* size_or_auto(std::optional<std::int64_t>& target,
                                                       const std::string& option);

}  // namespace hogwild::app
