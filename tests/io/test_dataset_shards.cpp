// Shards of a set, read as one dataset.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <string>
#include <vector>

#include "io/block_stream.hpp"
#include "io/dataset.hpp"
#include "io/shard_names.hpp"
#include "support/expect_error.hpp"
#include "support/scratch_dir.hpp"
#include "support/toy_dataset.hpp"

namespace hogwild::io {
namespace {

namespace fs = std::filesystem;
using test::expected_text;
using test::fails_with;
using test::read_text;
using test::ToyDocument;
using test::write_toy;
using test::write_toy_shards;

class DatasetShards : public testing::Test {
protected:
    testing::AssertionResult refuses(const std::string& fragment) {
        return fails_with(ExitCode::bad_data, fragment, [&] { Dataset{name_}; });
    }
    std::string shard(int index, int count) const { return shard_path(name_, index, count); }
    test::ScratchDir dir_;
    std::string name_ = dir_.file("toy.h5");
};

/// The label sets say the same as the labels of each category.
TEST_F(DatasetShards, LabelSetsAreTheLabelsOfEachCategory) {
    const std::vector<std::string> categories{"ECAT", "DOG", "ACAT"};  // in any order, not all
    for (const int shards : {1, 3}) {
        const test::ScratchDir dir;
        const std::string name = dir.file("toy.h5");
        write_toy_shards(name, 5000, shards, true);
        Dataset set(name);
        const data::LabelSets labels = set.label_sets(7, 4990, categories);
        ASSERT_EQ(labels.size(), 4983);
        ASSERT_EQ(labels.outputs(), 3U);
        for (std::uint16_t output = 0; output < 3; ++output) {
            RowBlock block;
            const Labelling labelling = set.labelling(categories[output]);
            std::int64_t positives = 0;
            for (std::int64_t first = 7; first < 4990;) {
                const std::int64_t next = set.read_block(first, 4990, labelling, block);
                for (std::int64_t row = first; row < next; ++row) {
                    const auto own = labels.of(row - 7);
                    const bool member = std::ranges::find(own, output) != own.end();
                    ASSERT_EQ(member, block.rows.label(row - first) > 0) << row;
                    positives += member ? 1 : 0;
                }
                first = next;
            }
            EXPECT_EQ(labels.positives()[output], positives);
            EXPECT_EQ(positives > 0, categories[output] != "DOG") << "nobody has DOG";
        }
    }
}

TEST_F(DatasetShards, ATopicThatADocumentHasTwiceCountsOnce) {
    std::vector<ToyDocument> documents = test::toy_documents(3);
    documents[1].topics = {1, 3, 3};
    write_toy(name_, documents, test::toy_header(3, true));
    const std::vector<std::string> categories{"ECAT"};
    const data::LabelSets labels = Dataset(name_).label_sets(0, 3, categories);
    EXPECT_EQ(labels.of(1).size(), 1U);
    EXPECT_EQ(labels.positives()[0], 1);
}

TEST_F(DatasetShards, LabelSetsAreOfCategoriesThatExist) {
    write_toy(name_, 10);
    Dataset with_topics(name_);
    const std::vector<std::string> wrong{"CCAT", "CAT"};
    EXPECT_TRUE(fails_with(ExitCode::bad_data, "no category 'CAT'",
                           [&] { with_topics.label_sets(0, 10, wrong); }));
    EXPECT_EQ(with_topics.label_sets(3, 3, {}).size(), 0);
    const std::string labelled = dir_.file("labelled.h5");
    write_toy(labelled, 10, false);
    Dataset with_labels(labelled);
    const std::vector<std::string> one{"CCAT"};
    EXPECT_TRUE(
        fails_with(ExitCode::usage, "--category", [&] { with_labels.label_sets(0, 10, one); }));
    EXPECT_TRUE(
        fails_with(ExitCode::usage, "--category", [&] { with_labels.label_sets(0, 10, {}); }));
}

TEST_F(DatasetShards, ReadsShardsAsOneDataset) {
    const std::string single = dir_.file("single.h5");
    for (const bool has_topics : {true, false}) {
        write_toy(single, 61, has_topics);
        Dataset one(single);
        const std::string category = has_topics ? "CCAT" : "";
        const std::string expected = read_text(one, one.labelling(category), 0, 61);
        for (const int shards : {1, 2, 3, 7, 61}) {
            const test::ScratchDir dir;
            const std::string name = dir.file("toy.h5");
            write_toy_shards(name, 61, shards, has_topics);
            Dataset set(name);
            SCOPED_TRACE(std::to_string(shards) + " shards");
            EXPECT_EQ(set.name(), name);
            EXPECT_EQ(set.paths(), resolve_dataset(name));
            EXPECT_EQ(set.rows(), 61);
            EXPECT_EQ(set.nonzeros(), one.nonzeros());
            EXPECT_EQ(set.features(), one.features());
            EXPECT_EQ(set.digest(), one.digest());
            EXPECT_EQ(set.feature_counts(), one.feature_counts());
            EXPECT_EQ(set.row_lengths(), one.row_lengths());
            EXPECT_EQ(read_text(set, set.labelling(category), 0, 61), expected);
        }
    }
}

TEST_F(DatasetShards, ReadsRangesAcrossShardBorders) {
    const std::vector<ToyDocument> documents = write_toy_shards(name_, 13, 4);
    Dataset set(name_);
    const Labelling labelling = set.labelling("ECAT");
    for (std::int64_t first = 0; first < 13; ++first) {
        for (std::int64_t end = first + 1; end <= 13; ++end) {
            EXPECT_EQ(read_text(set, labelling, first, end),
                      expected_text({documents.begin() + first, documents.begin() + end}, 3))
                << first << " to " << end;
        }
    }
}

TEST_F(DatasetShards, BlocksEndAtShardBorders) {
    write_toy_shards(name_, 10, 3);  // 3 + 3 + 4
    Dataset set(name_);
    RowBlock block;
    EXPECT_EQ(set.read_block(0, 10, {1}, block), 3);
    EXPECT_EQ(block.rows.size(), 3);
    EXPECT_EQ(set.read_block(2, 10, {1}, block), 3);
    EXPECT_EQ(block.rows.size(), 1);
    EXPECT_EQ(set.read_block(3, 5, {1}, block), 5);
    EXPECT_EQ(set.read_block(6, 10, {1}, block), 10);
    EXPECT_EQ(block.document_id, (std::vector<std::int64_t>{1042, 1049, 1056, 1063}));
}

TEST_F(DatasetShards, AcceptsEmptyShards) {
    const std::vector<ToyDocument> documents = write_toy_shards(name_, 3, 5);
    Dataset set(name_);
    EXPECT_EQ(set.rows(), 3);
    EXPECT_EQ(read_text(set, set.labelling("ECAT"), 0, 3), expected_text(documents, 3));
    EXPECT_EQ(set.row_lengths(), (std::vector<std::int32_t>{0, 1, 2}));
}

TEST_F(DatasetShards, CountsEntriesBeforeARow) {
    for (const int shards : {1, 4, 20}) {
        const std::string name = dir_.file("toy" + std::to_string(shards) + ".h5");
        write_toy_shards(name, 13, shards);
        Dataset set(name);
        const std::vector<std::int32_t> lengths = set.row_lengths();
        std::int64_t before = 0;
        for (std::int64_t row = 0; row < 13; ++row) {
            EXPECT_EQ(set.nonzeros_before(row), before) << row << " in " << shards;
            before += lengths[static_cast<std::size_t>(row)];
        }
        EXPECT_EQ(set.nonzeros_before(13), before);
        EXPECT_EQ(set.nonzeros(), before);
    }
}

TEST_F(DatasetShards, ManifestOpensOnlyFilesWithTheRows) {
    const std::vector<ToyDocument> documents = write_toy_shards(name_, 13, 4);  // 3 + 3 + 3 + 4
    const Dataset whole(name_);
    Dataset set = Dataset::from_manifest(whole.manifest());
    for (const int other : {0, 1, 3}) fs::remove(shard(other, 4));
    EXPECT_EQ(set.name(), name_);
    EXPECT_EQ(set.paths(), whole.paths());
    EXPECT_EQ(set.rows(), 13);
    EXPECT_EQ(set.nonzeros(), whole.nonzeros());
    EXPECT_EQ(pack(set.header()), pack(whole.header()));
    EXPECT_EQ(set.files_with(6, 9), std::vector<std::size_t>{2});
    EXPECT_EQ(set.files_with(5, 10), (std::vector<std::size_t>{1, 2, 3}));
    EXPECT_TRUE(set.files_with(6, 6).empty());
    EXPECT_EQ(read_text(set, set.labelling("ECAT"), 6, 9),
              expected_text({documents.begin() + 6, documents.begin() + 9}, 3));
    EXPECT_GT(set.nonzeros_before(9), set.nonzeros_before(6)) << "the borders are known";
    EXPECT_TRUE(fails_with(ExitCode::no_input, shard(1, 4),
                           [&] { read_text(set, set.labelling("ECAT"), 5, 6); }));
}

TEST_F(DatasetShards, RefusesFileThatDiffersFromTheManifest) {
    write_toy_shards(name_, 13, 4);
    Dataset set = Dataset::from_manifest(Dataset(name_).manifest());
    fs::copy_file(shard(1, 4), shard(2, 4), fs::copy_options::overwrite_existing);
    EXPECT_TRUE(fails_with(ExitCode::bad_data, shard(2, 4),
                           [&] { read_text(set, set.labelling("ECAT"), 6, 9); }));
}

TEST_F(DatasetShards, ReadsCopiesInsteadOfFiles) {
    const std::vector<ToyDocument> documents = write_toy_shards(name_, 13, 4);
    Dataset set(name_);
    const std::string copy = dir_.file("copy.h5");
    fs::rename(shard(3, 4), copy);
    set.read_from_copy(3, copy);
    EXPECT_EQ(read_text(set, set.labelling("ECAT"), 0, 13), expected_text(documents, 3));
    EXPECT_EQ(set.paths().back(), shard(3, 4)) << "it remains the original's";
}

TEST_F(DatasetShards, StreamReadsPartsInOrder) {
    write_toy_shards(name_, 13, 4);
    const std::string other = dir_.file("other.h5");
    write_toy_shards(other, 20, 1);
    Dataset first(name_);
    Dataset second(other);
    std::vector<std::int64_t> expected;
    std::vector<std::int64_t> streamed;
    RowBlock block;
    const std::deque<DatasetPart> parts{
        {&first, {1}, 2, 2}, {&first, {1}, 2, 13}, {&second, {1}, 5, 9}, {&second, {1}, 0, 0}};
    for (const DatasetPart& part : parts) {
        for (std::int64_t row = part.begin; row < part.end;) {
            row = part.dataset->read_block(row, part.end, part.labelling, block);
            expected.insert(expected.end(), block.document_id.begin(), block.document_id.end());
        }
    }
    BlockStream stream(parts);
    while (stream.next(block)) {
        EXPECT_EQ(block.rows.size(), std::ssize(block.document_id));
        streamed.insert(streamed.end(), block.document_id.begin(), block.document_id.end());
    }
    EXPECT_EQ(streamed, expected);
    EXPECT_EQ(std::ssize(streamed), 15);
}

TEST_F(DatasetShards, RefusesSingleShard) {
    write_toy_shards(name_, 10, 3);
    EXPECT_TRUE(
        fails_with(ExitCode::bad_data, "is one of 3 shards", [&] { Dataset(shard(1, 3)); }));
    fs::copy_file(shard(0, 3), dir_.file("copy.h5"));
    EXPECT_TRUE(fails_with(ExitCode::bad_data, "is one of 3 shards",
                           [&] { Dataset(dir_.file("copy.h5")); }));
    EXPECT_NO_THROW(DatasetFile(shard(1, 3)).verify()) << "for inspection it is fine";
}

TEST_F(DatasetShards, RefusesMissingShard) {
    write_toy_shards(name_, 10, 3);
    fs::remove(shard(2, 3));
    EXPECT_TRUE(refuses(shard(2, 3)));
}

TEST_F(DatasetShards, RefusesRenamedShards) {
    for (const int rows : {9, 1}) {  // with one row, two shards are empty
        write_toy_shards(name_, rows, 3);
        fs::rename(shard(0, 3), dir_.file("aside"));
        fs::rename(shard(1, 3), shard(0, 3));
        fs::rename(dir_.file("aside"), shard(1, 3));
        EXPECT_TRUE(refuses("is not shard 0 of its set")) << rows << " rows";
    }
}

TEST_F(DatasetShards, RefusesRepeatedShard) {
    write_toy_shards(name_, 9, 3);
    fs::copy_file(shard(0, 3), shard(1, 3), fs::copy_options::overwrite_existing);
    EXPECT_TRUE(refuses("is not shard 1 of its set"));
}

TEST_F(DatasetShards, RefusesSetWithoutItsEnd) {
    write_toy_shards(name_, 9, 3);
    fs::remove(shard(2, 3));
    for (int k = 0; k < 2; ++k) fs::rename(shard(k, 3), shard(k, 2));
    EXPECT_TRUE(refuses("is one of 3 shards"));
}

class ForeignShardTest : public DatasetShards, public testing::WithParamInterface<const char*> {
protected:
    /// A set of two whose second shard differs in one respect.
    void write_set(const std::string& respect) {
        write_toy_shards(name_, 10, 2);
        DatasetHeader header = test::toy_header(10, respect != "labels");
        header.rows = 5;
        header.first_row = 5;
        header.shard_index = 1;
        header.shard_count = 2;
        if (respect == "digest") header.digest = "another digest..";
        if (respect == "features") header.features += 1;
        if (respect == "topics") header.topics[2] = "DOGS";
        if (respect == "total") header.total_rows = 11;
        const std::vector<ToyDocument> documents = test::toy_documents(10);
        write_toy(shard(1, 2), {documents.begin() + 5, documents.end()}, header);
    }
};

TEST_P(ForeignShardTest, IsRefused) {
    write_set(GetParam());
    EXPECT_TRUE(refuses(shard(1, 2) + ": is a shard of another conversion"));
}
INSTANTIATE_TEST_SUITE_P(Respects, ForeignShardTest,
                         testing::Values("digest", "features", "topics", "labels", "total"),
                         [](const auto& of) { return std::string(of.param); });

TEST_F(ForeignShardTest, TheSameShardWrittenAgainIsNotForeign) {
    write_set("");
    EXPECT_NO_THROW(Dataset{name_});
}

TEST_F(DatasetShards, RefusesDocumentCountsThatDoNotAddUp) {
    DatasetHeader header = test::toy_header(5, true);
    header.total_rows = 6;
    write_toy(name_, test::toy_documents(5), header);
    EXPECT_TRUE(refuses("has 5 documents, expected 6"));
}

}  // namespace
}  // namespace hogwild::io
