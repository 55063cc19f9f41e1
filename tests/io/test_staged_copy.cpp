#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <set>
#include <string>

#include "io/dataset_file.hpp"
#include "io/shard_names.hpp"
#include "io/staged_copy.hpp"
#include "support/expect_error.hpp"
#include "support/scratch_dir.hpp"
#include "support/toy_dataset.hpp"

namespace hogwild::io {
namespace {

namespace fs = std::filesystem;
using test::fails_with;
using test::read_bytes;
using test::write_bytes;
using test::write_toy;
using test::write_toy_shards;

class StagedCopyTest : public testing::Test {
protected:
    test::ScratchDir dir_;
    test::ScratchDir node_;
    std::string original_ = dir_.file("toy.h5");
    std::string place_ = node_.file("deep/er");
};

TEST_F(StagedCopyTest, IsMadeOnce) {
    write_toy(original_, 20);
    const StagedCopy first = stage_copy(original_, place_);
    EXPECT_TRUE(first.made_now);
    EXPECT_EQ(first.bytes, static_cast<std::int64_t>(fs::file_size(original_)));
    EXPECT_EQ(fs::path(first.path).parent_path(), place_);
    EXPECT_EQ(test::whole_content(first.path), test::whole_content(original_));
    const StagedCopy second = stage_copy(original_, place_);
    EXPECT_FALSE(second.made_now);
    EXPECT_EQ(second.path, first.path);
    EXPECT_EQ(std::distance(fs::directory_iterator(place_), {}), 1) << "no lock, no half file";
}

TEST_F(StagedCopyTest, NamesTellContents) {
    std::set<std::string> names;
    for (const int documents : {20, 21}) {
        write_toy(original_, documents);
        names.insert(stage_copy(original_, place_).path);
    }
    write_toy(original_, 20, false);
    names.insert(stage_copy(original_, place_).path);
    EXPECT_EQ(names.size(), 3U);
    const std::string set = dir_.file("set.h5");
    write_toy_shards(set, 20, 2);
    EXPECT_NE(DatasetFile(shard_path(set, 0, 2)).identity(),
              DatasetFile(shard_path(set, 1, 2)).identity());
}

TEST_F(StagedCopyTest, ADamagedOrOlderCopyIsReplaced) {
    write_toy(original_, 20);
    const std::string copy = stage_copy(original_, place_).path;
    const std::string whole = read_bytes(copy);
    const std::string other = dir_.file("other.h5");
    write_toy(other, 21);
    std::string flipped = whole;
    for (std::size_t k = 0; k < flipped.size(); k += 10) flipped[k] ^= 1;
    for (const std::string& content :
         {std::string(), whole.substr(0, whole.size() / 2), flipped, read_bytes(other)}) {
        write_bytes(copy, content);
        EXPECT_TRUE(stage_copy(original_, place_).made_now);
        EXPECT_TRUE(read_bytes(copy) == whole);
        EXPECT_FALSE(stage_copy(original_, place_).made_now);
    }
}

TEST_F(StagedCopyTest, AFileOfTheUsersUnderTheNameOfACopyStays) {
    write_toy(original_, 20);
    const std::string copy = stage_copy(original_, place_).path;
    const auto is_refused = [&] {
        return fails_with(ExitCode::cannot_create, "is something else",
                          [&] { stage_copy(original_, place_); });
    };
    write_bytes(copy, "precious");
    EXPECT_TRUE(is_refused());
    EXPECT_EQ(read_bytes(copy), "precious");
    fs::remove(copy);
    write_bytes(node_.file("victim"), "precious");
    fs::create_symlink(node_.file("victim"), copy);
    EXPECT_TRUE(is_refused());
    EXPECT_TRUE(fs::is_symlink(copy));
    EXPECT_EQ(read_bytes(node_.file("victim")), "precious");
    fs::remove(copy);
    fs::create_symlink(node_.file("nothing"), copy);
    EXPECT_TRUE(is_refused());
    EXPECT_FALSE(fs::exists(node_.file("nothing")));
    fs::remove(copy);
    fs::create_directory(copy);
    EXPECT_TRUE(is_refused());
    fs::remove(copy);
    ASSERT_EQ(::mkfifo(copy.c_str(), 0600), 0);
    EXPECT_TRUE(is_refused());
    EXPECT_TRUE(fs::is_fifo(copy));
}

TEST_F(StagedCopyTest, WhatWaitsCanBeEnded) {
    write_toy(original_, 20);
    int calls = 0;
    const auto stop = [&] {
        ++calls;
        throw Error(ExitCode::stopped_early, "enough");
    };
    EXPECT_TRUE(fails_with(ExitCode::stopped_early, "enough",
                           [&] { stage_copy(original_, place_, stop); }));
    EXPECT_EQ(calls, 1);
    EXPECT_TRUE(fs::is_empty(place_)) << "nothing half-made stays";
}

TEST_F(StagedCopyTest, OnlyDatasetsAreCopied) {
    EXPECT_TRUE(fails_with(ExitCode::no_input, original_, [&] { stage_copy(original_, place_); }));
}

}  // namespace
}  // namespace hogwild::io
