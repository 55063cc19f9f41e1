#include "data/label_name.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdint>

#include "data/line_cursor.hpp"
#include "data/svmlight.hpp"

namespace hogwild::data {

std::optional<double> label_number(std::string_view text) {
    constexpr double kMostExact = 0x1p53;  // beyond it two integers may be the same double
    if (text == "?" || text.find(',') != text.npos || !is_svmlight_label(text)) return {};
    if (text.starts_with('+')) text.remove_prefix(1);
    double value = 0.0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    if (!(std::abs(value) < kMostExact)) throw LineError(1, "label is too large");
    return value;
}

std::string label_name(double value) {
    const bool whole = value == std::floor(value);
    return whole ? fmt::format("{}", static_cast<std::int64_t>(value)) : fmt::format("{}", value);
}

std::string label_name(std::string_view text) {
    try {
        const std::optional<double> number = label_number(text);
        return number ? label_name(*number) : std::string(text);
    } catch (const LineError&) {
        return std::string(text);
    }
}

}  // namespace hogwild::data
