#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "data/checked_cast.hpp"
#include "support/expect_error.hpp"

namespace hogwild {
namespace {

using test::fails_with;

static_assert(checked_cast<std::int8_t>(-128) == -128, "usable at compile time");

TEST(CheckedCast, KeepsWhatFits) {
    EXPECT_EQ(checked_cast<std::int8_t>(127), 127);
    EXPECT_EQ(checked_cast<std::uint8_t>(255), 255);
    EXPECT_EQ(checked_cast<std::int32_t>(std::int64_t{-2147483648}), -2147483648);
    EXPECT_EQ(checked_cast<std::uint32_t>(std::int64_t{4294967295}), 4294967295U);
    EXPECT_EQ(checked_cast<std::int64_t>(std::uint64_t{1} << 62), std::int64_t{1} << 62);
}

TEST(CheckedCast, RefusesWhatDoesNot) {
    const auto code = ExitCode::internal;
    EXPECT_TRUE(fails_with(code, "128", [] { checked_cast<std::int8_t>(128); }));
    EXPECT_TRUE(fails_with(code, "-129", [] { checked_cast<std::int8_t>(-129); }));
    EXPECT_TRUE(fails_with(code, "-1", [] { checked_cast<std::uint32_t>(-1); }));
    EXPECT_TRUE(fails_with(code, "-1", [] { checked_cast<std::uint64_t>(-1); }));
    EXPECT_TRUE(fails_with(code, "4294967296",
                           [] { checked_cast<std::uint32_t>(std::int64_t{4294967296}); }));
    EXPECT_TRUE(fails_with(code, "2147483648",
                           [] { checked_cast<std::int32_t>(std::int64_t{2147483648}); }));
    EXPECT_TRUE(fails_with(code, "18446744073709551615", [] {
        checked_cast<std::int64_t>(std::numeric_limits<std::uint64_t>::max());
    }));
}

TEST(ExitCodes, AreTheOnesOfTheContract) {
    EXPECT_EQ(static_cast<int>(ExitCode::done), 0);
    EXPECT_EQ(static_cast<int>(ExitCode::internal), 1);
    EXPECT_EQ(static_cast<int>(ExitCode::usage), 2);
    EXPECT_EQ(static_cast<int>(ExitCode::bad_data), 65);
    EXPECT_EQ(static_cast<int>(ExitCode::no_input), 66);
    EXPECT_EQ(static_cast<int>(ExitCode::resource), 71);
    EXPECT_EQ(static_cast<int>(ExitCode::cannot_create), 73);
    EXPECT_EQ(static_cast<int>(ExitCode::io), 74);
    EXPECT_EQ(static_cast<int>(ExitCode::stopped_early), 75);
}

}  // namespace
}  // namespace hogwild
