#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "data/large_page_allocator.hpp"
#include "data/rows.hpp"

namespace hogwild::model {

/// Documents as the per-document kernels read them, in random order: one record each, so that a
/// document is one run of memory; indices in 16 bits where they fit.
///
/// A record holds a header, then the values, then the indices. Entries of the first `n_hot`
/// features come first; zeros at index `n_hot` make their number a multiple of kLanes, so that the
/// loop over them has no remainder, whose length no processor can foresee.
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
        float y;  ///< -1 or +1
    };
    /// Where a document's record is, so that it can be looked up before it is needed.
    using RecordPointer = const std::byte*;

    /// None. @param n_hot  within Index's range, as all features are.
    explicit CompactRows(std::size_t n_hot = 0) : n_hot_(n_hot) {}

    /// All of `rows`, as append() wants them.
    CompactRows(const data::Rows& rows, std::size_t n_hot) : CompactRows(n_hot) {
        reserve(rows.size(), rows.nonzeros());
        for (std::int64_t i = 0; i < rows.size(); ++i) append(rows.row(i), rows.label(i));
    }

    std::size_t size() const noexcept { return start_.size(); }
    std::int64_t nonzeros() const noexcept { return nonzeros_; }
    std::size_t n_hot() const noexcept { return n_hot_; }

    /// Room, and a little more: how many zeros there will be is not known.
    void reserve(std::int64_t rows, std::int64_t nonzeros);
    /// @param x  entries of features below `n_hot` first, none twice.
    void append(data::SparseRow x, int y);
    /// Record i of rows with the same `n_hot`.
    void append(const CompactRows& other, std::size_t i);
    /// Appends the documents [first, end) as they were.
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
    /// What one pass over all documents reads: records with their indices, values and labels, and
    /// where they start.
    std::int64_t bytes() const noexcept {
        return static_cast<std::int64_t>(bytes_.size() + start_.size() * sizeof start_[0]);
    }
    /// Asks for a document before it is needed: for as much as documents have on average. To ask
    /// for this document's own length would cost more, since no processor can foresee when such a
    /// loop ends, and what is missing of a long one the processor fetches once it reads along.
    /// Always inlined: GCC 12 deletes calls of functions that only prefetch (-fipa-modref takes
    /// them for pure), and training takes two to three times as long. tests/prefetch.sh looks.
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
    std::size_t record_end(std::size_t i) const noexcept {
        return i + 1 < start_.size() ? start_[i + 1] : bytes_.size();
    }

    std::size_t n_hot_;
    std::vector<std::byte, data::LargePageAllocator<std::byte>> bytes_;
    std::vector<std::size_t> start_;  ///< of each record
    std::int64_t nonzeros_ = 0;
    std::ptrdiff_t lines_ = 0;  ///< of a record, on average
};

}  // namespace hogwild::model
