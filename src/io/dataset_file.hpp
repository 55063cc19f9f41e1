#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/feature_counts.hpp"
#include "data/idf.hpp"
#include "data/label_sets.hpp"
#include "data/numbering.hpp"
#include "io/dataset_header.hpp"

namespace hogwild::io {

namespace h5 {
class ReadDataset;
}

/// How documents get their labels: by a category (a topic's name), or by the file's own /y.
struct Labelling {
    std::optional<std::int64_t> topic;  ///< number of the category; empty: /y
    bool may_be_missing = false;        ///< documents may have no label, which reads as 0
};

/// Weights of documents, summed up.
struct WeightRange {
    double smallest = 0.0;
    double largest = 0.0;
    double sum = 0.0;
};

/// A block of documents as read from a file.
struct RowBlock {
    data::NumberedRows<data::Numbering::file> rows;
    std::vector<std::int64_t> document_id;
};

/// What is known of documents without their entries.
struct LabelBlock {
    std::vector<std::int8_t> label;
    std::vector<float> weight;  ///< empty: all are 1
    float weight_of(std::size_t i) const noexcept { return weight.empty() ? 1.0F : weight[i]; }
};

/// One dataset file, open for reading. Ranks open it independently; nothing is collective.
class DatasetFile {
public:
    /// Checks the schema, the completeness mark and the lengths of all arrays.
    /// @param shown  how messages about its documents call it; empty: by its path.
    /// @throws Error: no_input, bad_data.
    explicit DatasetFile(const std::string& path, const std::string& shown = {});
    DatasetFile(DatasetFile&&) noexcept;
    DatasetFile& operator=(DatasetFile&&) noexcept;
    ~DatasetFile();

    const std::string& path() const noexcept { return path_; }
    const DatasetHeader& header() const noexcept { return header_; }

    /// Rows [first, first + count) of this file replace the content of `out`. Every row is
    /// checked: columns ascending and below `features`, values finite, weights above 0. `labelling`
    /// must come from Dataset::labelling for this kind of file: a topic where there are topics,
    /// none where not.
    /// @throws Error: bad_data naming file and row.
    void read(std::int64_t first, std::int64_t count, const Labelling& labelling, RowBlock& out);
    /// Appends the label sets of the documents in rows [first, first + count) of a file that has
    /// topics. A topic that a document has twice counts once. @param output_of_topic  for each
    /// topic, below out.outputs(); -1: the topic is not asked for. @throws Error: bad_data naming
    /// file and row.
    void read_label_sets(std::int64_t first, std::int64_t count,
                         std::span<const std::int32_t> output_of_topic, data::LabelSets& out);
    /// Appends the labels and weights of rows [first, first + count), as read() checks them.
    void read_labels(std::int64_t first, std::int64_t count, const Labelling& labelling,
                     LabelBlock& out);
    /// Reads the labels alone, as read() checks them. @throws Error: bad_data naming file and row.
    void check_labels(const Labelling& labelling);
    /// Offsets of rows first .. first + count into the stored entries (count + 1 of them).
    std::vector<std::int64_t> read_indptr(std::int64_t first, std::int64_t count);
    /// Where the documents of rows [first, first + count) stand in the text that was converted:
    /// their order tells, numbers may be missing. Empty: an older program shuffled the file and
    /// kept no record. @throws Error: bad_data.
    std::optional<std::vector<std::int64_t>> read_positions(std::int64_t first, std::int64_t count);
    /// The ids of the documents from row `first` on, as many as `ids` takes. @throws Error:
    /// bad_data.
    void read_document_ids(std::int64_t first, std::span<std::int64_t> ids) const;
    /// Documents per feature in this file.
    /// @throws Error: bad_data if the counts are impossible.
    data::FeatureCounts read_feature_counts();
    /// The factors of the values; none where there are none. In the first file of a set only.
    /// @throws Error: bad_data.
    data::Idf read_idf() const;
    /// Of the documents' weights in this file; empty where there are none. Reads all of them.
    std::optional<WeightRange> read_weight_range();
    /// Documents per topic in this file, by topic number. @throws Error: bad_data.
    std::vector<std::int64_t> count_topics();
    /// Identifies the content, 16 hexadecimal digits: a digest of the header and of the digests
    /// stored with the arrays. Does not read the arrays.
    std::string identity();
    /// Reads every byte and compares it with the stored digests.
    /// @throws Error: bad_data.
    void verify_digests();
    /// Like `verify_digests`, and also checks every row: for files of unknown origin. @throws
    /// Error: bad_data.
    void verify();

private:
    struct Arrays;
    /// Offsets (indptr) of rows first .. first + count, checked; `total` is the expected last
    /// offset of the file.
    std::vector<std::int64_t> read_offsets(const h5::ReadDataset& dataset, std::int64_t total,
                                           std::int64_t first, std::int64_t count) const;
    void read_weights(std::int64_t first, std::span<float> weight) const;
    void read_labels(std::int64_t first, const Labelling& labelling,
                     std::vector<std::int8_t>& label);
    /// Calls visit(topic numbers) for each document, checked.
    template <class Visit>
    void for_each_topics(std::int64_t first, std::int64_t count, Visit&& visit);
    void check_rows(std::int64_t first, data::Rows& rows) const;
    void find_wrong_row(std::int64_t first, const data::Rows& rows) const;
    [[noreturn]] void fail_row(std::int64_t row, const std::string& reason) const;
    [[noreturn]] void fail_unlabelled(std::int64_t row) const;

    std::string path_;
    std::string shown_;  ///< for messages
    DatasetHeader header_;
    std::unique_ptr<Arrays> arrays_;
};

}  // namespace hogwild::io
