/// Which files a command may write.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "io/file_place.hpp"
#include "io/file_plan.hpp"
#include "io/shard_names.hpp"
#include "support/expect_error.hpp"
#include "support/scratch_dir.hpp"

namespace hogwild::io {
namespace {

namespace fs = std::filesystem;
using test::fails_with;
using test::write_bytes;

class FilePlaceTest : public testing::Test {
protected:
    bool same(const std::string& a, const std::string& b) const {
        return place_of(dir_.file(a)).same_as(place_of(dir_.file(b)));
    }
    test::ScratchDir dir_;
};

TEST_F(FilePlaceTest, OneFileUnderTwoNames) {
    write_bytes(dir_.file("a"), "");
    write_bytes(dir_.file("b"), "");
    fs::create_directory(dir_.file("sub"));
    fs::create_symlink(dir_.file("a"), dir_.file("link"));
    fs::create_hard_link(dir_.file("a"), dir_.file("twin"));
    for (const std::string name : {"a", "./a", "sub/../a", "link", "twin"}) {
        EXPECT_TRUE(same("a", name)) << name;
    }
    EXPECT_FALSE(same("a", "b")) << "equal content is not one file";
    EXPECT_FALSE(same("a", "new"));
}

TEST_F(FilePlaceTest, OneFileThatIsNotThereYet) {
    fs::create_directory(dir_.file("sub"));
    fs::create_directory_symlink(dir_.file("sub"), dir_.file("folder_link"));
    fs::create_symlink("new", dir_.file("link"));
    fs::create_symlink("link", dir_.file("link_to_link"));
    for (const std::string name : {"new", "sub/../new", "link", "link_to_link"}) {
        EXPECT_TRUE(same("new", name)) << name;
    }
    EXPECT_TRUE(same("folder_link/new", "sub/./new"));
    EXPECT_FALSE(same("new", "sub/new"));
    EXPECT_FALSE(same("new", "other"));
    EXPECT_TRUE(same("none/new", "none/./new")) << "without a folder";
    EXPECT_FALSE(same("none/new", "none/other"));
    const fs::path before = fs::current_path();
    fs::current_path(dir_.path());
    const bool relative = place_of("new").same_as(place_of(dir_.file("new")));
    fs::current_path(before);
    EXPECT_TRUE(relative) << "a relative and an absolute name";
}

TEST_F(FilePlaceTest, LinksInACircleEnd) {
    fs::create_symlink("b", dir_.file("a"));
    fs::create_symlink("a", dir_.file("b"));
    EXPECT_FALSE(same("a", "new"));
}

TEST_F(FilePlaceTest, StreamsAndDevices) {
    EXPECT_TRUE(place_of("-", true).same_as(place_of("/dev/stdout")));
    EXPECT_TRUE(place_of("/dev/fd/1").same_as(place_of("/proc/self/fd/1")));
    EXPECT_FALSE(place_of("/dev/stdout").same_as(place_of("/dev/stderr"))) << "even if joined";
    EXPECT_FALSE(place_of("-").stream.has_value()) << "a file of this name";
    EXPECT_FALSE(place_of("/dev/null").same_as(place_of("/dev/null"))) << "may be shared";
    ASSERT_EQ(::mkfifo(dir_.file("pipe").c_str(), 0600), 0);
    EXPECT_TRUE(same("pipe", "./pipe"));
}

class FilePlanTest : public testing::Test {
protected:
    void input(FileKind kind, const std::string& option, const std::string& name) {
        plan_.add(FileUse::input, kind, option, path(name));
    }
    void output(FileKind kind, const std::string& option, const std::string& name) {
        plan_.add(FileUse::output, kind, option, path(name));
    }
    std::string path(const std::string& name) const {
        return name.starts_with('/') ? name : dir_.file(name);
    }
    testing::AssertionResult refuses(ExitCode code, const std::string& says, bool force = false) {
        return fails_with(code, says, [&] { plan_.check(force); });
    }

    test::ScratchDir dir_;
    FilePlan plan_;
};

TEST_F(FilePlanTest, TwoOutputsInOnePlace) {
    output(FileKind::run_log, "--log", "a");
    output(FileKind::model, "--model", "./a");
    EXPECT_TRUE(refuses(ExitCode::usage, "--log " + path("a") + " and --model " + path("./a") +
                                             " are the same file"));
    EXPECT_TRUE(refuses(ExitCode::usage, "same file", true)) << "not even by force";
}

TEST_F(FilePlanTest, AnOutputThatIsAnInput) {
    output(FileKind::run_log, "--log", "a");
    input(FileKind::settings, "--config", "a");
    EXPECT_TRUE(
        refuses(ExitCode::usage, "--log " + path("a") + " is an input, --config " + path("a")));
}

TEST_F(FilePlanTest, InputsMayBeOneFile) {
    write_bytes(path("a"), "+1 1:1\n");
    input(FileKind::dataset, "--train", "a");
    input(FileKind::dataset, "--test", "a");
    output(FileKind::svmlight, "--output", "b");
    EXPECT_NO_THROW(plan_.check(false));
}

TEST_F(FilePlanTest, ADatasetStandsForItsShards) {
    write_bytes(shard_path(path("t.h5"), 1, 2), "");
    input(FileKind::dataset, "--train", "t.h5");
    for (const std::string& name : {shard_path("t.h5", 1, 2), std::string("t.h5")}) {
        FilePlan plan = plan_;
        plan.add(FileUse::output, FileKind::model, "--model", path(name));
        EXPECT_TRUE(fails_with(ExitCode::usage, "is an input, --train " + path("t.h5"), [&] {
            plan.check(false);
        })) << name;
    }
    output(FileKind::model, "--model", shard_path("u.h5", 1, 2));
    EXPECT_NO_THROW(plan_.check(false));
}

TEST_F(FilePlanTest, AConvertersOutputStandsForTheShardsThatItReplaces) {
    write_bytes(shard_path(path("t.h5"), 0, 1), "+1 1:1\n");
    input(FileKind::svmlight, "--input", shard_path("t.h5", 0, 1));
    output(FileKind::dataset, "--output", "t.h5");
    EXPECT_TRUE(refuses(ExitCode::usage, "is an input"));
}

TEST_F(FilePlanTest, ACheckpointStandsForItsPreviousOne) {
    output(FileKind::checkpoint, "--checkpoint", "c.h5");
    output(FileKind::model, "--model", "c.prev.h5");
    EXPECT_TRUE(refuses(ExitCode::usage, "--checkpoint " + path("c.h5") + " (" + path("c.prev.h5") +
                                             ") and --model " + path("c.prev.h5")));
}

TEST_F(FilePlanTest, ACheckpointAndItsPreviousOneMayShareANode) {
    output(FileKind::checkpoint, "--checkpoint", "c.h5");
    write_bytes(path("c.h5"), "");
    fs::create_hard_link(path("c.h5"), path("c.prev.h5"));
    EXPECT_NO_THROW(plan_.check(false));
    fs::remove(path("c.h5"));
    // A link leads to the file itself, whose previous one is c.prev.prev.h5.
    fs::create_symlink("c.prev.h5", path("c.h5"));
    EXPECT_NO_THROW(plan_.check(false));
}

TEST_F(FilePlanTest, AStateMayBeOneOfThoseThatAreJoined) {
    plan_.add(FileUse::journal, FileKind::state, "--state", path("s"));
    input(FileKind::state, "--merge", "s");
    EXPECT_NO_THROW(plan_.check(false));
    output(FileKind::table, "--csv", "s");
    EXPECT_TRUE(refuses(ExitCode::usage, "--csv"));
}

TEST_F(FilePlanTest, TwoOutputsToOneStream) {
    plan_.add(FileUse::output, FileKind::table, "--csv", "-");
    plan_.add(FileUse::output, FileKind::settings, "--best", "/dev/stderr");
    EXPECT_NO_THROW(plan_.check(false));
    plan_.add(FileUse::output, FileKind::run_log, "--log", "/dev/stdout");
    EXPECT_TRUE(refuses(ExitCode::usage, "--csv - and --log /dev/stdout"));
}

TEST_F(FilePlanTest, TwoOutputsToNowhere) {
    output(FileKind::table, "--csv", "/dev/null");
    output(FileKind::settings, "--best", "/dev/null");
    EXPECT_NO_THROW(plan_.check(false));
}

TEST_F(FilePlanTest, NamesOfCopiesInTheStageFolder) {
    input(FileKind::dataset, "--train", "t.h5");
    plan_.add(FileUse::folder, FileKind::dataset, "--stage", path("stage"));
    output(FileKind::model, "--model", "stage/t.model.h5");
    fs::create_directory(path("stage"));
    EXPECT_NO_THROW(plan_.check(false));
    output(FileKind::run_log, "--log", "stage/t.0123456789abcdef.h5");
    EXPECT_TRUE(refuses(ExitCode::usage, "--log"));
}

TEST_F(FilePlanTest, AStageFolderThatIsAnOutput) {
    plan_.add(FileUse::folder, FileKind::dataset, "--stage", path("a"));
    output(FileKind::model, "--model", "a");
    EXPECT_TRUE(refuses(ExitCode::usage, "--stage"));
}

TEST_F(FilePlanTest, ForeignFilesAreReplacedByForceOnly) {
    output(FileKind::run_log, "--log", "a");
    write_bytes(path("a"), "lambda = 1\n");
    EXPECT_TRUE(refuses(ExitCode::cannot_create,
                        path("a") + ": exists and is not a hogwild run log but some other text"));
    EXPECT_NO_THROW(plan_.check(true));
    for (const std::string ours : {"", "{\"event\":\"start\",\"program\":\"1\"}\n"}) {
        write_bytes(path("a"), ours);
        EXPECT_NO_THROW(plan_.check(false)) << ours;
    }
}

TEST_F(FilePlanTest, ForeignFilesWhereAnOptionStandsForSeveral) {
    output(FileKind::checkpoint, "--checkpoint", "c.h5");
    write_bytes(path("c.prev.h5"), "mine");
    EXPECT_TRUE(refuses(ExitCode::cannot_create, path("c.prev.h5") + ": exists"));
    fs::remove(path("c.prev.h5"));
    output(FileKind::dataset, "--output", "t.h5");
    write_bytes(shard_path(path("t.h5"), 4, 9), "mine");
    EXPECT_TRUE(refuses(ExitCode::cannot_create, "t.shard-00004-of-00009.h5: exists"));
}

TEST_F(FilePlanTest, AResumedCheckpointMayBeDamaged) {
    output(FileKind::checkpoint, "--checkpoint", "c.h5");
    write_bytes(path("c.h5"), std::string("\x89HDF\r\n\x1a\n", 8));
    EXPECT_TRUE(refuses(ExitCode::cannot_create, "a damaged HDF5 file"));
    plan_.resume(FileKind::checkpoint);
    EXPECT_NO_THROW(plan_.check(false));
    write_bytes(path("c.h5"), "mine");
    EXPECT_TRUE(refuses(ExitCode::cannot_create, "some other text"));
}

TEST_F(FilePlanTest, AJournalIsLeftToItsReader) {
    plan_.add(FileUse::journal, FileKind::state, "--state", path("s"));
    write_bytes(path("s"), "mine");
    EXPECT_NO_THROW(plan_.check(false));
}

}  // namespace
}  // namespace hogwild::io
