#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "data/idf.hpp"
#include "io/dataset_header.hpp"
#include "io/external_bucket_sort.hpp"

namespace hogwild::io {

/// Writes one dataset file (a whole set, or one shard), streaming; see docs/formats.md.
class DatasetWriter {
public:
    /// @param path    normally a PendingFile's temporary path; an existing file is replaced.
    /// @param header  rows, features, set and sources must be right; nonzeros is counted here.
    /// @throws Error: io.
    DatasetWriter(const std::string& path, const DatasetHeader& header, bool compress);
    ~DatasetWriter();

    /// Writes the factors that header.idf is the digest of: into the first file of a set, once.
    void add_idf(const data::Idf& idf);
    /// Writes the record's topics or, where header.has_topics is false, its label; its weight where
    /// header.has_weights is true.
    void append(const DocumentRecord& record);
    /// Writes buffered rows, then the mark that the file is complete, and closes it.
    /// @throws Error: io if this or an earlier write failed.
    void finish();

private:
    template <class T>
    class Column;
    struct Columns;
    std::unique_ptr<Columns> columns_;
};

}  // namespace hogwild::io
