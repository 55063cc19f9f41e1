#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "data/large_page_allocator.hpp"
#include "data/rows.hpp"

namespace hogwild::model {

/// Documents in the layout of the kernels that read one document at a time, in random order. Each
/// document is one contiguous record; indices have 16 bits where they fit.
///
/// A record holds a header, then the values, then the indices. Entries of the first `n_hot`
/// features come first, padded with zeros at index `n_hot` to a multiple of kLanes: the loop over
/// them has no remainder, whose length a processor would often mispredict.
/// @tparam Index  std::uint16_t or std::uint32_t.
template <class Index>
class CompactRows {
public:
    static constexpr std::size_t kLanes = 4;

    /// A part of a document's entries.
    struct Entries {
        std::span<const Index> index;
        std::span<const float> value;
    };
    struct Row {
        Entries hot;
        Entries cold;
        float y;  ///< the document's weight with the sign of its label

        /// -1 or +1.
        float sign() const noexcept { return std::copysign(1.0F, y); }
    };
    /// Address of a document's record, which allows to prefetch the record.
    using RecordPointer = const std::byte*;

    /// Without rows. @param n_hot  number of hot features; Index can represent it and all features.
    explicit CompactRows(std::size_t n_hot = 0) : n_hot_(n_hot) {}

    /// Appends all of `rows`, which are as append() requires.
    CompactRows(const data::Rows& rows, std::size_t n_hot) : CompactRows(n_hot) {
        reserve(rows.size(), rows.nonzeros());
        for (std::int64_t i = 0; i < rows.size(); ++i) {
            append(rows.row(i), rows.label(i), rows.weight(i));
        }
    }

    std::size_t size() const noexcept { return start_.size(); }
    std::int64_t nonzeros() const noexcept { return nonzeros_; }
    std::size_t n_hot() const noexcept { return n_hot_; }

    /// Reserves memory, slightly more than needed, since the number of padding zeros is unknown.
    void reserve(std::int64_t rows, std::int64_t nonzeros);
    /// @param x  has the entries of features below `n_hot` first, and no feature twice.
    void append(data::SparseRow x, int y, float weight = 1.0F);
    /// Appends record i of other rows, which have the same `n_hot`.
    void append(const CompactRows& other, std::size_t i);
    /// Appends all records of other rows, which have the same `n_hot`.
    /// @param records, starts  what records() and starts() of the others give.
    void append(std::span<const std::byte> records, std::span<const std::size_t> starts,
                std::int64_t nonzeros);
    /// Removes all rows and keeps the memory.
    void clear() noexcept {
        bytes_.clear();
        start_.clear();
        nonzeros_ = 0;
    }
    /// Sets all weights to 1.
    void forget_weights() noexcept;
    /// Labels document i +1 or -1. Its weight stays.
    void set_label(std::size_t i, bool positive) noexcept {
        float& y = reinterpret_cast<Header*>(bytes_.data() + start_[i])->y;
        y = std::copysign(y, positive ? 1.0F : -1.0F);
    }
    /// Multiplies every value by the factor of its feature. @param factors  also one at `n_hot`.
    void scale(std::span<const double> factors) noexcept;
    /// Appends the documents [first, end) to plain rows, without padding.
    void copy_to(data::Rows& rows, std::int64_t first, std::int64_t end) const;

    RecordPointer record(std::size_t i) const noexcept { return bytes_.data() + start_[i]; }
    static Row row(RecordPointer record) noexcept {
        const Header& header = *reinterpret_cast<const Header*>(record);
        const std::size_t hot = header.n_hot;
        const std::size_t cold = header.n_cold;
        const auto* value = reinterpret_cast<const float*>(record + sizeof(Header));
        const auto* index = reinterpret_cast<const Index*>(value + hot + cold);
        return {{{index, hot}, {value, hot}}, {{index + hot, cold}, {value + hot, cold}}, header.y};
    }
    Row row(std::size_t i) const noexcept { return row(record(i)); }
    /// All records, one after another.
    std::span<const std::byte> records() const noexcept { return bytes_; }
    /// Where each record begins.
    std::span<const std::size_t> starts() const noexcept { return start_; }
    /// Bytes that one pass over all documents reads: the records and their offsets.
    std::int64_t bytes() const noexcept {
        return static_cast<std::int64_t>(bytes_.size() + start_.size() * sizeof start_[0]);
    }
    /// Prefetches the average record length, a constant trip count. Using the record's own length
    /// costs a branch misprediction per document; the rest of a long record is fetched by the
    /// processor once it reads sequentially.
    /// Always inlined: GCC 12 deletes calls of functions that only prefetch (-fipa-modref takes
    /// them for pure), and training takes two to three times as long. tests/prefetch.sh checks.
    [[gnu::always_inline]] void prefetch(RecordPointer record) const noexcept {
        for (std::ptrdiff_t k = 0; k < lines_; ++k) __builtin_prefetch(record + k * kLine);
    }

private:
    struct Header {
        std::uint32_t n_hot;
        std::uint32_t n_cold;
        float y;
    };
    static constexpr std::ptrdiff_t kLine = 64;  ///< bytes of a cache line
    static std::size_t record_bytes(std::size_t entries) noexcept {
        const std::size_t bytes = sizeof(Header) + entries * (sizeof(float) + sizeof(Index));
        return (bytes + alignof(Header) - 1) / alignof(Header) * alignof(Header);
    }

    std::byte* extend(std::size_t record);
    void set_lines() noexcept;
    std::size_t record_end(std::size_t i) const noexcept {
        return i + 1 < start_.size() ? start_[i + 1] : bytes_.size();
    }

    std::size_t n_hot_;
    std::vector<std::byte, data::LargePageAllocator<std::byte>> bytes_;
    std::vector<std::size_t> start_;  ///< offset of each record
    std::int64_t nonzeros_ = 0;
    std::ptrdiff_t lines_ = 0;  ///< cache lines of a record, on average
};

}  // namespace hogwild::model
