// What the writer wrote, the readers give back: one file.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "io/dataset.hpp"
#include "io/dataset_file.hpp"
#include "io/dataset_writer.hpp"
#include "support/child_process.hpp"
#include "support/expect_error.hpp"
#include "support/file_size_limit.hpp"
#include "support/scratch_dir.hpp"
#include "support/toy_dataset.hpp"

namespace hogwild::io {
namespace {

using test::expected_text;
using test::fails_with;
using test::read_text;
using test::toy_header;
using test::ToyDocument;
using test::write_toy;

data::FeatureCounts counts_of(const std::vector<ToyDocument>& documents) {
    std::map<std::uint32_t, std::int64_t> counts;
    for (const ToyDocument& d : documents) {
        for (const std::uint32_t index : d.index) ++counts[index];
    }
    data::FeatureCounts listed;
    for (const auto& [column, count] : counts) {
        listed.column.push_back(column);
        listed.count.push_back(count);
    }
    return listed;
}

std::vector<std::int32_t> lengths_of(const std::vector<ToyDocument>& documents) {
    std::vector<std::int32_t> lengths;
    for (const ToyDocument& d : documents)
        lengths.push_back(static_cast<std::int32_t>(d.index.size()));
    return lengths;
}

class DatasetFiles : public testing::Test {
protected:
    test::ScratchDir dir_;
    std::string path_ = dir_.file("toy.h5");
};

TEST_F(DatasetFiles, EveryCategoryLabelsItsDocuments) {
    const std::vector<ToyDocument> documents = write_toy(path_, 61);
    Dataset dataset(path_);
    EXPECT_EQ(dataset.rows(), 61);
    for (std::uint16_t topic = 0; topic < test::kToyTopics.size(); ++topic) {
        const Labelling labelling = dataset.labelling(test::kToyTopics[topic]);
        EXPECT_EQ(labelling.topic, topic);
        EXPECT_EQ(read_text(dataset, labelling, 0, 61), expected_text(documents, topic))
            << test::kToyTopics[topic];
    }
}

TEST_F(DatasetFiles, ReadsLabelsStoredInTheFile) {
    const std::vector<ToyDocument> documents = write_toy(path_, 61, false);
    Dataset dataset(path_);
    EXPECT_FALSE(dataset.header().has_topics);
    const Labelling labelling = dataset.labelling("");
    EXPECT_FALSE(labelling.topic.has_value());
    EXPECT_EQ(read_text(dataset, labelling, 0, 61), expected_text(documents, std::nullopt));
}

TEST_F(DatasetFiles, CompressionChangesNothingButTheSize) {
    for (const bool has_topics : {true, false}) {
        const std::string plain = dir_.file("plain.h5");
        write_toy(plain, 1000, has_topics, false);
        write_toy(path_, 1000, has_topics, true);
        EXPECT_EQ(test::whole_content(path_), test::whole_content(plain));
        EXPECT_LT(test::read_bytes(path_).size(), test::read_bytes(plain).size());
    }
}

TEST_F(DatasetFiles, ReadsTheHeaderThatWasWritten) {
    const std::vector<ToyDocument> documents = write_toy(path_, 30);
    const Dataset dataset(path_);
    const DatasetHeader& h = dataset.header();
    const DatasetHeader expected = toy_header(30, true);
    const std::vector<std::int32_t> lengths = lengths_of(documents);
    std::int64_t nonzeros = 0;
    for (const std::int32_t length : lengths) nonzeros += length;
    EXPECT_EQ(h.rows, 30);
    EXPECT_EQ(h.nonzeros, nonzeros);
    EXPECT_EQ(h.features, expected.features);
    EXPECT_EQ(h.feature_id_base, 1);
    EXPECT_EQ(h.total_rows, 30);
    EXPECT_EQ(h.first_row, 0);
    EXPECT_EQ(h.shard_index, 0);
    EXPECT_EQ(h.shard_count, 1);
    EXPECT_TRUE(h.has_topics);
    EXPECT_EQ(h.topics, expected.topics);
    EXPECT_EQ(h.sources, expected.sources);
    EXPECT_EQ(h.source_digests, expected.source_digests);
    EXPECT_EQ(h.shuffle_seed, 7);
    EXPECT_EQ(h.digest, expected.digest);
    EXPECT_EQ(h.tool, expected.tool);
    EXPECT_EQ(dataset.name(), path_);
    EXPECT_EQ(dataset.digest(), expected.digest);
    EXPECT_EQ(dataset.features(), test::kToyFeatures);
    EXPECT_EQ(dataset.nonzeros(), nonzeros);
}

TEST_F(DatasetFiles, AHeaderWithoutTopicsAndWithEmptyTexts) {
    DatasetHeader header = toy_header(3, true);
    header.topics.clear();
    header.sources = {"", "µ"};
    header.tool.clear();
    header.shuffle_seed = -1;
    std::vector<ToyDocument> documents = test::toy_documents(3);
    for (ToyDocument& d : documents) d.topics.clear();
    ASSERT_NO_THROW(write_toy(path_, documents, header));
    const Dataset dataset(path_);
    EXPECT_TRUE(dataset.header().topics.empty());
    EXPECT_EQ(dataset.header().sources, header.sources);
    EXPECT_EQ(dataset.header().tool, "");
    EXPECT_EQ(dataset.header().shuffle_seed, -1);
    EXPECT_NO_THROW(DatasetFile(path_).verify());
}

TEST_F(DatasetFiles, AHeaderWithoutSources) {
    DatasetHeader header = toy_header(3, true);
    header.sources.clear();
    header.source_digests.clear();
    ASSERT_NO_THROW(write_toy(path_, test::toy_documents(3), header));
    const Dataset dataset(path_);
    EXPECT_TRUE(dataset.header().sources.empty());
    EXPECT_TRUE(dataset.header().source_digests.empty());
}

TEST_F(DatasetFiles, CountsPerFeatureAndLengthsOfRows) {
    const std::vector<ToyDocument> documents = write_toy(path_, 61);
    Dataset dataset(path_);
    EXPECT_EQ(dataset.feature_counts(), counts_of(documents));
    EXPECT_EQ(dataset.row_lengths(), lengths_of(documents));
    DatasetFile file(path_);
    EXPECT_EQ(file.read_indptr(3, 4), (std::vector<std::int64_t>{3, 6, 10, 15, 21}));
    EXPECT_EQ(file.count_topics(), (std::vector<std::int64_t>{3, 21, 0, 30}));
}

TEST_F(DatasetFiles, CategoriesThatAreUnknownMissingOrNotWanted) {
    write_toy(path_, 10);
    const Dataset with_topics(path_);
    EXPECT_TRUE(
        fails_with(ExitCode::bad_data, "no category 'CAT'", [&] { with_topics.labelling("CAT"); }));
    EXPECT_TRUE(fails_with(ExitCode::bad_data, "no category 'ccat'",
                           [&] { with_topics.labelling("ccat"); }));
    EXPECT_TRUE(fails_with(ExitCode::usage, "--category", [&] { with_topics.labelling(""); }));
    const std::string labelled = dir_.file("labelled.h5");
    write_toy(labelled, 10, false);
    const Dataset with_labels(labelled);
    EXPECT_TRUE(fails_with(ExitCode::usage, "--category", [&] { with_labels.labelling("CCAT"); }));
}

TEST_F(DatasetFiles, AnyRangeCanBeRead) {
    const std::vector<ToyDocument> documents = write_toy(path_, 12);
    Dataset dataset(path_);
    const Labelling labelling = dataset.labelling("CCAT");
    for (std::int64_t first = 0; first < 12; ++first) {
        for (std::int64_t end = first + 1; end <= 12; ++end) {
            EXPECT_EQ(read_text(dataset, labelling, first, end),
                      expected_text({documents.begin() + first, documents.begin() + end}, 1))
                << first << " to " << end;
        }
    }
}

TEST_F(DatasetFiles, ABlockReplacesTheOneBefore) {
    const std::vector<ToyDocument> documents = write_toy(path_, 20);
    DatasetFile file(path_);
    RowBlock block;
    file.read(0, 20, {1}, block);
    file.read(5, 2, {1}, block);
    EXPECT_EQ(block.rows.size(), 2);
    EXPECT_EQ(test::to_text(block), expected_text({documents[5], documents[6]}, 1));
    file.read(20, 0, {1}, block);
    EXPECT_TRUE(block.rows.empty());
    EXPECT_TRUE(block.document_id.empty());
}

// More than the writer buffers (2^18 entries), more than a chunk (2^16), more than a block of
// rows; one document alone is longer than the buffer.
TEST_F(DatasetFiles, LargerThanBuffersChunksAndBlocks) {
    constexpr std::uint32_t kFeatures = 300'000;
    std::vector<ToyDocument> documents = test::toy_documents(9000);
    for (std::size_t r = 0; r < documents.size(); ++r) {
        for (std::uint32_t k = 0; k < 40; ++k) {
            documents[r].index.push_back(100 + 41 * k + static_cast<std::uint32_t>(r % 41));
            documents[r].value.push_back(static_cast<float>(r) + static_cast<float>(k) / 64.0F);
        }
    }
    ToyDocument& longest = documents[4321];
    longest.index.clear();
    longest.value.clear();
    for (std::uint32_t k = 0; k < kFeatures; ++k) {
        longest.index.push_back(k);
        longest.value.push_back(1.0F / static_cast<float>(k + 1));
    }
    DatasetHeader header = toy_header(9000, true);
    header.features = kFeatures;
    for (const bool compress : {false, true}) {
        write_toy(path_, documents, header, compress);
        DatasetFile(path_).verify();
        Dataset dataset(path_);
        EXPECT_TRUE(dataset.feature_counts() == counts_of(documents));
        EXPECT_TRUE(dataset.row_lengths() == lengths_of(documents));
        EXPECT_TRUE(read_text(dataset, dataset.labelling("ECAT"), 0, 9000) ==
                    expected_text(documents, 3));
        RowBlock block;
        const std::int64_t next = dataset.read_block(17, 9000, {0}, block);
        EXPECT_EQ(block.rows.size(), next - 17);
        EXPECT_GT(next, 1017) << "a few thousand rows";
        EXPECT_LT(next, 8017) << "a few thousand rows";
    }
}

TEST_F(DatasetFiles, WritesEmptyDatasetAndEmptyDocuments) {
    write_toy(path_, 0);
    Dataset nothing(path_);
    EXPECT_EQ(nothing.rows(), 0);
    EXPECT_TRUE(nothing.row_lengths().empty());
    EXPECT_EQ(nothing.feature_counts().size(), 0U);
    EXPECT_NO_THROW(DatasetFile(path_).verify());

    const std::string other = dir_.file("empty.h5");
    write_toy(other, {{5, {}, {}, {}}, {6, {}, {}, {2}}}, toy_header(2, true));
    Dataset dataset(other);
    EXPECT_EQ(dataset.nonzeros(), 0);
    EXPECT_EQ(read_text(dataset, dataset.labelling("DOG"), 0, 2), "5 -1\n6 1\n");
    EXPECT_NO_THROW(DatasetFile(other).verify());
}

TEST_F(DatasetFiles, WritesDatasetWithoutFeatures) {
    DatasetHeader header = toy_header(2, false);
    header.features = 0;
    write_toy(path_, {{5, {}, {}, {}}, {6, {}, {}, {}}}, header);
    Dataset dataset(path_);
    EXPECT_EQ(dataset.features(), 0);
    EXPECT_EQ(dataset.feature_counts().size(), 0U);
    EXPECT_NO_THROW(DatasetFile(path_).verify());
}

TEST_F(DatasetFiles, WriterChecksAnnouncedCounts) {
    for (const std::int64_t announced : {2, 4}) {
        EXPECT_TRUE(fails_with(ExitCode::internal, "3 rows written", [&] {
            write_toy(path_, test::toy_documents(3), toy_header(announced, true));
        }));
    }
}

TEST_F(DatasetFiles, AnUnfinishedFileIsRefused) {
    {
        DatasetWriter writer(path_, toy_header(3, true), false);
        for (const ToyDocument& d : test::toy_documents(3)) writer.append(d.record());
    }
    EXPECT_TRUE(fails_with(ExitCode::bad_data, path_, [&] { DatasetFile{path_}; }));
}

TEST_F(DatasetFiles, MissingFilesAndOtherFiles) {
    EXPECT_TRUE(fails_with(ExitCode::no_input, path_, [&] { DatasetFile{path_}; }));
    EXPECT_TRUE(fails_with(ExitCode::no_input, path_, [&] { Dataset{path_}; }));
    test::write_bytes(path_, "");
    EXPECT_TRUE(fails_with(ExitCode::bad_data, path_, [&] { Dataset{path_}; }));
    test::write_bytes(path_, "2286  1:0.5\n");
    EXPECT_TRUE(fails_with(ExitCode::bad_data, path_, [&] { Dataset{path_}; }));
}

// Wherever the disk is full: an io error, no crash and no file that looks complete.
TEST_F(DatasetFiles, ReportsFullDiskAsIoError) {
    const std::string good = dir_.file("good.h5");
    write_toy(good, 500);
    const std::size_t size = test::read_bytes(good).size();
    for (const std::size_t room : {std::size_t{0}, size / 50, size / 4, size / 2, size - 1}) {
        const std::string outcome = test::in_child([&] {
            const test::FileSizeLimit full(room);
            write_toy(path_, 500);
        });
        EXPECT_EQ(outcome.substr(0, 8), "code 74:") << room << " of " << size << ": " << outcome;
        EXPECT_TRUE(fails_with(ExitCode::bad_data, path_, [&] { DatasetFile(path_).verify(); }))
            << room << " of " << size;
    }
}

}  // namespace
}  // namespace hogwild::io
