#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

#include "app/common/memory_limits.hpp"
#include "support/scratch_dir.hpp"

namespace hogwild::app {
namespace {

class CgroupTest : public ::testing::Test {
protected:
    void write(const std::string& group, const std::string& limit, std::int64_t usage,
               std::int64_t cache) {
        const std::filesystem::path folder = std::string(dir_.path()) + group;
        std::filesystem::create_directories(folder);
        std::ofstream(folder / "limit") << limit << "\n";
        std::ofstream(folder / "usage") << usage << "\n";
        std::ofstream(folder / "memory.stat")
            << "anon 5\nfile_mapped 3\nfile " << cache << "\nslab 7\n";
    }
    std::int64_t available(const std::string& group) {
        return available_in_cgroup(dir_.path(), group, {"limit", "usage", "file"});
    }
    static constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::max();
    test::ScratchDir dir_;
};

TEST_F(CgroupTest, TheTightestGroupCountsAndTheFileCacheDoesNot) {
    EXPECT_EQ(available("/job/step"), kNone) << "there are no files";
    write("", "1000000", 500'000, 100'000);
    write("/job", "max", 800'000, 0);
    write("/job/step", "700000", 300'000, 250'000);
    EXPECT_EQ(available("/job/step"), 600'000);
    write("/job", "400000", 100'000, 0);
    EXPECT_EQ(available("/job/step"), 300'000);
    EXPECT_EQ(available(""), 600'000);
    write("/job/step", "700000", 900'000, 100'000);
    EXPECT_EQ(available("/job/step"), 0);
}

/// Version 1 says nearly 2^63; and the two numbers are read at different times.
TEST_F(CgroupTest, NoLimitIsNoneHoweverLargeTheCache) {
    write("", "9223372036854771712", 1'000'000, 2'000'000);
    EXPECT_EQ(available(""), kNone);
    write("", "3000000", 1'000'000, 2'000'000);
    EXPECT_EQ(available(""), 3'000'000);
}

}  // namespace
}  // namespace hogwild::app
