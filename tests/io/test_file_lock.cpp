#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "hogwild/io/file_lock.hpp"
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
    std::string lock_ = output_ + ".lock";
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
    test::write_bytes(lock_, "left by a run that was killed");
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
    fs::create_directory(lock_);
    EXPECT_TRUE(fails_with(ExitCode::cannot_create, output_, [&] { FileLock{output_}; }));
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
