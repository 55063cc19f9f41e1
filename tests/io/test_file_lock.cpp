#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "io/file_lock.hpp"
#include "io/own_files.hpp"
#include "support/expect_error.hpp"
#include "support/scratch_dir.hpp"

namespace hogwild::io {
namespace {

namespace fs = std::filesystem;
using test::fails_with;

class FileLockTest : public testing::Test {
protected:
    testing::AssertionResult is_refused() {
        return fails_with(ExitCode::cannot_create, "another run is still writing it",
                          [&] { FileLock{output_}; });
    }
    test::ScratchDir dir_;
    std::string output_ = dir_.file("out.h5");
    std::string lock_ = dir_.file(".out.h5.hogwild-lock");
};

TEST_F(FileLockTest, WhoOnlyTriesIsNotRefused) {
    {
        const FileLock lock(output_);
        EXPECT_FALSE(FileLock::try_for(output_).has_value());
        EXPECT_TRUE(fs::exists(lock_));
    }
    const auto lock = FileLock::try_for(output_);
    EXPECT_TRUE(lock.has_value());
    EXPECT_TRUE(is_refused());
}

TEST_F(FileLockTest, IsThereWhileHeldAndGoneAfterwards) {
    {
        const FileLock lock(output_);
        EXPECT_TRUE(fs::exists(lock_));
        EXPECT_FALSE(fs::exists(output_)) << "the output itself is not touched";
    }
    EXPECT_EQ(dir_.entries(), 0);
}

TEST_F(FileLockTest, ASecondLockIsRefusedUntilTheFirstIsReleased) {
    {
        const FileLock lock(output_);
        EXPECT_TRUE(is_refused());
        EXPECT_TRUE(fs::exists(lock_)) << "a refused lock leaves the owner's file";
        EXPECT_TRUE(is_refused()) << "still";
        EXPECT_NO_THROW(FileLock(dir_.file("other.h5"))) << "other outputs are free";
    }
    EXPECT_NO_THROW(FileLock{output_});
    EXPECT_EQ(dir_.entries(), 0);
}

TEST_F(FileLockTest, AStaleLockFileIsTaken) {
    test::write_bytes(lock_, "");
    {
        const FileLock lock(output_);
        EXPECT_TRUE(is_refused());
    }
    EXPECT_EQ(dir_.entries(), 0);
}

TEST_F(FileLockTest, MovingKeepsTheLock) {
    std::optional<FileLock> first(std::in_place, output_);
    std::optional<FileLock> second(std::in_place, std::move(*first));
    first.reset();
    EXPECT_TRUE(fs::exists(lock_));
    EXPECT_TRUE(is_refused());
    second.reset();
    EXPECT_FALSE(fs::exists(lock_));
}

TEST_F(FileLockTest, WhereNoFileCanBeMadeThereIsNoLock) {
    EXPECT_TRUE(fails_with(ExitCode::cannot_create, "nowhere/out.h5: No such file",
                           [&] { FileLock(dir_.file("nowhere/out.h5")); }));
}

// Whatever has the lock's name without being one: it is named, and stays.
TEST_F(FileLockTest, WhatIsInThePlaceOfTheLockIsRefusedAndKept) {
    const auto is_in_the_way = [&] {
        return fails_with(ExitCode::cannot_create, "out.h5.hogwild-lock",
                          [&] { FileLock{output_}; });
    };
    fs::create_directory(lock_);
    EXPECT_TRUE(is_in_the_way());
    fs::remove(lock_);
    test::write_bytes(lock_, "precious");
    EXPECT_TRUE(is_in_the_way());
    EXPECT_EQ(test::read_bytes(lock_), "precious");
    fs::remove(lock_);
    test::write_bytes(dir_.file("victim"), "");
    fs::create_symlink(dir_.file("victim"), lock_);
    EXPECT_TRUE(is_in_the_way());
    EXPECT_TRUE(fs::is_symlink(lock_));
}

TEST_F(FileLockTest, AUsersFileCalledLikeALockIsNoObstacleAndStays) {
    for (const char* content : {"", "mine"}) {
        test::write_bytes(output_ + ".lock", content);
        { const FileLock lock(output_); }
        EXPECT_EQ(test::read_bytes(output_ + ".lock"), content);
    }
}

// Earlier versions held NAME.lock, other programs make a folder or a link of that name.
TEST_F(FileLockTest, ALockByConventionIsRespectedAndKept) {
    const std::string convention = output_ + ".lock";
    const int fd = ::open(convention.c_str(), O_RDWR | O_CREAT, 0666);
    ASSERT_GE(fd, 0);
    ASSERT_EQ(::flock(fd, LOCK_EX), 0);
    EXPECT_TRUE(is_refused());
    EXPECT_FALSE(FileLock::try_for(output_).has_value());
    ::close(fd);
    EXPECT_NO_THROW(FileLock{output_});
    fs::remove(convention);
    const auto is_named = [&] {
        return fails_with(ExitCode::cannot_create, "out.h5.lock: is not a file",
                          [&] { FileLock{output_}; });
    };
    fs::create_directory(convention);
    EXPECT_TRUE(is_named());
    EXPECT_TRUE(fs::is_directory(convention));
    fs::remove(convention);
    fs::create_symlink("nothing", convention);
    EXPECT_TRUE(is_named());
    EXPECT_TRUE(fs::is_symlink(convention));
}

TEST_F(FileLockTest, OneFileUnderSeveralNamesHasOneLock) {
    fs::create_directory(dir_.file("sub"));
    fs::create_directory_symlink("sub", dir_.file("folder"));
    fs::create_symlink("sub/real.h5", dir_.file("link.h5"));  // not there yet
    const FileLock lock(dir_.file("link.h5"));
    for (const char* name : {"sub/real.h5", "folder/real.h5", "sub/../folder/real.h5"}) {
        EXPECT_FALSE(FileLock::try_for(dir_.file(name)).has_value()) << name;
    }
    EXPECT_TRUE(FileLock::try_for(output_).has_value());
}

TEST_F(FileLockTest, StreamsAreNotLocked) {
    for (const char* stream : {"-", "/dev/stdout", "/dev/null"}) {
        const FileLock first(stream);
        EXPECT_TRUE(FileLock::try_for(stream).has_value());
    }
    EXPECT_FALSE(fs::exists(".-.hogwild-lock"));
}

TEST_F(FileLockTest, OnlyTheHoldersOwnFileIsRemoved) {
    {
        const FileLock lock(output_);
        fs::remove(lock_);
        test::write_bytes(lock_, "another's");
    }
    EXPECT_EQ(test::read_bytes(lock_), "another's");
}

TEST_F(FileLockTest, WhatKilledRunsLeftIsRemovedAndNothingElse) {
    std::vector<std::string> stay;
    const auto plant = [&](const std::string& path) {
        test::write_bytes(path, "content");
        return path;
    };
    plant(random_temporary_path(output_));
    plant(random_temporary_path(dir_.file("out.shard-00001-of-00003.h5")));
    stay.push_back(plant(random_temporary_path(dir_.file("other.h5"))));
    stay.push_back(plant(random_temporary_path(dir_.file("out.h5.2"))));
    stay.push_back(plant(dir_.file(".out.h5.hogwild-0123456789abcdef01234567")));
    stay.push_back(plant(dir_.file(".out.h5.hogwild-mine")));
    const std::string twice = plant(random_temporary_path(output_));
    fs::create_hard_link(twice, dir_.file("kept"));
    stay.push_back(twice);
    stay.push_back(dir_.file("kept"));
    const std::string link = random_temporary_path(output_);
    fs::create_symlink("kept", link);
    stay.push_back(link);
    { const FileLock lock(output_); }
    for (const std::string& path : stay) EXPECT_EQ(test::read_bytes(path), "content") << path;
    EXPECT_EQ(dir_.entries(), std::ssize(stay));
}

TEST_F(FileLockTest, NamesThatAreTooLongForALockAreToldApart) {
    const std::string name(250, 'x');
    const FileLock lock(dir_.file(name));
    EXPECT_FALSE(FileLock::try_for(dir_.file(name)).has_value());
    EXPECT_TRUE(FileLock::try_for(dir_.file(name + "y")).has_value());
}

// However the owner dies, the system releases its lock.
TEST_F(FileLockTest, AnotherProcessIsRefusedAndAKilledOwnerHoldsNothing) {
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    const pid_t owner = ::fork();
    ASSERT_GE(owner, 0);
    if (owner == 0) {
        try {
            const FileLock lock(output_);
            const char byte = 'x';
            if (::write(ready[1], &byte, 1) == 1) ::pause();
        } catch (...) {
        }
        ::_exit(1);
    }
    ::close(ready[1]);
    char byte = 0;
    EXPECT_EQ(::read(ready[0], &byte, 1), 1) << "the child has the lock";
    ::close(ready[0]);
    EXPECT_TRUE(is_refused());
    ::kill(owner, SIGKILL);
    ::waitpid(owner, nullptr, 0);
    EXPECT_TRUE(fs::exists(lock_)) << "left behind";
    EXPECT_NO_THROW(FileLock{output_});
    EXPECT_EQ(dir_.entries(), 0);
}

}  // namespace
}  // namespace hogwild::io
