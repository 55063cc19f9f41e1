#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "data/document_text.hpp"
#include "data/vowpal_wabbit.hpp"
#include "support/expect_error.hpp"

namespace hogwild::data {
namespace {

using test::line_fails_at;
using Index = std::vector<std::uint32_t>;
using Value = std::vector<float>;

TEST(VowpalWabbit, LinesAreRecognised) {
    EXPECT_TRUE(is_vowpal_wabbit_line("1 |f 13:0.5"));
    EXPECT_TRUE(is_vowpal_wabbit_line("| 13"));
    EXPECT_FALSE(is_vowpal_wabbit_line("1 13:0.5 # a | b"));
    EXPECT_FALSE(is_vowpal_wabbit_line("1 13:0.5"));
}

TEST(VowpalWabbit, GoodLines) {
    struct Case {
        std::string line;
        std::string label;
        Index index;  // id - 1
        Value value;
    };
    for (const Case& c :
         {Case{"1 |f 13:0.5 7:2", "1", {6, 12}, {2, 0.5F}},
          Case{"-1 | 1 2:3", "-1", {0, 1}, {1, 3}}, Case{"+1\t1.0 'a|f 5\r", "+1", {4}, {1}},
          Case{"1 1 0 tag| 5", "1", {4}, {1}}, Case{"1 'tag | 5", "1", {4}, {1}},
          Case{"2,3 | 5", "2,3", {4}, {1}}, Case{"| 5", "?", {4}, {1}},
          Case{"'tag | 5", "?", {4}, {1}}, Case{"name| 5", "?", {4}, {1}},
          Case{"1 |f:0.5 4:3 2", "1", {1, 3}, {0.5F, 1.5F}},
          Case{"1 |f 4|f:2 5:1", "1", {3, 4}, {1, 2}}, Case{"1 | 4 4:2 3 4", "1", {2, 3}, {1, 4}},
          Case{"1 |", "1", {}, {}}, Case{"1 | 2147483646", "1", {2147483645}, {1}}}) {
        VowpalWabbitParser parser(1);
        Document document;
        std::string_view label;
        ASSERT_TRUE(parser.parse(c.line, document, label)) << c.line;
        EXPECT_EQ(label, c.label) << c.line;
        EXPECT_EQ(document.index, c.index) << c.line;
        EXPECT_EQ(document.value, c.value) << c.line;
    }
}

TEST(VowpalWabbit, ImportancesOtherThanOneAreWeights) {
    VowpalWabbitParser parser(1);
    Document document;
    std::string_view label;
    for (const auto& [line, weight] :
         {std::pair<std::string, std::optional<float>>{"1 2.5 |f 13", 2.5F},
          {"1 |f 13", {}},
          {"1 0 0 'tag|f 13", 0.0F},
          {"1 1.0 |f 13", {}}}) {
        EXPECT_TRUE(parser.parse(line, document, label));
        EXPECT_EQ(label, "1");
        EXPECT_EQ(document.weight, weight) << line;
    }
}

TEST(VowpalWabbit, BadLines) {
    struct Case {
        std::string line;
        std::size_t column;
        std::string reason;
    };
    for (const Case& c : {Case{"1 |f price:0.5", 6, "the feature 'price' is no number"},
                          Case{"1 |f 13 a", 9, "the feature 'a' is no number"},
                          Case{"1 |f 1.5", 6, "the feature '1.5' is no number"},
                          Case{"1 |f :5", 6, "the feature '' is no number"},
                          Case{"1 |f 0:5", 6, "--zero-based"},
                          Case{"1 |f 2147483648", 6, "feature id must lie in 1 .. 2147483646"},
                          Case{"1 |f 13:x", 9, "expected value"},
                          Case{"1 |f 13:1x", 10, "unexpected character after the value"},
                          Case{"1 |f 13:nan", 9, "not a finite number"},
                          Case{"1 |f:1e38 13:100", 13, "too large"},
                          Case{"1 |f 1:3e38 1:3e38", 3, "add up to no finite number"},
                          Case{"1 |f 13 |g 2", 10, "a second namespace 'g' beside 'f'"},
                          Case{"1 |13:0.5 7:2", 4, "put a blank between them"},
                          Case{"1|f 13:0.5", 1, "put a blank between them"},
                          Case{"1 -2 |f 13", 3, "the importance is negative"},
                          Case{"1 1 0.5 |f 13", 5, "base"},
                          Case{"1 1 0 4 |f 13", 7, "expected"},
                          Case{"1 1x |f 13", 4, "unexpected character after the importance"},
                          Case{"1:0.5 2:1 |f 13", 1, "labels with costs"},
                          Case{"1 13:0.5", 1, "there is no '|'"}}) {
        VowpalWabbitParser parser(1);
        Document document;
        std::string_view label;
        EXPECT_TRUE(line_fails_at(c.column, c.reason, [&] {
            parser.parse(c.line, document, label);
        })) << c.line;
    }
}

TEST(VowpalWabbit, HasOneNamespaceInAllLines) {
    VowpalWabbitParser parser(0);
    Document document;
    std::string_view label;
    EXPECT_TRUE(parser.parse("1 |f 0:2", document, label));
    EXPECT_EQ(document.index, Index{0});
    EXPECT_FALSE(parser.parse(" \r", document, label));
    EXPECT_TRUE(
        line_fails_at(4, "a second namespace ''", [&] { parser.parse("1 | 2", document, label); }));
}

TEST(DocumentText, IsWhatItsFirstLineIs) {
    Document document;
    std::string_view label;
    DocumentText bars(1);
    EXPECT_FALSE(bars.parse("# a | b", document, label));
    EXPECT_TRUE(bars.parse("1 | 4", document, label));
    EXPECT_TRUE(bars.is_vowpal_wabbit());
    EXPECT_TRUE(line_fails_at(1, "there is no '|'", [&] { bars.parse("1 4:1", document, label); }));
    DocumentText plain(1);
    EXPECT_TRUE(plain.parse("1 4:1 # a | b", document, label));
    EXPECT_FALSE(plain.is_vowpal_wabbit());
    EXPECT_TRUE(line_fails_at(3, "Vowpal Wabbit, but the text before is SVMlight's",
                              [&] { plain.parse("1 | 4", document, label); }));
}

}  // namespace
}  // namespace hogwild::data
