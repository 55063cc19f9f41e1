#pragma once
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

/// Decimal numbers in text, eight digits at a time (docs/design/017-parsing-numbers.md). In a
/// header, since parsers of lines spend most of their time here.
namespace hogwild::data {
namespace decimal {

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline std::uint64_t to_digit(char c) { return static_cast<std::uint64_t>(c - '0'); }

/// How many of eight characters, from the lowest byte on, are digits. `x` is text ^ "00000000".
inline int leading_digits(std::uint64_t x) {
    const std::uint64_t other = (x | (x + 0x7676767676767676U)) & 0x8080808080808080U;
    return std::countr_zero(other) / 8;  // 8 when there is no other
}

/// The number that eight digits form. The first digit is the lowest byte; each byte is 0 .. 9.
inline std::uint64_t eight_digits(std::uint64_t x) {
    x = x * 10 + (x >> 8);  // pairs, in every second byte
    constexpr std::uint64_t kPair = 0x000000ff000000ffU;
    return (((x & kPair) * (100 + (1'000'000ULL << 32))) +
            (((x >> 16) & kPair) * (1 + (10'000ULL << 32)))) >>
           32;
}

inline constexpr auto kPowersOfTen = [] {
    std::array<double, 23> powers{1.0};  // all that a double holds exactly
    for (std::size_t k = 1; k < powers.size(); ++k) powers[k] = 10.0 * powers[k - 1];
    return powers;
}();

}  // namespace decimal

/// Appends the digits at `at` to `number`; modulo 2^64, so the caller counts them.
/// @return the character after them. Inlined: calls took 6 % of all instructions of a conversion.
[[gnu::always_inline]] inline const char* read_digits(const char* at, const char* end,
                                                      std::uint64_t& number) {
    if constexpr (std::endian::native == std::endian::little) {
        constexpr std::uint64_t kShift[] = {1,       10,        100,        1'000,      10'000,
                                            100'000, 1'000'000, 10'000'000, 100'000'000};
        while (end - at >= 8) {
            std::uint64_t text = 0;
            std::memcpy(&text, at, sizeof text);
            text ^= 0x3030303030303030U;
            const int count = decimal::leading_digits(text);
            if (count == 0) return at;
            // shifts out what follows the digits, shifts in zeros before them
            number = number * kShift[count] + decimal::eight_digits(text << (64 - 8 * count));
            at += count;
            if (count < 8) return at;
        }
    }
    for (; at != end && decimal::is_digit(*at); ++at) number = 10 * number + decimal::to_digit(*at);
    return at;
}

/// Parses a number as files have it: `[-]digits[.digits]`, at most 19 digits. Same bits as
/// std::from_chars.
/// @return the character after it; nullptr for any other form of a number.
inline const char* read_decimal(const char* at, const char* end, float& value) {
    constexpr std::ptrdiff_t kMostDigits = 19;  // fewer than 2^64
    const bool negative = at != end && *at == '-';
    if (negative) ++at;
    std::uint64_t digits = 0;
    const char* point = at;  // usually one digit before the point: well predicted
    for (; point != end && decimal::is_digit(*point); ++point)
        digits = 10 * digits + decimal::to_digit(*point);
    const char* stop = point;
    std::ptrdiff_t count = point - at;
    if (count == 0) return nullptr;
    if (stop != end && *stop == '.') {
        stop = read_digits(point + 1, end, digits);
        if (stop == point + 1) return nullptr;
        count += stop - point - 1;
    }
    if (count > kMostDigits || digits > std::uint64_t{1} << 53) return nullptr;
    if (stop != end && (*stop == 'e' || *stop == 'E')) return nullptr;
    // Both operands are exact, so the quotient is the nearest double. That rounds to the nearest
    // float as well, unless it is exactly between two floats and the true value is not.
    const std::ptrdiff_t decimals = stop == point ? 0 : stop - point - 1;
    const double quotient =
        static_cast<double>(digits) / decimal::kPowersOfTen[static_cast<std::size_t>(decimals)];
    constexpr std::uint64_t kDropped = (std::uint64_t{1} << 29) - 1;  // 53 - 24 bits
    if ((std::bit_cast<std::uint64_t>(quotient) & kDropped) == (kDropped + 1) / 2) return nullptr;
    value = static_cast<float>(negative ? -quotient : quotient);
    return stop;
}

}  // namespace hogwild::data
