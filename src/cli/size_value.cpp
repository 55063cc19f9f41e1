#include "cli/size_value.hpp"

#include <cmath>
#include <string_view>

namespace hogwild::app {
namespace {

constexpr std::string_view kUnits = "KMGT";
constexpr double kMostBytes = 0x1p60;

}  // namespace

std::int64_t parse_size(const std::string& option, const std::string& text) {
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    double number = 0.0;
    auto [stop, error] = std::from_chars(begin, end, number);
    const std::size_t unit = stop != end ? kUnits.find(*stop) : std::string_view::npos;
    if (unit != std::string_view::npos) {
        number *= std::pow(1024.0, static_cast<double>(unit) + 1.0);
        ++stop;
    }
    if (error != std::errc() || stop != end || !(number >= 1.0) || number > kMostBytes) {
        refuse(option + " " + text + ": auto, or bytes as in 500M, 1.5G (K, M, G, T)");
    }
    return std::llround(number);
}

std::string size_text(std::int64_t bytes) {
    std::size_t unit = 0;
    for (; unit < kUnits.size() && bytes % 1024 == 0; ++unit) bytes /= 1024;
    return std::to_string(bytes) + (unit > 0 ? std::string(1, kUnits[unit - 1]) : "");
}

ParsedValue<std::optional<std::int64_t>>* size_or_auto(std::optional<std::int64_t>& target,
                                                       const std::string& option) {
    using Value = std::optional<std::int64_t>;
    const auto parse = [option](const std::string& text) -> Value {
        if (text == "auto") return std::nullopt;
        return parse_size(option, text);
    };
    const auto text_of = [](const Value& bytes) {
        return bytes ? size_text(*bytes) : std::string("auto");
    };
    return new ParsedValue<Value>(target, {"SIZE|auto", parse, text_of});
}

}  // namespace hogwild::app
