#pragma once
#include <span>
#include <string>
#include <string_view>

namespace hogwild::data {

/// The candidate that was most likely meant by a mistyped word: the one with the fewest changes of
/// single characters, swapped neighbours counted as one (Damerau 1964; optimal string alignment).
/// @return empty where even the nearest differs in more than a third of its characters.
std::string nearest_word(std::string_view word, std::span<const std::string> candidates);

}  // namespace hogwild::data
