#include "data/line_cursor.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <numeric>

#include "data/decimal.hpp"

namespace hogwild::data {
namespace {

/// Finds the second occurrence of a repeated term, from `cursor` on.
const char* second_place(LineCursor cursor, std::int64_t id) {
    for (bool seen = false;; cursor.word()) {
        cursor.skip_blanks();
        const char* place = cursor.position();
        if (cursor.integer("term id", 0, kLargestId) != id) continue;
        if (seen) return place;
        seen = true;
    }
}

std::string repeated(std::int64_t id) {
    return "term " + std::to_string(id) + " occurs twice in one document";
}

}  // namespace

void sort_terms(Document& document) {
    if (std::ranges::is_sorted(document.index)) return;  // as nearly always
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

void add_up_repeated(Document& document) {
    if (std::ranges::adjacent_find(document.index) == document.index.end()) return;
    std::size_t kept = 0;
    for (std::size_t k = 0; k < document.index.size(); ++kept) {
        const std::uint32_t index = document.index[k];
        double sum = 0.0;
        for (; k < document.index.size() && document.index[k] == index; ++k) {
            sum += static_cast<double>(document.value[k]);
        }
        document.index[kept] = index;
        document.value[kept] = static_cast<float>(sum);
    }
    document.index.resize(kept);
    document.value.resize(kept);
}

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
    if (const char* stop = read_decimal(at_, end_, value); stop != nullptr) {
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

void parse_terms(LineCursor& cursor, const TermSyntax& syntax, Document& out) {
    out.index.clear();
    out.value.clear();
    bool ascending = true;
    const LineCursor start_of_terms = cursor;
    for (cursor.skip_blanks(); !cursor.at_end(); cursor.skip_blanks()) {
        if (syntax.comments && cursor.peek() == '#') break;
        const char* start = cursor.position();
        const std::int64_t id = cursor.integer("term id", syntax.first_id, kLargestId);
        const auto index = static_cast<std::uint32_t>(id - syntax.first_id);
        if (cursor.at_end() || cursor.peek() != ':') cursor.fail("expected ':' after the term id");
        cursor.advance();
        cursor.skip_blanks();
        const float value = cursor.number("weight");
        if (!cursor.at_blank_or_end() && !(syntax.comments && cursor.peek() == '#')) {
            cursor.fail("unexpected character after the weight");
        }
        if (!out.index.empty() && index <= out.index.back()) {
            if (index == out.index.back()) cursor.fail_at(start, repeated(id));
            ascending = false;
        }
        out.index.push_back(index);
        out.value.push_back(value);
    }
    if (ascending) return;
    sort_terms(out);
    const auto twin = std::ranges::adjacent_find(out.index);
    if (twin != out.index.end()) {
        const std::int64_t id = *twin + syntax.first_id;
        cursor.fail_at(second_place(start_of_terms, id), repeated(id));
    }
}

}  // namespace hogwild::data
