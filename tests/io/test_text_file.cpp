#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <thread>

#include "io/text_file.hpp"
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
    /// The temporary file, while there is nothing else.
    std::string only_entry() const {
        EXPECT_EQ(dir_.entries(), 1);
        return fs::directory_iterator(dir_.path())->path().string();
    }
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
    EXPECT_GT(fs::file_size(only_entry()), std::uintmax_t{3} << 20);
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
    EXPECT_EQ(read_bytes(only_entry()), "text");
    file.close();
    file.commit();
    EXPECT_EQ(read_bytes(path_), "text");
}

TEST_F(TextFileTest, APipeIsWrittenWithoutATemporaryFile) {
    ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
    std::string expected(std::size_t{3} << 20, 'x');  // more than a pipe holds
    expected.insert(1000, 1, '\0');
    std::string got;
    std::thread reader([&] { got = read_bytes(path_); });
    EXPECT_NO_THROW(check_text_output(path_)) << "which leaves the reader waiting";
    {
        LockedTextFile output(path_);
        output.file.text() = expected;
        output.file.flush_if_full();
        output.file.text() += "end";
        output.file.commit();
        EXPECT_EQ(dir_.entries(), 1);
    }
    reader.join();
    EXPECT_TRUE(got == expected + "end");
    EXPECT_TRUE(fs::is_fifo(path_));
}

TEST_F(TextFileTest, AReaderThatLeavesIsAnIoError) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    TextFile file("/dev/fd/" + std::to_string(ends[1]));
    ::close(ends[0]);
    file.text() = "text";
    EXPECT_TRUE(fails_with(ExitCode::io, "Broken pipe", [&] { file.commit(); }));
    ::close(ends[1]);
}

TEST_F(TextFileTest, DescriptorsAreWrittenWhereTheyAre) {
    const int fd = ::open(path_.c_str(), O_WRONLY | O_CREAT, 0600);
    ASSERT_GE(fd, 0);
    ASSERT_EQ(::write(fd, "before ", 7), 7);
    const std::string name = "/dev/fd/" + std::to_string(fd);
    TextFile file(name);
    file.text() = "text";
    file.commit();
    ASSERT_EQ(::write(fd, " after", 6), 6) << "it stays open";
    ::close(fd);
    EXPECT_EQ(read_bytes(path_), "before text after");
    EXPECT_TRUE(fails_with(ExitCode::cannot_create, name, [&] { TextFile closed(name); }));
    const int input = ::open(path_.c_str(), O_RDONLY);
    EXPECT_TRUE(fails_with(ExitCode::cannot_create, "is not open for writing",
                           [&] { TextFile("/dev/fd/" + std::to_string(input)); }));
    ::close(input);
}

TEST_F(TextFileTest, DevicesAreWritten) {
    TextFile file("/dev/null");
    file.text() = "text";
    EXPECT_NO_THROW(file.commit());
    TextFile full("/dev/full");
    full.text() = "text";
    EXPECT_TRUE(fails_with(ExitCode::io, "/dev/full: No space", [&] { full.commit(); }));
}

TEST_F(TextFileTest, ALinkIsWrittenThrough) {
    fs::create_symlink("real.txt", path_);
    TextFile file(path_);
    file.text() = "text";
    file.commit();
    EXPECT_TRUE(fs::is_symlink(path_));
    EXPECT_EQ(read_bytes(dir_.file("real.txt")), "text");
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
