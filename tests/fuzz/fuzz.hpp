#pragma once
#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/line_cursor.hpp"

/// What the fuzz targets have in common. A target aborts where something is wrong, and libFuzzer
/// keeps the input; exceptions that get out are found the same way.
namespace hogwild::fuzz {

inline void require(bool holds, const char* what, std::string_view input) {
    if (holds) return;
    std::fprintf(stderr, "fuzzing: %s\nin '%.*s'\n", what, static_cast<int>(input.size()),
                 input.data());
    std::abort();
}

/// As TextReader does: cut at newlines, a last line needs none. Every line is in memory of its own,
/// so that reading past its end is seen.
inline std::vector<std::vector<char>> lines(const std::uint8_t* data, std::size_t size) {
    std::vector<std::vector<char>> all;
    bool open = false;
    for (std::size_t k = 0; k < size; ++k) {
        if (!open) all.emplace_back();
        open = data[k] != '\n';
        if (open) all.back().push_back(static_cast<char>(data[k]));
    }
    for (std::vector<char>& line : all) line.shrink_to_fit();
    return all;
}

enum class Outcome { parsed, blank, refused };

/// What a line parser made of `line`. @param parse  true for a document, false for none.
template <class Parse>
Outcome outcome_of(std::string_view line, Parse&& parse) {
    try {
        return parse() ? Outcome::parsed : Outcome::blank;
    } catch (const data::LineError& error) {
        require(error.column() >= 1 && error.column() <= line.size() + 1,
                "the column of an error is not in the line", line);
        return Outcome::refused;
    }
}

/// What the slow twin made of it. @param parsed  an optional.
template <class Parsed>
Outcome slow_outcome(bool blank, const Parsed& parsed) {
    return blank ? Outcome::blank : parsed ? Outcome::parsed : Outcome::refused;
}

/// To the bit: -0 is not 0.
inline void require_same(const data::Document& ours, const data::Document& slow,
                         std::string_view line) {
    require(ours.index == slow.index, "other term ids than the slow parser has", line);
    require(ours.value.size() == slow.value.size(), "as many values as term ids", line);
    for (std::size_t k = 0; k < slow.value.size(); ++k) {
        require(std::bit_cast<std::uint32_t>(ours.value[k]) ==
                    std::bit_cast<std::uint32_t>(slow.value[k]),
                "another value than the slow parser has", line);
    }
    require(ours.weight == slow.weight, "another weight than the slow parser has", line);
}

}  // namespace hogwild::fuzz
