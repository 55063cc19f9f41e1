#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "hogwild/io/pending_file.hpp"
#include "support/expect_error.hpp"
#include "support/scratch_dir.hpp"

namespace hogwild::io {
namespace {

namespace fs = std::filesystem;
using test::fails_with;
using test::read_bytes;
using test::write_bytes;

class PendingFileTest : public testing::Test {
protected:
    test::ScratchDir dir_;
    std::string path_ = dir_.file("out.h5");
};

TEST_F(PendingFileTest, HasItsFinalNameOnlyOnceCommitted) {
    PendingFile file(path_);
    EXPECT_EQ(file.final_path(), path_);
    EXPECT_EQ(file.temporary_path(), path_ + ".part");
    EXPECT_TRUE(fs::exists(file.temporary_path())) << "made at once";
    write_bytes(file.temporary_path(), "content");
    EXPECT_FALSE(fs::exists(path_));
    file.commit();
    EXPECT_EQ(read_bytes(path_), "content");
    EXPECT_EQ(dir_.entries(), 1);
}

TEST_F(PendingFileTest, AbandonedLeavesNothing) {
    {
        const PendingFile file(path_);
        write_bytes(file.temporary_path(), "half");
    }
    EXPECT_EQ(dir_.entries(), 0);
}

TEST_F(PendingFileTest, TheOldFileStaysUntilTheNewOneIsCommitted) {
    write_bytes(path_, "old");
    {
        const PendingFile file(path_);
        write_bytes(file.temporary_path(), "half");
        EXPECT_EQ(read_bytes(path_), "old");
    }
    EXPECT_EQ(read_bytes(path_), "old");
    PendingFile file(path_);
    write_bytes(file.temporary_path(), "new");
    file.commit();
    EXPECT_EQ(read_bytes(path_), "new");
    EXPECT_EQ(dir_.entries(), 1);
}

TEST_F(PendingFileTest, CommittedFilesOutliveTheObject) {
    { PendingFile(path_).commit(); }
    EXPECT_TRUE(fs::exists(path_));
    EXPECT_EQ(fs::file_size(path_), 0U);
}

TEST_F(PendingFileTest, ACommittedFileHasNoClaimOnItsTemporaryName) {
    std::optional<PendingFile> first(std::in_place, path_);
    first->commit();
    PendingFile second(path_);
    write_bytes(second.temporary_path(), "second");
    first.reset();
    second.commit();
    EXPECT_EQ(read_bytes(path_), "second");
}

TEST_F(PendingFileTest, LeftoversOfAKilledRunAreEmptied) {
    write_bytes(path_ + ".part", "leftover");
    PendingFile file(path_);
    EXPECT_EQ(fs::file_size(file.temporary_path()), 0U);
    file.commit();
    EXPECT_EQ(read_bytes(path_), "");
}

TEST_F(PendingFileTest, AMovedFromFileOwnsNothing) {
    {
        PendingFile first(path_);
        const PendingFile second(std::move(first));
        EXPECT_TRUE(fs::exists(second.temporary_path()));
        EXPECT_EQ(second.final_path(), path_);
    }
    EXPECT_EQ(dir_.entries(), 0);
    PendingFile first(path_);
    {
        PendingFile second(std::move(first));
        second.commit();
    }
    EXPECT_TRUE(fs::exists(path_));
}

TEST_F(PendingFileTest, DirectoriesThatAreNotThereCannotBeWritten) {
    EXPECT_TRUE(fails_with(ExitCode::cannot_create, "nowhere/out.h5: No such file",
                           [&] { PendingFile(dir_.file("nowhere/out.h5")); }));
    write_bytes(path_, "a file");
    EXPECT_TRUE(fails_with(ExitCode::cannot_create, "Not a directory",
                           [&] { PendingFile(path_ + "/out.h5"); }));
}

TEST_F(PendingFileTest, ADirectoryCannotBeReplaced) {
    fs::create_directory(path_);
    EXPECT_TRUE(fails_with(ExitCode::cannot_create, "is a directory", [&] { PendingFile{path_}; }));
    EXPECT_EQ(dir_.entries(), 1) << "no temporary file is left";
    EXPECT_TRUE(fs::is_directory(path_));
}

TEST_F(PendingFileTest, ADeviceCannotBeReplaced) {
    EXPECT_TRUE(fails_with(ExitCode::cannot_create, "/dev/null", [] { PendingFile("/dev/null"); }));
    EXPECT_FALSE(fs::exists("/dev/null.part"));
}

TEST_F(PendingFileTest, ATemporaryNameThatIsTakenByADirectoryIsRefusedAndKept) {
    fs::create_directory(path_ + ".part");
    EXPECT_TRUE(fails_with(ExitCode::cannot_create, path_, [&] { PendingFile{path_}; }));
    EXPECT_TRUE(fs::is_directory(path_ + ".part"));
}

TEST_F(PendingFileTest, ACommitThatFailsIsAnIoErrorAndLeavesNothing) {
    {
        PendingFile file(path_);
        fs::create_directory(path_);  // in the meantime
        EXPECT_TRUE(fails_with(ExitCode::io, "cannot rename", [&] { file.commit(); }));
    }
    EXPECT_EQ(dir_.entries(), 1);
    PendingFile file(dir_.file("other"));
    fs::remove(file.temporary_path());
    EXPECT_TRUE(fails_with(ExitCode::io, "No such file", [&] { file.commit(); }));
}

TEST_F(PendingFileTest, PlainNamesAreOfTheWorkingDirectory) {
    const fs::path before = fs::current_path();
    fs::current_path(dir_.path());
    {
        PendingFile file("plain.h5");
        EXPECT_NO_THROW(file.commit());
    }
    fs::current_path(before);
    EXPECT_TRUE(fs::exists(dir_.file("plain.h5")));
}

}  // namespace
}  // namespace hogwild::io
