#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "data/svmlight.hpp"
#include "support/expect_error.hpp"

namespace hogwild::data {
namespace {

using test::line_fails_at;

TEST(Svmlight, Labels) {
    struct Case {
        std::string text;
        int label;
    };
    for (const Case& c :
         {Case{"+1", 1}, Case{"1", 1}, Case{"1.0", 1}, Case{"1e0", 1}, Case{"-1", -1},
          Case{"-1.0", -1}, Case{"0", -1}, Case{"0.0", -1}, Case{"-0", -1}, Case{"  -1", -1}}) {
        Document document;
        int label = 9;
        EXPECT_TRUE(parse_svmlight_line(c.text + " 3:0.5", document, label)) << c.text;
        EXPECT_EQ(label, c.label) << c.text;
        EXPECT_EQ(document.index, (std::vector<std::uint32_t>{2})) << c.text;
    }
}

struct GoodLine {
    std::string line;
    std::vector<std::uint32_t> index;  // feature id - 1
    std::vector<float> value;
};

TEST(Svmlight, GoodLines) {
    Document document;
    document.id = 77;
    for (const GoodLine& good :
         {GoodLine{"1 1:0.5 3:-2", {0, 2}, {0.5F, -2.0F}},
          GoodLine{"1\t3:2\t1:1\r", {0, 2}, {1.0F, 2.0F}}, GoodLine{"1", {}, {}},
          GoodLine{"1 # nothing", {}, {}}, GoodLine{"1 2147483647:1", {2147483646U}, {1.0F}},
          GoodLine{"1 qid:3 2:1", {1}, {1.0F}}, GoodLine{"1 qid:9223372036854775807", {}, {}},
          GoodLine{"1 qid:0 # 5:1", {}, {}}, GoodLine{"1 1:2 # 3:4", {0}, {2.0F}},
          GoodLine{"1 1:2 #3:4", {0}, {2.0F}}}) {
        SCOPED_TRACE(good.line);
        int label = 0;
        EXPECT_TRUE(parse_svmlight_line(good.line, document, label));
        EXPECT_EQ(label, 1);
        EXPECT_EQ(document.index, good.index);
        EXPECT_EQ(document.value, good.value);
        EXPECT_EQ(document.id, 77) << "the id is left alone";
    }
}

TEST(Svmlight, BlankAndCommentLinesAreNoDocuments) {
    Document document;
    int label = 0;
    for (const std::string line : {"", "  \t\r", "# comment", "   # 1 1:1", "#"}) {
        EXPECT_FALSE(parse_svmlight_line(line, document, label)) << "'" << line << "'";
    }
}

TEST(Svmlight, BadLinesAreRefusedWithColumnAndReason) {
    struct BadLine {
        std::string line;
        std::size_t column;
        std::string reason;
    };
    Document document;
    int label = 0;
    for (const BadLine& bad : {
             BadLine{"2 1:1", 1, "label must be -1, 0 or +1"},
             BadLine{" 2 1:1", 2, "label must be -1, 0 or +1"},
             BadLine{"-2 1:1", 1, "label must be -1, 0 or +1"},
             BadLine{"0.5 1:1", 1, "label must be -1, 0 or +1"},
             BadLine{"nan 1:1", 1, "label is not a finite number"},
             BadLine{"x 1:1", 1, "expected label"},
             BadLine{"+ 1:1", 1, "expected label"},
             BadLine{"1:1 2:1", 2, "expected a blank after the label"},
             BadLine{"1,2 1:1", 2, "expected a blank after the label"},
             BadLine{"1# comment", 2, "expected a blank after the label"},
             BadLine{"1 qid:x 1:1", 7, "expected query id"},
             BadLine{"1 qid: 1:1", 7, "expected query id"},
             BadLine{"1 qid:-1 1:1", 7, "query id must lie in"},
             BadLine{"1 qid:3x", 8, "expected a blank after the query id"},
             BadLine{"1 q:1", 4, "expected qid:<number>"},
             BadLine{"1 qi", 5, "expected qid:<number>"},
             BadLine{"1 qid:1 qid:2 1:1", 9, "expected term id"},
             BadLine{"1 0:1", 3, "term id must lie in"},
             BadLine{"1 2147483648:1", 3, "term id must lie in"},
             BadLine{"1 3:1 3:2", 7, "term 3 occurs twice"},
             BadLine{"1 1:2#c", 6, "unexpected character after the weight"},
             BadLine{"1 1:nan", 5, "not a finite number"},
             BadLine{"1 1:1e39", 5, "too large for a float"},
             BadLine{"1 1 2:1", 4, "expected ':'"},
         }) {
        EXPECT_TRUE(line_fails_at(bad.column, bad.reason, [&] {
            parse_svmlight_line(bad.line, document, label);
        })) << bad.line;
    }
}

TEST(Svmlight, TwoSignsBeforeALabelAreRefused) {
    Document document;
    int label = 0;
    EXPECT_THROW(parse_svmlight_line("+-1 1:1", document, label), LineError);
}

}  // namespace
}  // namespace hogwild::data
