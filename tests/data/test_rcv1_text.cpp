#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "data/rcv1_text.hpp"
#include "support/expect_error.hpp"

namespace hogwild::data {
namespace {

using test::line_fails_at;

struct GoodLine {
    std::string line;
    std::int64_t id;
    std::vector<std::uint32_t> index;  // term id - 1
    std::vector<float> value;
};

TEST(LyrlVectors, GoodLines) {
    const std::vector<GoodLine> lines{
        {"2286  864:0.0497399253756197 1523:0.044664135988103",
         2286,
         {863, 1522},
         {0.0497399253756197F, 0.044664135988103F}},
        {"7 1:0.5", 7, {0}, {0.5F}},
        {"7\t1:0.5\t \t3:0.25", 7, {0, 2}, {0.5F, 0.25F}},
        {"7  1:0.5\r", 7, {0}, {0.5F}},
        {" \t7 1:0.5 \t ", 7, {0}, {0.5F}},
        {"7 30:3 10:1 20:2", 7, {9, 19, 29}, {1.0F, 2.0F, 3.0F}},
        {"7 2:2 1:1", 7, {0, 1}, {1.0F, 2.0F}},
        {"7", 7, {}, {}},
        {"7  \r", 7, {}, {}},
        {"0 1:1", 0, {0}, {1.0F}},
        {"007 01:1", 7, {0}, {1.0F}},
        {"140737488355327 1:1", 140737488355327, {0}, {1.0F}},
        {"7 2147483646:1", 7, {2147483645U}, {1.0F}},
        {"7 1:1e-3 2:1E+2 3:1.5e0 4:-2e1", 7, {0, 1, 2, 3}, {0.001F, 100.0F, 1.5F, -20.0F}},
        {"7 1:+0.5 2:-0.5", 7, {0, 1}, {0.5F, -0.5F}},
        {"7 1:5 2:.5 3:5.", 7, {0, 1, 2}, {5.0F, 0.5F, 5.0F}},
        {"7 1:0 2:0.0", 7, {0, 1}, {0.0F, 0.0F}},
        {"7 1:1e-40 2:1e-45", 7, {0, 1}, {1e-40F, 1e-45F}},
        {"7 1:1e-50 2:-1e-300", 7, {0, 1}, {0.0F, 0.0F}},
        {"7 1:3.4028235e38 2:-3.4028235e38", 7, {0, 1}, {3.4028235e38F, -3.4028235e38F}},
        {"7 1:0.1000000000000000055511151231257827021181583404541015625", 7, {0}, {0.1F}},
    };
    Document document;  // one for all, as the converters do
    for (const GoodLine& good : lines) {
        SCOPED_TRACE(good.line);
        EXPECT_TRUE(parse_vector_line(good.line, document));
        EXPECT_EQ(document.id, good.id);
        EXPECT_EQ(document.index, good.index);
        EXPECT_EQ(document.value, good.value);
    }
}

TEST(LyrlVectors, BlankLinesAreNoDocuments) {
    Document document;
    for (const std::string line : {"", " ", "\t \t", "\r", "  \r"}) {
        EXPECT_FALSE(parse_vector_line(line, document)) << "'" << line << "'";
    }
}

struct BadLine {
    std::string line;
    std::size_t column;
    std::string reason;
};

TEST(LyrlVectors, BadLinesAreRefusedWithColumnAndReason) {
    const std::string range = "must lie in 1 .. 2147483646";
    const std::vector<BadLine> lines{
        {"7 0:1", 3, range},
        {"7 1:1 0:1", 7, range},
        {"7 -1:1", 3, range},
        {"7 2147483648:1", 3, range},
        {"7 99999999999999999999:1", 3, range},
        {"7 5:1 5:2", 7, "term 5 occurs twice"},
        {"7 5:1 5:1", 7, "term 5 occurs twice"},
        {"7 1:nan", 5, "not a finite number"},
        {"7 1:NaN", 5, "not a finite number"},
        {"7 1:inf", 5, "not a finite number"},
        {"7 1:-inf", 5, "not a finite number"},
        {"7 1:infinity", 5, "not a finite number"},
        {"7 1:1e39", 5, "too large for a float"},
        {"7 1:-1e39", 5, "too large for a float"},
        {"7 1:1e400", 5, "too large for a float"},
        {"7 1", 4, "expected ':'"},
        {"7 1 2:1", 4, "expected ':'"},
        {"7 1=2", 4, "expected ':'"},
        {"7 1.5:2", 4, "expected ':'"},
        {"7 1:", 5, "expected weight"},
        {"7 1: 2:1", 7, "unexpected character after the weight"},
        {"7 1:x", 5, "expected weight"},
        {"7 1:-", 5, "expected weight"},
        {"7 1:++1", 5, "expected weight"},
        {"7 1::1", 5, "expected weight"},
        {"7 1:0.5x", 8, "unexpected character after the weight"},
        {"7 1:0x1p3", 6, "unexpected character after the weight"},
        {"7 1:1,5", 6, "unexpected character after the weight"},
        {"7 1:1:2", 6, "unexpected character after the weight"},
        {"7 1:1e", 6, "unexpected character after the weight"},
        {"7 x:1", 3, "expected term id"},
        {"7 :1", 3, "expected term id"},
        {"7 +1:1", 3, "expected term id"},
        {"7 # comment", 3, "expected term id"},
        {"x", 1, "expected document id"},
        {"  :1", 3, "expected document id"},
        {"1:0.5 2:0.5", 2, "expected a blank after the document id"},
        {"7x 1:1", 2, "expected a blank after the document id"},
        {"7.0 1:1", 2, "expected a blank after the document id"},
        {"-1 1:1", 1, "document id must lie in 0 .. 140737488355327"},
        {"140737488355328 1:1", 1, "document id must lie in"},
        {"99999999999999999999 1:1", 1, "document id must lie in"},
        {"7\v1:1", 2, "expected a blank after the document id"},
        {std::string("7 1:1\0", 6), 6, "unexpected character after the weight"},
    };
    Document document;
    for (const BadLine& bad : lines) {
        EXPECT_TRUE(line_fails_at(bad.column, bad.reason, [&] {
            parse_vector_line(bad.line, document);
        })) << bad.line;
    }
}

TEST(LyrlVectors, RepeatedTermsAreFoundWhereverTheyStand) {
    Document document;
    for (const std::string line : {"7 5:1 2:1 5:2", "7 1:1 9:1 5:1 9:1 7:1", "7 3:0 2:0 1:0 3:0"}) {
        EXPECT_THROW(parse_vector_line(line, document), LineError) << line;
    }
}

// As for neighbours: not at the end of a line that may be thousands of characters long.
TEST(LyrlVectors, ARepeatedTermIsReportedWhereItStandsAgain) {
    Document document;
    EXPECT_TRUE(line_fails_at(11, "term 5 occurs twice",
                              [&] { parse_vector_line("7 5:1 2:1 5:2 9:1", document); }));
}

// Whoever accepts -0.5 after a plus takes a typing error for a number.
TEST(LyrlVectors, TwoSignsAreRefused) {
    Document document;
    EXPECT_THROW(parse_vector_line("7 1:+-0.5", document), LineError);
    EXPECT_THROW(parse_vector_line("7 1:-+0.5", document), LineError);
}

// 1e-50 is taken as 0 because no float is nearer; 1e-400 is no larger.
TEST(LyrlVectors, AWeightTooSmallForADoubleIsZeroToo) {
    Document document;
    EXPECT_NO_THROW(parse_vector_line("7 1:1e-400 2:-1e-400", document));
    EXPECT_EQ(document.value, (std::vector<float>{0.0F, 0.0F}));
}

TEST(LyrlVectors, DenormalWeightsKeepTheirValue) {
    Document document;
    ASSERT_TRUE(parse_vector_line("7 1:1.4e-45 2:1.17549421e-38", document));
    EXPECT_EQ(document.value[0], std::nextafter(0.0F, 1.0F));
    EXPECT_FALSE(std::isnormal(document.value[1]));
    EXPECT_GT(document.value[1], 1.17549e-38F);
}

TEST(LyrlTopics, GoodLines) {
    struct Good {
        std::string line;
        std::string topic;
        std::int64_t id;
    };
    const std::string longest(kMaxTopicName, 'T');
    for (const Good& good : {Good{"E11 2286 1", "E11", 2286}, Good{"E11\t2286  1\r", "E11", 2286},
                             Good{"  CCAT 0 1 ", "CCAT", 0}, Good{"12 13 1", "12", 13},
                             Good{"a:b# 140737488355327 1", "a:b#", kMaxDocumentId},
                             Good{longest + " 1 1", longest, 1}}) {
        TopicLine line;
        EXPECT_TRUE(parse_topic_line(good.line, line)) << good.line;
        EXPECT_EQ(line.topic, good.topic);
        EXPECT_EQ(line.document_id, good.id);
    }
}

TEST(LyrlTopics, TheTopicPointsIntoTheLine) {
    const std::string text = "  CCAT 12 1";
    TopicLine line;
    ASSERT_TRUE(parse_topic_line(text, line));
    EXPECT_EQ(line.topic.data(), text.data() + 2);
}

TEST(LyrlTopics, BlankLinesAreNoTopics) {
    TopicLine line;
    for (const std::string text : {"", "  ", "\t\r"}) EXPECT_FALSE(parse_topic_line(text, line));
}

TEST(LyrlTopics, BadLinesAreRefusedWithColumnAndReason) {
    const std::vector<BadLine> lines{
        {"CCAT", 5, "expected document id"},
        {"CCAT  ", 7, "expected document id"},
        {"CCAT x 1", 6, "expected document id"},
        {"CCAT -1 1", 6, "document id must lie in"},
        {"CCAT 140737488355328 1", 6, "document id must lie in"},
        {"CCAT 12x 1", 8, "expected a blank after the document id"},
        {"CCAT 1.5 1", 7, "expected a blank after the document id"},
        {"CCAT 12", 8, "expected relevance"},
        {"12 1", 5, "expected relevance"},
        {"CCAT 12 0", 9, "relevance must lie in 1 .. 1"},
        {"CCAT 12 2", 9, "relevance must lie in 1 .. 1"},
        {"CCAT 12 -1", 9, "relevance must lie in 1 .. 1"},
        {"CCAT 12 1x", 10, "unexpected text"},
        {"CCAT 12 1 x", 11, "unexpected text"},
        {" " + std::string(kMaxTopicName + 1, 'T') + " 12 1", 2, "longer than 64"},
    };
    TopicLine line;
    for (const BadLine& bad : lines) {
        EXPECT_TRUE(line_fails_at(bad.column, bad.reason, [&] {
            parse_topic_line(bad.line, line);
        })) << bad.line;
    }
}

}  // namespace
}  // namespace hogwild::data
