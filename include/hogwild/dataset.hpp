#pragma once
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "hogwild/error.hpp"
#include "hogwild/export.hpp"

/// @file
/// Reading the datasets that the converters write (docs/formats.md, schema `hogwild.dataset`).
///
/// Nothing here is collective: every process opens the files for itself, with or without MPI.
/// HDF5 is not thread-safe: only one thread of a program may read datasets or models, or use HDF5
/// itself, at a time.

namespace hogwild {

/// One document.
///
/// It refers to memory of the RowBlock or RowRange that it comes from.
struct Row {
    /// The document's id in the text; or, if the text has no ids, its line, counted from 1.
    std::int64_t document_id = 0;
    /// -1 or +1; 0 if the dataset has topics and no category was named.
    int label = 0;
    /// Columns of the features that occur, ascending, each >= 0 and < Dataset::features().
    std::span<const std::uint32_t> indices;
    /// The features' values: finite, as many as indices. Dimensionless.
    std::span<const float> values;
    /// What the document counts in training and evaluation, > 0; 1 where the dataset has no
    /// weights.
    float weight = 1.0F;
};

/// Consecutive documents in memory.
class HOGWILD_EXPORT RowBlock {
public:
    /// No documents.
    RowBlock();
    /// Takes the documents; `other` can only be assigned to or destroyed.
    RowBlock(RowBlock&& other) noexcept;
    /// Takes the documents; `other` can only be assigned to or destroyed.
    RowBlock& operator=(RowBlock&& other) noexcept;
    ~RowBlock();

    /// Number of documents.
    std::int64_t size() const noexcept;
    /// @param i  from 0; less than size(), which is not checked.
    /// @return the document. It is valid as long as this block is not assigned to or destroyed.
    Row operator[](std::int64_t i) const noexcept;

private:
    friend class Dataset;
    friend class RowRange;
    struct Content;
    std::unique_ptr<Content> content_;
};

class RowRange;

/// A dataset: one file, or all shards of a set, read as one sequence of documents.
class HOGWILD_EXPORT Dataset {
public:
    /// Opens every file of the dataset and checks that they are complete and belong together.
    /// @param name  a file, or the name that the converter was given (NAME.h5 for a set of shards
    ///              NAME.shard-00000-of-00004.h5 and so on).
    /// @throws Error no_input, bad_data.
    explicit Dataset(const std::string& name);
    /// Takes the open files; `other` can only be assigned to or destroyed.
    Dataset(Dataset&& other) noexcept;
    /// Takes the open files; `other` can only be assigned to or destroyed.
    Dataset& operator=(Dataset&& other) noexcept;
    ~Dataset();

    /// Documents in all files together.
    std::int64_t documents() const noexcept;
    /// Columns. The column of a feature is its id in the text less feature_id_base().
    std::int64_t features() const noexcept;
    /// Stored entries in all files together.
    std::int64_t nonzeros() const noexcept;
    /// Topics that can be a category, in the order of their numbers; empty if documents have
    /// labels.
    const std::vector<std::string>& topics() const noexcept;
    /// Whether documents have topics; else they have one label each.
    bool has_topics() const noexcept;
    /// The id in the text of the feature in column 0.
    std::int64_t feature_id_base() const noexcept;
    /// Whether the converter shuffled the documents: then they are not in the text's order.
    bool shuffled() const noexcept;
    /// A digest of all documents, 16 hexadecimal digits: equal digests mean equal documents. A
    /// model names the digests of its training and test datasets.
    const std::string& digest() const noexcept;
    /// What the values of each document were divided by (--normalize): "none", "l2", "l1", "max".
    std::string normalization() const;
    /// Identifies the inverse document frequencies that they were multiplied by before (--idf), 16
    /// hexadecimal digits; empty: none.
    const std::string& idf_digest() const noexcept;
    /// The dataset's files in their order.
    std::vector<std::string> files() const;

    /// Reads documents [first, first + count) and checks them.
    /// @param first     from 0.
    /// @param count     documents, >= 0; first + count <= documents(). All are in memory at once,
    ///                  8 bytes per stored entry and 17 to 21 per document.
    /// @param category  the topic whose documents are labelled +1, all others -1; empty: labels
    ///                  are 0. Must be empty if has_topics() is false.
    /// @throws Error usage for a range or a category that does not exist, bad_data for a damaged
    ///         file, naming file and row.
    RowBlock read(std::int64_t first, std::int64_t count, const std::string& category = {});

    /// All documents in their order, for a range-based for loop. Blocks of a few thousand are in
    /// memory at a time.
    /// @param category  as in read().
    /// @return a range for one pass. It reads from this dataset, which must
    ///         not be moved or destroyed during the loop. @throws Error as read(), here and during
    /// the loop.
    RowRange rows(const std::string& category = {});

private:
    friend class RowRange;
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// The documents of a dataset, one after the other: `for (const Row& row : dataset.rows("CCAT"))`.
class HOGWILD_EXPORT RowRange {
public:
    /// The position of a loop in the dataset.
    class Iterator {
    public:
        using value_type = Row;                            ///< what it returns
        using difference_type = std::ptrdiff_t;            ///< of two positions
        using iterator_concept = std::input_iterator_tag;  ///< one pass

        /// The document; valid until the iterator is advanced.
        const Row& operator*() const noexcept { return range_->row_; }
        /// Reads the next block when it needs one. @throws Error as Dataset::read().
        Iterator& operator++() {
            range_->advance();
            return *this;
        }
        /// Like the prefix form. @throws Error as Dataset::read().
        void operator++(int) { range_->advance(); }
        /// Whether all documents have been passed.
        bool operator==(std::default_sentinel_t) const noexcept { return range_->done_; }

    private:
        friend class RowRange;
        explicit Iterator(RowRange& range) : range_(&range) {}
        RowRange* range_;
    };

    /// Reads the first document, unless it has been read. @throws Error as Dataset::read().
    Iterator begin();
    /// The end: after the last document.
    std::default_sentinel_t end() const noexcept { return {}; }

private:
    friend class Dataset;
    RowRange(Dataset& dataset, std::string category);
    void advance();

    Dataset* dataset_;
    std::string category_;
    RowBlock block_;
    std::int64_t next_row_ = 0;  // of the dataset, after the block
    std::int64_t place_ = 0;     // in the block
    Row row_;
    bool begun_ = false;
    bool done_ = false;
};

}  // namespace hogwild
