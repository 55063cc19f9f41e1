#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>

#include "app/common/text_table.hpp"

namespace hogwild::app {
namespace {

constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinite = std::numeric_limits<double>::infinity();

TEST(TextTable, NumbersThatAreNoneAreADash) {
    for (const double value : {kNoNumber, -kNoNumber, kInfinite, -kInfinite}) {
        EXPECT_EQ(fixed_text(value, 3), "-");
        EXPECT_EQ(metric_text(value, 3), "-");
        EXPECT_EQ(percent_text(value, 3), "-");
    }
}

TEST(TextTable, NumbersHaveFixedDigits) {
    EXPECT_EQ(fixed_text(2.5, 0), "2");  // a tie goes to the even digit, as in printf
    EXPECT_EQ(fixed_text(0.16247, 3), "0.162");
    EXPECT_EQ(fixed_text(-1.0, 2), "-1.00");
    EXPECT_EQ(fixed_text(12345678.9, 0), "12345679");
    EXPECT_EQ(percent_text(0.1234, 1), "12.3 %");
    EXPECT_EQ(percent_text(2.0, 0), "200 %");
}

TEST(TextTable, MetricsOfARunThatDivergesAreShort) {
    EXPECT_EQ(metric_text(999999.0, 2), "999999.00");
    EXPECT_EQ(metric_text(1e6, 5), "1.000e+06");
    EXPECT_EQ(metric_text(-1.23456e12, 5), "-1.235e+12");
    EXPECT_EQ(metric_text(1e300, 0), "1.000e+300");
}

TEST(TextTable, ColumnsSayHowTheyAreWritten) {
    TextTable table({{.header = "", .width = 6, .align = TextTable::Align::left},
                     {.header = "n", .width = 4},
                     {.header = "share", .digits = 1, .number = percent_text},
                     {.header = "objective", .width = 10, .digits = 2}});
    table.add({"train", "18", 0.5, 0.126});
    table.add({"test", "3", kNoNumber, kNoNumber});
    EXPECT_EQ(table.text(),
              "          n  share  objective\n"
              "train    18 50.0 %       0.13\n"
              "test      3      -          -\n");
}

TEST(TextTable, LongCellsWidenTheirColumnInAllRows) {
    TextTable table({{.header = "a", .width = 3}, {.header = "b", .width = 2}});
    table.add({"1", "2"});
    table.add({"12345", "3"});
    EXPECT_EQ(table.text(),
              "    a  b\n"
              "    1  2\n"
              "12345  3\n");
}

TEST(TextTable, WidthsAreInCharacters) {
    TextTable table = TextTable::left_aligned({"mean ± σ", "valid"});
    table.add({"0.1 ± 0.2", "3/3"});
    table.add({"0.1", "1/3"});
    EXPECT_EQ(table.text(),
              "mean ± σ   valid\n"
              "0.1 ± 0.2  3/3\n"
              "0.1        1/3\n");
}

TEST(TextTable, NoLineEndsInBlanks) {
    TextTable table = TextTable::left_aligned({"name", "remark"});
    table.add({"a", ""});
    table.add({"", ""});
    EXPECT_EQ(table.text(), "name  remark\na\n\n");
}

TEST(TextTable, ARowHasACellForEveryColumn) {
    TextTable table = TextTable::left_aligned({"a", "b"});
    EXPECT_THROW(table.add({"1"}), std::invalid_argument);
    EXPECT_THROW(table.add({"1", "2", "3"}), std::invalid_argument);
    EXPECT_EQ(table.text(), "a  b\n");
}

}  // namespace
}  // namespace hogwild::app
