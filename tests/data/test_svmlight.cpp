#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "data/svmlight.hpp"
#include "support/expect_error.hpp"

namespace hogwild::data {
namespace {

using test::line_fails_at;

TEST(Svmlight, LabelsAreWhatStandsInFront) {
    struct Case {
        std::string text;
        std::string label;
    };
    for (const Case& c :
         {Case{"+1", "+1"}, Case{"1.0", "1.0"}, Case{"1e0", "1e0"}, Case{"-1", "-1"},
          Case{"  -1", "-1"}, Case{"0", "0"}, Case{"3", "3"}, Case{"-2.5", "-2.5"}, Case{"?", "?"},
          Case{"2,7", "2,7"}, Case{"\t1,2,3", "1,2,3"}, Case{"", ""}}) {
        Document document;
        std::string_view label = "none";
        const std::string line = c.text + " 3:0.5";  // what the label is a view of
        EXPECT_TRUE(parse_svmlight_line(line, 1, document, label)) << c.text;
        EXPECT_EQ(label, c.label) << c.text;
        EXPECT_EQ(document.index, (std::vector<std::uint32_t>{2})) << c.text;
    }
}

TEST(Svmlight, IdsMayBeginAtZero) {
    Document document;
    std::string_view label;
    EXPECT_TRUE(parse_svmlight_line("1 0:2 5:3 2147483646:4", 0, document, label));
    EXPECT_EQ(document.index, (std::vector<std::uint32_t>{0, 5, 2147483646U}));
    EXPECT_TRUE(line_fails_at(11, "term 0 occurs twice",
                              [&] { parse_svmlight_line("1 0:2 1:1 0:3", 0, document, label); }));
}

struct SvmlightLine {
    std::string line;
    std::vector<std::uint32_t> index;  // feature id - 1
    std::vector<float> value;
};

TEST(Svmlight, GoodLines) {
    Document document;
    document.id = 77;
    for (const SvmlightLine& good :
         {SvmlightLine{"1 1:0.5 3:-2", {0, 2}, {0.5F, -2.0F}},
          SvmlightLine{"1\t3:2\t1:1\r", {0, 2}, {1.0F, 2.0F}}, SvmlightLine{"1", {}, {}},
          SvmlightLine{"1 # nothing", {}, {}},
          SvmlightLine{"1 2147483646:1", {2147483645U}, {1.0F}},
          SvmlightLine{"1 qid:3 2:1", {1}, {1.0F}},
          SvmlightLine{"1 qid:9223372036854775807", {}, {}}, SvmlightLine{"1 qid:0 # 5:1", {}, {}},
          SvmlightLine{"1 1:2 # 3:4", {0}, {2.0F}}, SvmlightLine{"1 1:2 #3:4", {0}, {2.0F}},
          SvmlightLine{"1 1:2#3:4", {0}, {2.0F}}, SvmlightLine{"1 1:2# ", {0}, {2.0F}},
          SvmlightLine{"1 63: .5 64:\t1", {62, 63}, {0.5F, 1.0F}}}) {
        SCOPED_TRACE(good.line);
        std::string_view label;
        EXPECT_TRUE(parse_svmlight_line(good.line, 1, document, label));
        EXPECT_EQ(label, "1");
        EXPECT_EQ(document.index, good.index);
        EXPECT_EQ(document.value, good.value);
        EXPECT_EQ(document.id, 77) << "the id is left alone";
    }
}

TEST(Svmlight, WeightsStandBehindLabels) {
    Document document;
    std::string_view label;
    EXPECT_TRUE(parse_svmlight_line("1:0.5 1:1 3:2", 1, document, label));
    EXPECT_EQ(label, "1");
    EXPECT_EQ(document.weight, 0.5F);
    EXPECT_EQ(document.index, (std::vector<std::uint32_t>{0, 2}));
    EXPECT_TRUE(parse_svmlight_line("?:0 1:1", 1, document, label));
    EXPECT_EQ(label, "?");
    EXPECT_EQ(document.weight, 0.0F);
    EXPECT_TRUE(parse_svmlight_line("1 1:1", 1, document, label));
    EXPECT_FALSE(document.weight.has_value());
    EXPECT_TRUE(parse_svmlight_line(" 2:7 3:1", 1, document, label));  // a document of no class
    EXPECT_EQ(label, "");
    EXPECT_FALSE(document.weight.has_value());
}

TEST(Svmlight, BlankAndCommentLinesAreNoDocuments) {
    Document document;
    std::string_view label;
    for (const std::string line : {"", "  \t\r", "# comment", "   # 1 1:1", "#"}) {
        EXPECT_FALSE(parse_svmlight_line(line, 1, document, label)) << "'" << line << "'";
    }
}

TEST(Svmlight, BadLinesAreRefusedWithColumnAndReason) {
    struct BadSvmlightLine {
        std::string line;
        std::size_t column;
        std::string reason;
    };
    Document document;
    std::string_view label;
    for (const BadSvmlightLine& bad : {
             BadSvmlightLine{"nan 1:1", 1, "label is not a finite number"},
             BadSvmlightLine{"x 1:1", 1, "expected label"},
             BadSvmlightLine{"+ 1:1", 1, "expected label"},
             BadSvmlightLine{"1: 2:1", 3, "expected weight"},
             BadSvmlightLine{"1:-1 2:1", 3, "the weight is negative"},
             BadSvmlightLine{"1:1:1 2:1", 4, "expected a blank after the label"},
             BadSvmlightLine{"1, 1:1", 3, "expected label"},
             BadSvmlightLine{"1,x 1:1", 3, "expected label"},
             BadSvmlightLine{"?? 1:1", 2, "expected a blank after the label"},
             BadSvmlightLine{"? 1:", 5, "expected weight"},
             BadSvmlightLine{"1 1: #", 6, "expected weight"},
             BadSvmlightLine{"1# comment", 2, "expected a blank after the label"},
             BadSvmlightLine{"1 qid:x 1:1", 7, "expected query id"},
             BadSvmlightLine{"1 qid: 1:1", 7, "expected query id"},
             BadSvmlightLine{"1 qid:-1 1:1", 7, "query id must lie in"},
             BadSvmlightLine{"1 qid:3x", 8, "expected a blank after the query id"},
             BadSvmlightLine{"1 q:1", 4, "expected qid:<number>"},
             BadSvmlightLine{"1 qi", 5, "expected qid:<number>"},
             BadSvmlightLine{"1 qid:1 qid:2 1:1", 9, "expected term id"},
             BadSvmlightLine{"1 0:1", 3, "--zero-based says that they begin at 0"},
             BadSvmlightLine{"1 2147483648:1", 3, "term id must lie in"},
             BadSvmlightLine{"1 3:1 3:2", 7, "term 3 occurs twice"},
             BadSvmlightLine{"1 1:nan", 5, "not a finite number"},
             BadSvmlightLine{"1 1:1e39", 5, "too large for a float"},
             BadSvmlightLine{"1 1 2:1", 4, "expected ':'"},
         }) {
        EXPECT_TRUE(line_fails_at(bad.column, bad.reason, [&] {
            parse_svmlight_line(bad.line, 1, document, label);
        })) << bad.line;
    }
}

TEST(Svmlight, OtherFormatsAreNamed) {
    struct Case {
        std::string line;
        std::string name;
    };
    Document document;
    std::string_view label;
    for (const Case& other :
         {Case{"1 |f 13:3.9e-02 24:3.4e-02", "Vowpal Wabbit"},
          Case{"-1 1.0 'tag|words a b c", "Vowpal Wabbit"}, Case{"1 0:13:1 4:7:0.5", "LIBFFM"},
          Case{"5.1,3.5,1.4,setosa", "CSV"}, Case{"label,width,length", "CSV"},
          Case{"1\t0.5\t0.25", "TSV"}, Case{"{\"label\": 1}", "JSON"},
          Case{"@relation iris", "ARFF"}, Case{"%%MatrixMarket matrix", "Matrix Market"},
          Case{std::string("1\0 \0", 4), "UTF-16"}}) {
        try {
            parse_svmlight_line(other.line, 1, document, label);
            ADD_FAILURE() << other.line << " was read";
        } catch (const LineError& error) {
            EXPECT_NE(std::string(error.what()).find(other.name), std::string::npos)
                << other.line << ": " << error.what();
        }
    }
}

TEST(Svmlight, TwoSignsBeforeALabelAreRefused) {
    Document document;
    std::string_view label;
    EXPECT_THROW(parse_svmlight_line("+-1 1:1", 1, document, label), LineError);
}

}  // namespace
}  // namespace hogwild::data
