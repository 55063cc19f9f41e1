#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace hogwild::data {

/// The value of a label that is one plain number; empty for any other text.
/// @throws LineError: so large that two integers may be the same.
std::optional<double> label_number(std::string_view text);

/// A number as short as it can be: 3, -1, 0.5, 1000000.
std::string label_name(double value);
/// What a label is called: numbers as above, so that 1, +1, 01 and 1.0 have one name; other texts
/// are their own names.
std::string label_name(std::string_view text);

}  // namespace hogwild::data
