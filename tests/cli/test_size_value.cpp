#include <gtest/gtest.h>

#include "cli/size_value.hpp"
#include "support/expect_error.hpp"

namespace hogwild::app {
namespace {

TEST(SizeValue, BytesAndUnits) {
    EXPECT_EQ(parse_size("--memory", "4096"), 4096);
    EXPECT_EQ(parse_size("--memory", "1.5K"), 1536);
    EXPECT_EQ(parse_size("--memory", "3M"), std::int64_t{3} << 20);
    EXPECT_EQ(parse_size("--memory", "2G"), std::int64_t{2} << 30);
    EXPECT_EQ(parse_size("--memory", "1T"), std::int64_t{1} << 40);
}

TEST(SizeValue, TextIsReadBackAsTheSameNumber) {
    for (const std::int64_t bytes : {1LL, 1000LL, 1024LL, 1536LL, 5LL << 20, 3LL << 40}) {
        EXPECT_EQ(parse_size("--memory", size_text(bytes)), bytes);
    }
    EXPECT_EQ(size_text(std::int64_t{5} << 20), "5M");
}

TEST(SizeValue, WhatIsNoSize) {
    for (const char* text : {"", "G", "-1G", "0", "1GB", "1 G", "nan", "inf", "1e30", "2X"}) {
        EXPECT_TRUE(test::fails_with(ExitCode::usage, std::string("--memory ") + text,
                                     [&] { parse_size("--memory", text); }));
    }
}

}  // namespace
}  // namespace hogwild::app
