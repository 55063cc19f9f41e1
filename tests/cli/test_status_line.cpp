#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "cli/status_line.hpp"

namespace hogwild {
namespace {

TEST(StatusLine, DurationsHaveOneUnitThatSuits) {
    EXPECT_EQ(duration_text(0.0), "0 s");
    EXPECT_EQ(duration_text(0.2), "1 s");
    EXPECT_EQ(duration_text(119.5), "120 s");
    EXPECT_EQ(duration_text(150.0), "2 min");
    EXPECT_EQ(duration_text(7100.0), "118 min");
    EXPECT_EQ(duration_text(9000.0), "2.5 h");
    EXPECT_EQ(duration_text(4.0 * 86400.0), "4 days");
}

TEST(StatusLine, AFileGetsALineForEveryTwentieth) {
    testing::internal::CaptureStderr();
    {
        StatusLine line(StatusLine::AtEnd::keep, 0.0);
        if (line.on_terminal()) GTEST_SKIP() << "stderr is a terminal";
        for (int k = 1; k <= 99; ++k) line.show(k / 100.0, "line " + std::to_string(k));
    }
    const std::string text = testing::internal::GetCapturedStderr();
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 21) << text;
    EXPECT_TRUE(text.starts_with("line 1\nline 5\nline 10\n")) << text;
    EXPECT_TRUE(text.ends_with("line 95\nline 99\n")) << text;
}

TEST(StatusLine, WorkThatIsSoonDoneShowsNothing) {
    testing::internal::CaptureStderr();
    {
        StatusLine line(StatusLine::AtEnd::erase, 1000.0);
        line.show(0.5, "half");
    }
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace hogwild
