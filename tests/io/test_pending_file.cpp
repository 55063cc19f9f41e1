#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "io/pending_file.hpp"
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
    EXPECT_TRUE(file.temporary_path().starts_with(dir_.file(".out.h5.hogwild-")));
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

TEST_F(PendingFileTest, FilesOfOthersWithSimilarNamesStay) {
    const std::vector<std::string> names{"out.h5.part", "out.h5.tmp", ".out.h5.hogwild-",
                                         ".out.h5.hogwild-0123456789abcdef01234567"};
    for (const std::string& name : names) write_bytes(dir_.file(name), name);
    { const PendingFile abandoned(path_); }
    PendingFile(path_).commit();
    for (const std::string& name : names) EXPECT_EQ(read_bytes(dir_.file(name)), name);
    EXPECT_EQ(dir_.entries(), 5);
}

TEST_F(PendingFileTest, EveryTemporaryNameIsAnother) {
    const PendingFile first(path_);
    const PendingFile second(path_);
    EXPECT_NE(first.temporary_path(), second.temporary_path());
}

TEST_F(PendingFileTest, LongNamesAreShortenedBetweenCharacters) {
    std::string name = "x";
    while (name.size() < 255) name += "µ";  // two bytes: the cut must not divide one
    {
        PendingFile file(dir_.file(name));
        const std::string own = fs::path(file.temporary_path()).filename();
        EXPECT_LE(own.size(), 255U);
        EXPECT_TRUE(own.starts_with(".xµµ"));
        std::size_t halves = 0;
        for (const char c : own) halves += c == "µ"[0] || c == "µ"[1];
        EXPECT_EQ(halves % 2, 0U);
        file.commit();
    }
    EXPECT_TRUE(fs::exists(dir_.file(name)));
    EXPECT_TRUE(fails_with(ExitCode::cannot_create, "too long", [&] {
        PendingFile(dir_.file(name + "x"));
    })) << "and not after hours, when the file gets its name";
}

TEST_F(PendingFileTest, TheModeOfTheReplacedFileStays) {
    constexpr auto kPrivate = fs::perms::owner_read | fs::perms::owner_write;
    constexpr auto kGroup = kPrivate | fs::perms::group_read;
    for (const fs::perms mode : {kPrivate, kGroup, fs::perms::owner_read}) {
        write_bytes(dir_.file("new"), "old");
        fs::permissions(dir_.file("new"), mode);
        fs::rename(dir_.file("new"), path_);
        PendingFile file(path_);
        EXPECT_EQ(fs::status(file.temporary_path()).permissions(), kPrivate)
            << "nobody else reads it while it is written";
        write_bytes(file.temporary_path(), "new");
        file.commit();
        EXPECT_EQ(fs::status(path_).permissions(), mode);
        EXPECT_EQ(read_bytes(path_), "new");
    }
}

TEST_F(PendingFileTest, ANewFileHasTheModeThatTheUmaskLeaves) {
    const mode_t before = ::umask(027);
    PendingFile(path_).commit();
    ::umask(before);
    EXPECT_EQ(fs::status(path_).permissions(),
              fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read);
}

TEST_F(PendingFileTest, ALinkIsWrittenThrough) {
    fs::create_directory(dir_.file("disk"));
    write_bytes(dir_.file("disk/real.h5"), "old");
    fs::create_symlink("disk/real.h5", dir_.file("middle.h5"));
    fs::create_symlink(dir_.file("middle.h5"), path_);
    {
        PendingFile file(path_);
        EXPECT_EQ(file.final_path(), path_);
        EXPECT_TRUE(file.temporary_path().find("disk/.real.h5.hogwild-") != std::string::npos);
        write_bytes(file.temporary_path(), "new");
        file.commit();
    }
    EXPECT_TRUE(fs::is_symlink(path_));
    EXPECT_TRUE(fs::is_symlink(dir_.file("middle.h5")));
    EXPECT_FALSE(fs::is_symlink(dir_.file("disk/real.h5")));
    EXPECT_EQ(read_bytes(dir_.file("disk/real.h5")), "new");
}

TEST_F(PendingFileTest, ALinkToAFileThatIsNotThereYetIsWrittenThrough) {
    fs::create_directory(dir_.file("disk"));
    fs::create_symlink("disk/later.h5", path_);
    PendingFile(path_).commit();
    EXPECT_TRUE(fs::is_symlink(path_));
    EXPECT_TRUE(fs::is_regular_file(dir_.file("disk/later.h5")));
    fs::create_symlink("nowhere/later.h5", dir_.file("dangling.h5"));
    EXPECT_TRUE(fails_with(ExitCode::cannot_create, "dangling.h5: No such file",
                           [&] { PendingFile(dir_.file("dangling.h5")); }));
}

TEST_F(PendingFileTest, LinksInCirclesAreRefused) {
    fs::create_symlink("b.h5", dir_.file("a.h5"));
    fs::create_symlink("a.h5", dir_.file("b.h5"));
    EXPECT_TRUE(fails_with(ExitCode::cannot_create, "a.h5: Too many levels of symbolic links",
                           [&] { PendingFile(dir_.file("a.h5")); }));
    EXPECT_EQ(dir_.entries(), 2);
}

TEST_F(PendingFileTest, AHardLinkKeepsTheOldContent) {
    write_bytes(path_, "old");
    fs::create_hard_link(path_, dir_.file("twin.h5"));
    PendingFile(path_).commit();
    EXPECT_EQ(read_bytes(dir_.file("twin.h5")), "old");
    EXPECT_EQ(read_bytes(path_), "");
}

TEST_F(PendingFileTest, WhatTookThePlaceOfTheTemporaryFileIsNotTouched) {
    write_bytes(dir_.file("victim"), "precious");
    std::string temporary;
    {
        PendingFile file(path_);
        temporary = file.temporary_path();
        fs::remove(temporary);
        fs::create_symlink(dir_.file("victim"), temporary);
        EXPECT_TRUE(fails_with(ExitCode::io, "another file has taken its place",
                               [&] { file.temporary_path(); }));
        EXPECT_TRUE(fails_with(ExitCode::io, "out.h5", [&] { file.open(); }));
        EXPECT_TRUE(fails_with(ExitCode::io, "out.h5", [&] { file.commit(); }));
    }
    EXPECT_TRUE(fs::is_symlink(temporary)) << "only what was made is removed";
    EXPECT_EQ(read_bytes(dir_.file("victim")), "precious");
    EXPECT_FALSE(fs::exists(path_));
}

TEST_F(PendingFileTest, ACommittedFileCanBeWithdrawnUnlessItIsAnother) {
    PendingFile file(path_);
    file.commit();
    file.withdraw();
    EXPECT_EQ(dir_.entries(), 0);
    PendingFile second(path_);
    second.commit();
    PendingFile third(path_);
    third.commit();
    second.withdraw();
    EXPECT_TRUE(fs::exists(path_)) << "it is the third's";
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
    for (const char* stream : {"-", "/dev/stdout", "/dev/stderr", "/dev/fd/1"}) {
        EXPECT_TRUE(fails_with(ExitCode::cannot_create, "is an open stream, not a file", [&] {
            PendingFile{stream};
        })) << stream;
    }
    EXPECT_FALSE(fs::exists("-"));
}

TEST_F(PendingFileTest, TheProgramsOwnNamesAreNoOutputs) {
    const std::string temporary = PendingFile(path_).temporary_path();
    for (const std::string& name : {dir_.file(".out.h5.hogwild-lock"), temporary}) {
        EXPECT_TRUE(
            fails_with(ExitCode::usage, "names are hogwild's own", [&] { PendingFile{name}; }));
    }
    EXPECT_NO_THROW(PendingFile(dir_.file(".out.h5.hogwild-2"))) << "not every similar one";
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
    EXPECT_TRUE(fails_with(ExitCode::io, "its temporary file", [&] { file.commit(); }));
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
