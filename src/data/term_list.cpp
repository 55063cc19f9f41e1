#include "data/term_list.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <numeric>

namespace hogwild::data {
namespace {

constexpr std::int64_t kMaxTerm = std::numeric_limits<std::int32_t>::max();

bool is_digit(char c) { return c >= '0' && c <= '9'; }
std::uint64_t to_digit(char c) { return static_cast<std::uint64_t>(c - '0'); }

/// How many of eight characters, from the lowest byte on, are digits. `x` is text ^ "00000000".
int leading_digits(std::uint64_t x) {
    const std::uint64_t other = (x | (x + 0x7676767676767676U)) & 0x8080808080808080U;
    return std::countr_zero(other) / 8;  // 8 when there is no other
}

/// The number that eight digits spell; the first one is the lowest byte, each is 0 .. 9.
std::uint64_t eight_digits(std::uint64_t x) {
    x = x * 10 + (x >> 8);  // pairs, in every second byte
    constexpr std::uint64_t kPair = 0x000000ff000000ffU;
    return (((x & kPair) * (100 + (1'000'000ULL << 32))) +
            (((x >> 16) & kPair) * (1 + (10'000ULL << 32)))) >>
           32;
}

constexpr auto kPowersOfTen = [] {
    std::array<double, 23> powers{1.0};  // as far as they are exact
    for (std::size_t k = 1; k < powers.size(); ++k) powers[k] = 10.0 * powers[k - 1];
    return powers;
}();

/// Appends the digits at `at` to `number`; modulo 2^64, so the caller counts them.
/// @return the character after them.
inline const char* read_digits(const char* at, const char* end, std::uint64_t& number) {
    if constexpr (std::endian::native == std::endian::little) {
        constexpr std::uint64_t kShift[] = {1,       10,        100,        1'000,      10'000,
                                            100'000, 1'000'000, 10'000'000, 100'000'000};
        while (end - at >= 8) {
            std::uint64_t text = 0;
            std::memcpy(&text, at, sizeof text);
            text ^= 0x3030303030303030U;
            const int count = leading_digits(text);
            if (count == 0) return at;
            // what comes after the digits goes out at the top, zeros come in before them
            number = number * kShift[count] + eight_digits(text << (64 - 8 * count));
            at += count;
            if (count < 8) return at;
        }
    }
    for (; at != end && is_digit(*at); ++at) number = 10 * number + to_digit(*at);
    return at;
}

/// A number as the files have them, `[-]digits[.digits]` and not too many of them, to the bit as
/// std::from_chars reads it.
/// @return the character after it; nullptr for whatever else may be a number.
const char* read_plain_number(const char* at, const char* end, float& value) {
    constexpr std::ptrdiff_t kMostDigits = 19;  // fewer than 2^64
    const bool negative = at != end && *at == '-';
    if (negative) ++at;
    std::uint64_t digits = 0;
    const char* point = at;  // one digit before the point as a rule, which the processor foresees
    for (; point != end && is_digit(*point); ++point) digits = 10 * digits + to_digit(*point);
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
    // float as well, unless it lies just between two floats and the true value does not.
    const std::ptrdiff_t decimals = stop == point ? 0 : stop - point - 1;
    const double quotient =
        static_cast<double>(digits) / kPowersOfTen[static_cast<std::size_t>(decimals)];
    constexpr std::uint64_t kDropped = (std::uint64_t{1} << 29) - 1;  // 53 - 24 bits
    if ((std::bit_cast<std::uint64_t>(quotient) & kDropped) == (kDropped + 1) / 2) return nullptr;
    value = static_cast<float>(negative ? -quotient : quotient);
    return stop;
}

/// Sorts the terms of a line that had them out of order; the rare case.
void sort_terms(Document& document) {
    std::vector<std::size_t> order(document.index.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&](std::size_t k) { return document.index[k]; });
    Document sorted;
    for (const std::size_t k : order) {
        sorted.index.push_back(document.index[k]);
        sorted.value.push_back(document.value[k]);
    }
    document.index.swap(sorted.index);
    document.value.swap(sorted.value);
}

/// Where in the line, from `cursor` on, a term stands for the second time.
const char* second_place(LineCursor cursor, std::uint32_t index) {
    for (bool seen = false;; cursor.word()) {
        cursor.skip_blanks();
        const char* place = cursor.position();
        if (cursor.integer("term id", 1, kMaxTerm) - 1 != index) continue;
        if (seen) return place;
        seen = true;
    }
}

std::string repeated(std::uint32_t index) {
    return "term " + std::to_string(std::int64_t{index} + 1) + " occurs twice in one document";
}

}  // namespace

std::int64_t LineCursor::integer(const char* what, std::int64_t low, std::int64_t high) {
    constexpr std::ptrdiff_t kSurelyFits = 18;  // digits
    std::uint64_t digits = 0;
    const char* stop = read_digits(at_, end_, digits);
    if (stop != at_ && stop - at_ <= kSurelyFits) {
        const auto plain = static_cast<std::int64_t>(digits);
        if (plain >= low && plain <= high) {
            at_ = stop;
            return plain;
        }
    }
    std::int64_t value = 0;  // signs, and what is wrong
    const auto [end, error] = std::from_chars(at_, end_, value);
    if (error == std::errc::invalid_argument) fail(std::string("expected ") + what);
    if (error != std::errc{} || value < low || value > high) {
        fail(std::string(what) + " must lie in " + std::to_string(low) + " .. " +
             std::to_string(high));
    }
    at_ = end;
    return value;
}

float LineCursor::number(const char* what) {
    float value = 0.0F;
    if (const char* stop = read_plain_number(at_, end_, value); stop != nullptr) {
        at_ = stop;
        return value;
    }
    const char* first = at_;
    const bool plus = end_ - first > 1 && first[0] == '+' && first[1] != '-';
    const char* start = plus ? first + 1 : first;
    auto [end, error] = std::from_chars(start, end_, value);
    if (error == std::errc::result_out_of_range) {  // too large, or so small that it is nearly zero
        value = static_cast<float>(std::strtod(std::string(start, end).c_str(), nullptr));
        if (!std::isfinite(value)) fail(std::string(what) + " is too large for a float");
        error = std::errc{};
    }
    if (error != std::errc{}) fail(std::string("expected ") + what);
    if (!std::isfinite(value)) fail(std::string(what) + " is not a finite number");
    at_ = end;
    return value;
}

void parse_terms(LineCursor& cursor, bool comments, Document& out) {
    out.index.clear();
    out.value.clear();
    bool ascending = true;
    const LineCursor start_of_terms = cursor;
    for (cursor.skip_blanks(); !cursor.at_end(); cursor.skip_blanks()) {
        if (comments && cursor.peek() == '#') break;
        const char* start = cursor.position();
        const auto index = static_cast<std::uint32_t>(cursor.integer("term id", 1, kMaxTerm) - 1);
        if (cursor.at_end() || cursor.peek() != ':') cursor.fail("expected ':' after the term id");
        cursor.advance();
        const float value = cursor.number("weight");
        if (!cursor.at_blank_or_end()) cursor.fail("unexpected character after the weight");
        if (!out.index.empty() && index <= out.index.back()) {
            if (index == out.index.back()) cursor.fail_at(start, repeated(index));
            ascending = false;
        }
        out.index.push_back(index);
        out.value.push_back(value);
    }
    if (ascending) return;
    sort_terms(out);
    const auto twin = std::ranges::adjacent_find(out.index);
    if (twin != out.index.end()) {
        cursor.fail_at(second_place(start_of_terms, *twin), repeated(*twin));
    }
}

}  // namespace hogwild::data
