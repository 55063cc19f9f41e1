// Weights of documents in a dataset: written, read back in shards, missing where they are not.
#include <gtest/gtest.h>

#include <string>

#include "io/dataset.hpp"
#include "io/dataset_writer.hpp"
#include "support/scratch_dir.hpp"
#include "support/toy_dataset.hpp"

namespace hogwild::io {
namespace {

constexpr std::int64_t kWeightedRows = 61;
float weight_of(std::int64_t row) { return 0.25F * static_cast<float>(1 + row % 5); }

void write_weighted(const std::string& path, data::Range range, int shard, int shards) {
    const auto documents = test::toy_documents(kWeightedRows);
    DatasetHeader header = test::toy_header(kWeightedRows, false);
    header.has_weights = true;
    header.rows = range.size();
    header.first_row = range.begin;
    header.shard_index = shard;
    header.shard_count = shards;
    DatasetWriter writer(path, header, false);
    for (std::int64_t row = range.begin; row < range.end; ++row) {
        DocumentRecord record = documents[static_cast<std::size_t>(row)].record();
        record.weight = weight_of(row);
        writer.append(record);
    }
    writer.finish();
}

void expect_weights(Dataset& dataset) {
    EXPECT_TRUE(dataset.header().has_weights);
    RowBlock block;
    for (std::int64_t row = 3; row < kWeightedRows;) {  // not from the first on
        const std::int64_t first = row;
        row = dataset.read_block(row, kWeightedRows, {}, block);
        EXPECT_TRUE(block.rows.weighted());
        for (std::int64_t i = 0; i < block.rows.size(); ++i) {
            EXPECT_EQ(block.rows.weight(i), weight_of(first + i)) << first + i;
        }
    }
}

TEST(DatasetWeights, ComeBack) {
    const test::ScratchDir dir;
    const std::string path = dir.file("weighted.h5");
    write_weighted(path, {0, kWeightedRows}, 0, 1);
    DatasetFile file(path);
    file.verify();
    const auto range = file.read_weight_range();
    ASSERT_TRUE(range.has_value());
    EXPECT_EQ(range->smallest, 0.25);
    EXPECT_EQ(range->largest, 1.25);
    Dataset dataset(path);
    expect_weights(dataset);
    Dataset from_manifest = Dataset::from_manifest(dataset.manifest());
    expect_weights(from_manifest);
}

TEST(DatasetWeights, ComeBackFromShards) {
    const test::ScratchDir dir;
    const std::string name = dir.file("weighted.h5");
    for (int shard = 0; shard < 3; ++shard) {
        write_weighted(shard_path(name, shard, 3), data::equal_part(kWeightedRows, 3, shard), shard,
                       3);
    }
    Dataset dataset(name);
    expect_weights(dataset);
}

TEST(DatasetWeights, AreOneWhereThereAreNone) {
    const test::ScratchDir dir;
    const std::string path = dir.file("plain.h5");
    test::write_toy(path, kWeightedRows, false);
    Dataset dataset(path);
    EXPECT_FALSE(dataset.header().has_weights);
    EXPECT_FALSE(DatasetFile(path).read_weight_range().has_value());
    RowBlock block;
    dataset.read_block(0, kWeightedRows, {}, block);
    EXPECT_FALSE(block.rows.weighted());
    EXPECT_EQ(block.rows.weight(7), 1.0F);
}

}  // namespace
}  // namespace hogwild::io
