#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/normalize.hpp"
#include "io/dataset_file.hpp"

namespace hogwild::io {

/// A dataset by name: one file, or all shards of a set in order, read as one sequence of rows.
class Dataset {
public:
    /// Opens and checks every file: complete, of one set, in order.
    /// @param shown  how messages call it; empty: by its name and the paths of its files.
    /// @throws Error: no_input, bad_data.
    explicit Dataset(const std::string& name, const std::string& shown = {});

    /// Everything that another rank needs to read this dataset without opening every shard.
    std::string manifest() const;
    /// From `manifest()`. A file is opened, and compared with the manifest, when it is first
    /// needed.
    static Dataset from_manifest(std::string_view manifest);

    /// For messages.
    const std::string& name() const noexcept { return shown_.empty() ? name_ : shown_; }
    /// Its files, in order, even if they are read from copies.
    std::vector<std::string> paths() const;
    /// Numbers of the files that hold rows of [first, end).
    std::vector<std::size_t> files_with(std::int64_t first, std::int64_t end) const;
    /// Reads the file of this number from a copy from now on.
    void read_from_copy(std::size_t file, const std::string& path);
    std::int64_t rows() const noexcept { return first_.back(); }
    std::int64_t features() const noexcept { return header().features; }
    std::int64_t nonzeros() const noexcept { return nonzeros_; }
    const std::string& digest() const noexcept { return header().digest; }
    /// The header of the first file, whose fields about the set hold for all files.
    const DatasetHeader& header() const noexcept { return header_; }
    /// What the values of each document were divided by.
    data::Norm normalization() const { return data::read_norm(header().normalization, name()); }
    /// What they were multiplied by before. Reads the first file. @throws Error: bad_data.
    data::Idf idf() { return header().idf.empty() ? data::Idf() : file(0).read_idf(); }

    /// @param category  a topic's name; empty for files that carry their own labels.
    /// @throws Error: bad_data for an unknown category, usage when one is missing or not wanted.
    Labelling labelling(const std::string& category) const;

    /// A block of a few thousand rows from `first` on, at least one, none at or after `end`,
    /// never across a shard boundary: so that a loop over [first, end) needs bounded memory.
    /// @return the row after the block.
    std::int64_t read_block(std::int64_t first, std::int64_t end, const Labelling& labelling,
                            RowBlock& out);
    /// Which of some categories the documents in rows [first, end) have: output o stands for
    /// `categories[o]`. Takes eight bytes a document and two a label.
    /// @param categories  each once. @throws Error: bad_data; usage for a dataset that has labels
    ///                    of its own, or more than 65,536 categories.
    data::LabelSets label_sets(std::int64_t first, std::int64_t end,
                               std::span<const std::string> categories);
    /// As DatasetFile::read_labels, of rows [first, end).
    LabelBlock read_labels(std::int64_t first, std::int64_t end, const Labelling& labelling);
    /// As DatasetFile::check_labels. Reads every file.
    void check_labels(const Labelling& labelling);
    /// As DatasetFile::read_positions, of rows [first, end).
    std::optional<std::vector<std::int64_t>> positions(std::int64_t first, std::int64_t end);
    /// The ids of the documents in rows [first, end). @throws Error: bad_data.
    std::vector<std::int64_t> document_ids(std::int64_t first, std::int64_t end);
    /// Stored entries of all rows before `row`, 0 <= row <= rows(). Reads only the file that
    /// contains the row, unless the row is the first of its file.
    std::int64_t nonzeros_before(std::int64_t row);
    /// Number of stored entries of every row, `rows()` of them. Reads every file.
    std::vector<std::int32_t> row_lengths();
    /// Documents per feature in the whole set. Reads every file.
    data::FeatureCounts feature_counts();

private:
    struct Member {
        std::string path;
        std::string copy;  ///< read instead of the file; empty: none
        std::int64_t rows = 0;
        std::int64_t nonzeros = 0;
        std::optional<DatasetFile> file;
    };
    Dataset() = default;
    void add(Member member);
    /// The file of this number, opened.
    DatasetFile& file(std::size_t which);

    std::string name_;
    std::string shown_;  ///< as of the constructor
    DatasetHeader header_;
    std::vector<Member> members_;
    std::vector<std::int64_t> first_{0};  ///< first row of each file; then the number of rows
    std::int64_t nonzeros_ = 0;
};

}  // namespace hogwild::io
