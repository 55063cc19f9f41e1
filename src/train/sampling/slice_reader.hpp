#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "model/compact_rows.hpp"
#include "train/hooks/hook.hpp"
#include "train/sampling/sampler.hpp"

namespace hogwild::train {

/// Draws slices of about 64 documents from compact rows, and prefetches them.
template <class Index>
class CompactReader {
public:
    using Rows = model::CompactRows<Index>;
    using Row = typename Rows::Row;

    /// A batch of the slice. Valid until the next draw.
    class Batch {
    public:
        Batch(const CompactReader& reader, std::size_t first, std::size_t end)
            : reader_(reader), first_(first), end_(end) {}
        std::size_t size() const noexcept { return end_ - first_; }
        /// Document k, on the first pass: prefetches the next documents.
        [[gnu::always_inline]] Row next(std::size_t k) const noexcept {
            return reader_.next(first_ + k);
        }
        /// The number of document k among this rank's rows.
        std::uint32_t number(std::size_t k) const noexcept {
            return reader_.drawn_.rows[first_ + k];
        }
        /// Document k, on a further pass.
        [[gnu::always_inline]] Row operator[](std::size_t k) const noexcept {
            return Rows::row(reader_.records_[first_ + k]);
        }

    private:
        const CompactReader& reader_;
        std::size_t first_;
        std::size_t end_;
    };

    /// Neither is owned.
    CompactReader(const Rows& rows, BatchSource& source) : rows_(rows), source_(source) {}

    /// Makes slices smaller. @param documents  >= 1.
    void set_slice(std::size_t documents) noexcept { documents_ = std::min(documents, kDocuments); }

    /// Draws batches [first, end) until there are about 64 documents.
    Slice draw(std::int64_t first, std::int64_t end) {
        source_.draw(first, end, documents_, drawn_);
        // All addresses at once: they are as random as the documents, and one cache miss after
        // another would take as long as reading the records.
        records_.clear();
        for (const std::uint32_t row : drawn_.rows) records_.push_back(rows_.record(row));
        for (std::size_t k = 0; k < std::min(kAhead, records_.size()); ++k) {
            rows_.prefetch(records_[k]);
        }
        return {drawn_.batches(), records_.size(), 0.0};
    }
    [[gnu::always_inline]] Batch batch(std::size_t b) const noexcept {
        return {*this, drawn_.offsets[b], drawn_.offsets[b + 1]};
    }

private:
    static constexpr std::size_t kDocuments = 64;
    static constexpr std::size_t kAhead = 3;  ///< documents to prefetch

    [[gnu::always_inline]] Row next(std::size_t k) const noexcept {
        if (k + kAhead < records_.size()) rows_.prefetch(records_[k + kAhead]);
        return Rows::row(records_[k]);
    }

    const Rows& rows_;
    BatchSource& source_;
    std::size_t documents_ = kDocuments;
    BatchList drawn_;
    std::vector<typename Rows::RecordPointer> records_;  ///< of the slice's documents
};

/// Draws slices of one batch, for updates that sum the gradients of a batch.
class PlainReader {
public:
    class Batch {
    public:
        explicit Batch(std::span<const std::uint32_t> rows) : rows_(rows) {}
        std::size_t size() const noexcept { return rows_.size(); }
        /// Numbers of this rank's rows.
        std::span<const std::uint32_t> rows() const noexcept { return rows_; }

    private:
        std::span<const std::uint32_t> rows_;
    };

    explicit PlainReader(BatchSource& source) : source_(source) {}
    /// Draws batch `first`, which is empty beyond this rank's last batch.
    Slice draw(std::int64_t first, std::int64_t /*end*/) {
        drawn_ = source_.batch(first);
        return {1, drawn_.size(), 0.0};
    }
    Batch batch(std::size_t /*b*/) const noexcept { return Batch(drawn_); }

private:
    BatchSource& source_;
    std::span<const std::uint32_t> drawn_;
};

}  // namespace hogwild::train
