#pragma once
#include <charconv>
#include <string>

namespace hogwild::data {

/// Appends a number with as few digits as give the same number back.
void append_number(std::string& text, auto number) {
    char digits[64];
    text.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

}  // namespace hogwild::data
