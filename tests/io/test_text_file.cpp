#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "hogwild/io/text_file.hpp"
#include "support/expect_error.hpp"
#include "support/file_size_limit.hpp"
#include "support/scratch_dir.hpp"

namespace hogwild::io {
namespace {

namespace fs = std::filesystem;
using test::fails_with;
using test::read_bytes;

class TextFileTest : public testing::Test {
protected:
    test::ScratchDir dir_;
    std::string path_ = dir_.file("out.txt");
};

TEST_F(TextFileTest, WritesWhatWasAppended) {
    TextFile file(path_);
    EXPECT_EQ(file.path(), path_);
    file.text() += "one\n";
    file.text() += "two\n";
    file.flush_if_full();
    EXPECT_FALSE(fs::exists(path_));
    file.commit();
    EXPECT_EQ(read_bytes(path_), "one\ntwo\n");
    EXPECT_EQ(dir_.entries(), 1);
}

TEST_F(TextFileTest, FlushesWhatIsFullAndKeepsTheOrder) {
    TextFile file(path_);
    std::string expected;
    std::size_t largest = 0;
    for (int k = 0; k < 300'000; ++k) {
        const std::string line = "line " + std::to_string(k) + "\n";
        file.text() += line;
        expected += line;
        file.flush_if_full();
        largest = std::max(largest, file.text().size());
    }
    EXPECT_LT(largest, (std::size_t{1} << 20) + 100) << "memory is bounded";
    EXPECT_GT(fs::file_size(path_ + ".part"), std::uintmax_t{3} << 20);
    file.commit();
    EXPECT_TRUE(read_bytes(path_) == expected);
}

TEST_F(TextFileTest, AnEmptyFileIsAFile) {
    TextFile file(path_);
    file.commit();
    EXPECT_EQ(read_bytes(path_), "");
}

TEST_F(TextFileTest, AbandonedLeavesNothing) {
    {
        TextFile file(path_);
        file.text() += "half";
    }
    {
        TextFile file(path_);
        file.text() += "whole, but not committed";
        file.close();
    }
    EXPECT_EQ(dir_.entries(), 0);
}

TEST_F(TextFileTest, ClosedHasNotItsNameYet) {
    TextFile file(path_);
    file.text() += "text";
    file.close();
    EXPECT_FALSE(fs::exists(path_));
    EXPECT_EQ(read_bytes(path_ + ".part"), "text");
    file.close();
    file.commit();
    EXPECT_EQ(read_bytes(path_), "text");
}

TEST_F(TextFileTest, DirectoriesThatAreNotThereCannotBeWritten) {
    EXPECT_TRUE(fails_with(ExitCode::cannot_create, "nowhere/out.txt",
                           [&] { TextFile(dir_.file("nowhere/out.txt")); }));
    EXPECT_TRUE(
        fails_with(ExitCode::cannot_create, "is a directory", [&] { TextFile(dir_.path()); }));
}

TEST_F(TextFileTest, AFullDiskIsAnIoErrorAndLeavesNothing) {
    {
        TextFile file(path_);
        EXPECT_TRUE(fails_with(ExitCode::io, path_, [&] {
            const test::FileSizeLimit full(1000);
            file.text() += std::string(1001, 'x');
            file.close();
        }));
    }
    EXPECT_EQ(dir_.entries(), 0);
    {
        TextFile file(path_);
        EXPECT_TRUE(fails_with(ExitCode::io, path_, [&] {
            const test::FileSizeLimit full(1000);
            file.text() += std::string(std::size_t{2} << 20, 'x');
            file.flush_if_full();
        }));
    }
    EXPECT_EQ(dir_.entries(), 0);
}

}  // namespace
}  // namespace hogwild::io
