// The line parsers against a slow and obvious one, on random lines.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "data/rcv1_text.hpp"
#include "data/svmlight.hpp"
#include "support/slow_parser.hpp"

namespace hogwild::data {
namespace {

/// Random valid lines. Nothing but the engine's raw output is used: distributions differ between
/// standard libraries.
class LineMaker {
public:
    std::uint64_t below(std::uint64_t n) { return engine_() % n; }

    std::string blanks(bool required) {
        std::string text;
        for (std::uint64_t k = below(3) + (required ? 1 : 0); k > 0; --k) {
            text += below(4) == 0 ? '\t' : ' ';
        }
        return text;
    }

    std::string weight() {
        const double mantissa = static_cast<double>(engine_() >> 11) * 0x1.0p-53;
        const int exponent = static_cast<int>(below(80)) - 45;
        const double sign = below(5) == 0 ? -1.0 : 1.0;
        char text[64];
        switch (below(6)) {
            case 0:
                return std::to_string(below(1000));
            case 1:
                std::snprintf(text, sizeof text, "%.*e", static_cast<int>(below(20)),
                              sign * mantissa * std::pow(10.0, exponent));
                break;
            case 2:
                std::snprintf(text, sizeof text, "%.9g",
                              static_cast<double>(static_cast<float>(sign * mantissa)));
                break;
            case 3:
                std::snprintf(text, sizeof text, "+%.3fE%d", mantissa, exponent);
                break;
            default:  // as in RCV1-v2
                std::snprintf(text, sizeof text, "%.15g", mantissa);
        }
        return text;
    }

    std::string terms() {
        std::map<std::uint64_t, std::string> chosen;  // by a random place, so ids come unsorted
        std::map<std::uint64_t, bool> used;
        const std::uint64_t count = below(4) == 0 ? below(200) : below(12);
        const std::uint64_t limit = below(3) == 0 ? 2147483646 : 47236;
        for (std::uint64_t k = 0; k < count; ++k) {
            const std::uint64_t id = 1 + below(limit);
            if (!used.emplace(id, true).second) continue;
            chosen[below(2) == 0 ? engine_() : id] = std::to_string(id) + ":" + weight();
        }
        std::string line;
        for (const auto& [place, term] : chosen) line += blanks(true) + term;
        return line + blanks(false) + (below(4) == 0 ? "\r" : "");
    }

private:
    std::mt19937_64 engine_{20040401};
};

void expect_same(const Document& ours, const Document& slow) {
    EXPECT_EQ(ours.index, slow.index);
    ASSERT_EQ(ours.value.size(), slow.value.size());
    for (std::size_t k = 0; k < ours.value.size(); ++k) {  // to the bit: -0 is not 0
        std::uint32_t a = 0;
        std::uint32_t b = 0;
        std::memcpy(&a, &ours.value[k], sizeof a);
        std::memcpy(&b, &slow.value[k], sizeof b);
        EXPECT_EQ(a, b) << ours.value[k] << " and " << slow.value[k];
    }
}

constexpr int kLines = 2000;

TEST(ParserDifferential, LyrlVectorLines) {
    LineMaker maker;
    Document ours;
    std::size_t terms_seen = 0;
    for (int k = 0; k < kLines && !testing::Test::HasFailure(); ++k) {
        const std::uint64_t id = maker.below(std::uint64_t{1} << 47);
        const std::string terms = maker.terms();
        const std::string line = maker.blanks(false) + std::to_string(id) + terms;
        SCOPED_TRACE(line);
        ASSERT_TRUE(parse_vector_line(line, ours));
        EXPECT_EQ(ours.id, static_cast<std::int64_t>(id));
        const auto slow = test::slow::vector_line(line);
        ASSERT_TRUE(slow);
        expect_same(ours, *slow);
        terms_seen += ours.index.size();
    }
    EXPECT_GT(terms_seen, 20'000U) << "the lines are too short to prove anything";
}

TEST(ParserDifferential, SvmlightLines) {
    LineMaker maker;
    Document ours;
    for (int k = 0; k < kLines && !testing::Test::HasFailure(); ++k) {
        const std::vector<std::string> labels{"-1", "0", "1", "+1", "1.0", "?", "1,3", "2,-0.5,7"};
        const std::uint64_t which = maker.below(labels.size());
        const std::string terms = maker.terms();
        const std::string weight = maker.below(3) == 0 ? ":2.5" : "";
        const std::string line =
            labels[which] + weight + terms + (maker.below(3) == 0 ? " # 1:1 x" : "");
        SCOPED_TRACE(line);
        std::string_view label;
        ASSERT_TRUE(parse_svmlight_line(line, 1, ours, label));
        EXPECT_EQ(label, labels[which]);
        const auto slow = test::slow::svmlight_line(line);
        ASSERT_TRUE(slow);
        EXPECT_EQ(label, slow->label);
        EXPECT_EQ(ours.weight, slow->document.weight);
        expect_same(ours, slow->document);
    }
}

// One character of a valid line is another one: both parsers must have the same opinion.
TEST(ParserDifferential, SpoiltVectorLines) {
    LineMaker maker;
    Document ours;
    int refused = 0;
    const std::string characters = "0123456789:.-+eE \t\r#xnq\v";
    for (int k = 0; k < 10 * kLines && !testing::Test::HasFailure(); ++k) {
        std::string line = std::to_string(maker.below(1000)) + maker.terms();
        line[maker.below(line.size())] = characters[maker.below(characters.size())];
        SCOPED_TRACE(line);
        if (test::slow::is_blank(line)) continue;
        const auto slow = test::slow::vector_line(line);
        try {
            ASSERT_TRUE(parse_vector_line(line, ours));
            ASSERT_TRUE(slow) << "accepted";
            EXPECT_EQ(ours.id, slow->id);
            expect_same(ours, *slow);
        } catch (const LineError& error) {
            EXPECT_FALSE(slow) << error.what();
            ++refused;
        }
    }
    EXPECT_GT(refused, kLines) << "too few broken lines to prove anything";
}

float by_parser(const std::string& text) {
    LineCursor cursor(text);
    const float value = cursor.number("weight");
    EXPECT_TRUE(cursor.at_end()) << text;
    return value;
}

void expect_as_strtof(const std::string& text) {
    const float ours = by_parser(text);
    const float slow = std::strtof(text.c_str(), nullptr);
    EXPECT_EQ(std::bit_cast<std::uint32_t>(ours), std::bit_cast<std::uint32_t>(slow)) << text;
}

TEST(ParserDifferential, DecimalsOfEveryLength) {
    LineMaker maker;
    for (int k = 0; k < 20'000; ++k) {
        const std::uint64_t whole = maker.below(4) == 0 ? maker.below(1'000'000'000'000) : 0;
        std::string text = (maker.below(4) == 0 ? "-" : "") + std::to_string(whole);
        const std::uint64_t decimals = maker.below(26);
        if (decimals > 0) text += '.';
        for (std::uint64_t d = 0; d < decimals; ++d) text += std::to_string(maker.below(10));
        expect_as_strtof(text);
        expect_as_strtof(text + "e-3");
    }
}

// Decimals next to and on the point between two floats, where rounding twice would go wrong.
TEST(ParserDifferential, DecimalsBetweenTwoFloats) {
    LineMaker maker;
    for (int k = 0; k < 20'000; ++k) {
        const auto bits = static_cast<std::uint32_t>(0x33000000U + maker.below(0x0d000000U));
        const double low = std::bit_cast<float>(bits);
        const double middle = (low + static_cast<double>(std::bit_cast<float>(bits + 1))) / 2.0;
        char text[64];
        for (const int digits : {6, 9, 12, 15, 16, 17, 20, 30}) {
            std::snprintf(text, sizeof text, "%.*f", digits, middle);
            expect_as_strtof(text);
        }
    }
}

}  // namespace
}  // namespace hogwild::data
