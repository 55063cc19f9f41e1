#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "hogwild/data/large_page_allocator.hpp"
#include "hogwild/data/rows.hpp"

namespace hogwild::model {

/// Documents as the per-document kernels read them, in random order: one record each, so that a
/// document is one run of memory; indices in 16 bits where they fit.
///
/// A record holds a header, then the indices, then the values. Entries of the first `n_hot`
/// features come first.
/// @tparam Index  std::uint16_t or std::uint32_t.
template <class Index>
class CompactRows {
public:
    /// A part of a document's entries.
    struct Entries {
        std::span<const Index> index;
        std::span<const float> value;
    };
    struct Row {
        Entries hot;
        Entries cold;
        int y;
    };

    /// @param rows  entries of features below `n_hot` first in every row; all below Index's range.
    CompactRows(const data::Rows& rows, std::size_t n_hot);

    Row row(std::size_t i) const noexcept {
        const std::byte* at = bytes_.data() + start_[i];
        const Header header = *reinterpret_cast<const Header*>(at);
        const std::size_t n = header.n_hot + header.n_cold;
        const auto* index = reinterpret_cast<const Index*>(at + sizeof header);
        const auto* value = reinterpret_cast<const float*>(at + sizeof header + index_bytes(n));
        return {{{index, header.n_hot}, {value, header.n_hot}},
                {{index + header.n_hot, header.n_cold}, {value + header.n_hot, header.n_cold}},
                header.y};
    }
    /// What one pass over all documents reads: records with their indices, values and labels, and
    /// where they start.
    std::int64_t bytes() const noexcept {
        return static_cast<std::int64_t>(bytes_.size() + start_.size() * sizeof start_[0]);
    }
    /// Asks for a document before it is needed.
    void prefetch(std::size_t i) const noexcept {
        constexpr std::size_t kLine = 64;
        for (std::size_t at = start_[i]; at < start_[i + 1]; at += kLine) {
            __builtin_prefetch(bytes_.data() + at);
        }
    }

private:
    struct Header {
        std::uint32_t n_hot;
        std::uint32_t n_cold;
        std::int32_t y;
    };
    static std::size_t index_bytes(std::size_t n) noexcept {
        return (n * sizeof(Index) + alignof(float) - 1) / alignof(float) * alignof(float);
    }

    std::vector<std::byte, data::LargePageAllocator<std::byte>> bytes_;
    std::vector<std::size_t> start_;  ///< of each record; then the end
};

}  // namespace hogwild::model
