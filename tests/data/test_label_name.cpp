#include <gtest/gtest.h>

#include "data/label_name.hpp"
#include "data/line_cursor.hpp"

namespace hogwild::data {
namespace {

TEST(LabelName, OfEqualNumbersIsTheSame) {
    for (const char* text : {"1", "+1", "01", "1.0", "1.", "1e0", "10e-1"}) {
        EXPECT_EQ(label_name(text), "1") << text;
        EXPECT_EQ(label_number(text), 1.0) << text;
    }
    EXPECT_EQ(label_name("-1.50"), "-1.5");
    EXPECT_EQ(label_name("1e6"), "1000000");
    EXPECT_EQ(label_name(0.1), "0.1");
    EXPECT_EQ(label_name(-3.0), "-3");
    EXPECT_EQ(label_name("9007199254740991"), "9007199254740991");
}

TEST(LabelName, OfOtherTextsIsTheText) {
    for (const char* text : {"", "?", "CCAT", "1,2", "1 ", "nan", "inf", "0x1", "1:2"}) {
        EXPECT_EQ(label_name(text), text);
        EXPECT_FALSE(label_number(text).has_value()) << text;
    }
}

TEST(LabelName, OfNumbersThatAreNotExactIsTheText) {
    EXPECT_EQ(label_name("9007199254740993"), "9007199254740993");
    EXPECT_THROW(label_number("9007199254740993"), LineError);
}

}  // namespace
}  // namespace hogwild::data
