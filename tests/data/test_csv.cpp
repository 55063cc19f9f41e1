#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "data/csv.hpp"
#include "data/error.hpp"

namespace hogwild::data {
namespace {

using Fields = std::vector<std::string>;

TEST(Csv, FieldsAndTheLinesOfTheirRows) {
    const auto rows = parse_csv("a,b\r\n\n\"x, \"\"y\"\"\n\",\n,z", "t.csv");
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(rows[0].fields, (Fields{"a", "b"}));
    EXPECT_EQ(rows[1].fields, (Fields{"x, \"y\"\n", ""}));
    EXPECT_EQ(rows[1].line, 3);
    EXPECT_EQ(rows[2].fields, (Fields{"", "z"}));
    EXPECT_EQ(rows[2].line, 5);
    EXPECT_TRUE(parse_csv("", "t.csv").empty());
}

TEST(Csv, WhatIsWrittenIsReadBack) {
    for (const std::string text : {"", "plain", "a,b", "\"", "a\"\"b", "line\r\nbreak", " x "}) {
        const auto rows = parse_csv("1," + csv_field(text) + "\n", "t.csv");
        ASSERT_EQ(rows.size(), 1U);
        EXPECT_EQ(rows[0].fields, (Fields{"1", text}));
    }
    EXPECT_EQ(csv_field("plain"), "plain");
}

TEST(Csv, ErrorsNameTheLine) {
    const auto error_of = [](const char* text) -> std::string {
        try {
            parse_csv(text, "t.csv");
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ExitCode::bad_data);
            return error.what();
        }
        return "";
    };
    EXPECT_EQ(error_of("a\n\"b\" c\n"), "t.csv:2: a comma must follow a quoted field");
    EXPECT_EQ(error_of("a\n\nb\"c\n"), "t.csv:3: a field with a quote in it must be quoted");
    EXPECT_EQ(error_of("a\n\"b\nc\n"), "t.csv:2: a quoted field has no end");
}

}  // namespace
}  // namespace hogwild::data
