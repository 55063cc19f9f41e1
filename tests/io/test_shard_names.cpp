#include <gtest/gtest.h>

#include <filesystem>
#include <initializer_list>
#include <string>
#include <vector>

#include "io/shard_names.hpp"
#include "support/expect_error.hpp"
#include "support/scratch_dir.hpp"

namespace hogwild::io {
namespace {

namespace fs = std::filesystem;
using test::fails_with;

TEST(ShardNames, ArePartOfTheContract) {
    EXPECT_EQ(shard_path("dir/train.h5", 0, 3), "dir/train.shard-00000-of-00003.h5");
    EXPECT_EQ(shard_path("train.h5", 12, 99999), "train.shard-00012-of-99999.h5");
    EXPECT_EQ(shard_path("/a.b/rcv1.v2.h5", 1, 2), "/a.b/rcv1.v2.shard-00001-of-00002.h5");
    EXPECT_EQ(shard_path("train", 1, 2), "train.shard-00001-of-00002");
}

class ResolveDataset : public testing::Test {
protected:
    /// Makes empty files; resolving looks at names only.
    void make(std::initializer_list<const char*> names) {
        for (const char* name : names) test::write_bytes(dir_.file(name), "");
    }
    testing::AssertionResult refuses(ExitCode code, const std::string& fragment) {
        return fails_with(code, fragment, [&] { resolve_dataset(name_); });
    }
    test::ScratchDir dir_;
    std::string name_ = dir_.file("train.h5");
    std::string shard(int index, int count) const { return shard_path(name_, index, count); }
};

TEST_F(ResolveDataset, AFile) {
    make({"train.h5", "test.h5"});
    EXPECT_EQ(resolve_dataset(name_), (std::vector<std::string>{name_}));
}

TEST_F(ResolveDataset, ACompleteSetInOrder) {
    make({"train.shard-00002-of-00003.h5", "train.shard-00000-of-00003.h5",
          "train.shard-00001-of-00003.h5"});
    const std::vector<std::string> expected{shard(0, 3), shard(1, 3), shard(2, 3)};
    EXPECT_EQ(resolve_dataset(name_), expected);
    EXPECT_EQ(shard_files(name_), expected);
}

TEST_F(ResolveDataset, ASetOfOne) {
    make({"train.shard-00000-of-00001.h5"});
    EXPECT_EQ(resolve_dataset(name_), (std::vector<std::string>{shard(0, 1)}));
}

TEST_F(ResolveDataset, OneShardByItsOwnNameIsAFile) {
    make({"train.shard-00000-of-00002.h5", "train.shard-00001-of-00002.h5"});
    EXPECT_EQ(resolve_dataset(shard(1, 2)), (std::vector<std::string>{shard(1, 2)}));
}

TEST_F(ResolveDataset, OtherFilesAreNoShards) {
    make({"train.h5", "xtrain.shard-00000-of-00002.h5", "brain.shard-00000-of-00002.h5",
          "train2.shard-00000-of-00002.h5", "train.shard-00000-of-00002.h5.part",
          "train.shard-0000-of-00002.h5", "train.shard-00000-of-2.h5",
          "train.shard-0000x-of-00002.h5", "train.shard-00000-of-0000x.h5",
          "train.shard-00000_of_00002.h5", "train.shard-00000-of-00002.hdf5",
          "train.shard-00000-of-00000.h5", "test.shard-00000-of-00002.h5",
          "train.shard-00000-of-00002"});
    EXPECT_TRUE(shard_files(name_).empty());
    EXPECT_EQ(resolve_dataset(name_), (std::vector<std::string>{name_}));
}

TEST_F(ResolveDataset, NeitherFileNorSetIsNoInput) {
    EXPECT_TRUE(refuses(ExitCode::no_input, "train.h5: no such file"));
    make({"test.h5", "test.shard-00000-of-00001.h5"});
    EXPECT_TRUE(refuses(ExitCode::no_input, "train.h5: no such file"));
    EXPECT_TRUE(fails_with(ExitCode::no_input, "nowhere",
                           [&] { resolve_dataset(dir_.file("nowhere/train.h5")); }));
}

TEST_F(ResolveDataset, ADirectoryIsNoInput) {
    fs::create_directory(name_);
    EXPECT_TRUE(refuses(ExitCode::no_input, "is a directory"));
}

TEST_F(ResolveDataset, AFileAndASetAreBadData) {
    make({"train.h5", "train.shard-00000-of-00001.h5"});
    EXPECT_TRUE(refuses(ExitCode::bad_data, "both this file and a shard set"));
}

TEST_F(ResolveDataset, AFileAndASingleShardOfASetAreBadData) {
    make({"train.h5", "train.shard-00001-of-00003.h5"});
    EXPECT_TRUE(refuses(ExitCode::bad_data, "both this file and a shard set"));
}

TEST_F(ResolveDataset, TwoSetsAreBadData) {
    make({"train.shard-00000-of-00001.h5", "train.shard-00000-of-00002.h5",
          "train.shard-00001-of-00002.h5"});
    EXPECT_TRUE(refuses(ExitCode::bad_data, "two shard sets"));
}

TEST_F(ResolveDataset, AMissingShardIsBadDataAndNamed) {
    make({"train.shard-00000-of-00003.h5", "train.shard-00002-of-00003.h5"});
    EXPECT_TRUE(refuses(ExitCode::bad_data, shard(1, 3) + ": this shard of the set is missing"));
}

TEST_F(ResolveDataset, AShardNumberBeyondTheSetIsBadData) {
    make({"train.shard-00000-of-00001.h5", "train.shard-00001-of-00001.h5"});
    EXPECT_TRUE(refuses(ExitCode::bad_data, "not below the set's size"));
}

TEST_F(ResolveDataset, NamesWithoutADirectory) {
    make({"train.shard-00000-of-00002.h5", "train.shard-00001-of-00002.h5"});
    const fs::path before = fs::current_path();
    fs::current_path(dir_.path());
    const std::vector<std::string> files = resolve_dataset("train.h5");
    fs::current_path(before);
    EXPECT_EQ(files, (std::vector<std::string>{"train.shard-00000-of-00002.h5",
                                               "train.shard-00001-of-00002.h5"}));
}

}  // namespace
}  // namespace hogwild::io
