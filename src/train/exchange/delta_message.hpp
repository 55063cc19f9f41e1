#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "model/kernels.hpp"

namespace hogwild::train {

/// A change of the weights as bytes, for sending: the header, then values, counts, indices, padded
/// to eight bytes so that messages can stand one behind the other.
struct DeltaMessage {
    struct Header {
        double exponent =
            0.0;  ///< learning rate times documents: what SharedWeightDecay is charged with
        std::uint64_t documents = 0;  ///< in the batch, or batches
        std::uint64_t length = 0;     ///< changed weights
        std::uint64_t n_counts = 0;
    };
    /// A message in place; the bytes must outlive it.
    struct View {
        Header header;
        std::span<const double> value;
        std::span<const std::int64_t> counts;  ///< what the sender knew of others' progress
        std::span<const std::uint32_t> index;  ///< ascending
    };

    /// Appends a message to `out`, whose length stays a multiple of eight.
    static void pack(double exponent, std::size_t documents, std::span<const double> value,
                     std::span<const std::uint32_t> index, std::span<const std::int64_t> counts,
                     std::vector<std::byte>& out);
    /// @param bytes  at least one message, at an address that is a multiple of eight.
    static View unpack(std::span<const std::byte> bytes);
    /// Of the whole message.
    static std::size_t bytes_of(const Header& header) noexcept;
};

}  // namespace hogwild::train
