#include "io/matrix/label_column.hpp"

#include <fmt/format.h>

#include <cmath>

#include "data/error.hpp"

namespace hogwild::io {

std::uint32_t LabelColumn::code_of(std::string_view text) {
    key_ = text;
    const auto found = code_.find(key_);
    if (found != code_.end()) return found->second;
    if (texts_.size() == kNoCode) throw Error(ExitCode::bad_data, "too many different labels");
    const auto code = static_cast<std::uint32_t>(texts_.size());
    texts_.push_back(key_);
    code_.emplace(key_, code);
    return code;
}

void LabelColumn::add(std::string_view text) {
    if (text == kNone) return add_none();
    codes_.push_back(code_of(text));
}

void LabelColumn::add(double value) {
    if (std::isnan(value)) return add_none();
    if (std::isinf(value)) throw Error(ExitCode::bad_data, "a label is infinite");
    if (last_code_ == kNoCode || value != last_value_) {
        last_code_ = code_of(fmt::format("{}", value == 0.0 ? 0.0 : value));  // no -0
        last_value_ = value;
    }
    codes_.push_back(last_code_);
}

}  // namespace hogwild::io
