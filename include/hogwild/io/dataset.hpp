#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "hogwild/io/dataset_file.hpp"

namespace hogwild::io {

/// A dataset by name: one file, or all shards of a set in order, read as one sequence of rows.
class Dataset {
public:
    /// Opens and checks every file: complete, of one set, in order.
    /// @throws Error: no_input, bad_data.
    explicit Dataset(const std::string& name);

    const std::string& name() const noexcept { return name_; }
    /// Its files, in order.
    std::vector<std::string> paths() const;
    std::int64_t rows() const noexcept { return first_.back(); }
    std::int64_t features() const noexcept { return header().features; }
    std::int64_t nonzeros() const noexcept { return nonzeros_; }
    const std::string& digest() const noexcept { return header().digest; }
    /// The first file's; what it says of the set holds for all.
    const DatasetHeader& header() const noexcept { return files_.front().header(); }

    /// @param category  a topic's name; empty for files that carry their own labels.
    /// @throws Error: bad_data for an unknown category, usage when one is missing or not wanted.
    Labelling labelling(const std::string& category) const;

    /// A block of a few thousand rows from `first` on, at least one, none at or after `end`,
    /// never across a shard boundary: what a loop over [first, end) reads in bounded memory.
    /// @return the row after the block.
    std::int64_t read_block(std::int64_t first, std::int64_t end, const Labelling& labelling,
                            RowBlock& out);
    /// Stored entries of all rows before `row`, 0 <= row <= rows().
    std::int64_t nonzeros_before(std::int64_t row);
    /// Number of stored entries of every row, `rows()` of them.
    std::vector<std::int32_t> row_lengths();
    /// Documents per feature in the whole set.
    std::vector<std::int64_t> feature_counts();

private:
    std::string name_;
    std::vector<DatasetFile> files_;
    std::vector<std::int64_t> first_{0};  ///< first row of each file; then the number of rows
    std::int64_t nonzeros_ = 0;
};

}  // namespace hogwild::io
