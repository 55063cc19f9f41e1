#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "model/kernels.hpp"

namespace hogwild::train {

/// A change of the weights as bytes, for sending: header, values, counts and indices, padded to a
/// multiple of eight bytes, so that messages can be concatenated.
struct DeltaMessage {
    struct Header {
        double step_sum = 0.0;        ///< learning rate times documents
        std::uint64_t documents = 0;  ///< documents of the batch, or batches
        std::uint64_t length = 0;     ///< changed weights
        std::uint64_t n_counts = 0;
    };
    /// A view of a message; the bytes must outlive it.
    struct View {
        Header header;
        std::span<const double> value;
        std::span<const std::int64_t> counts;  ///< progress of other ranks as the sender knew it
        std::span<const std::uint32_t> index;  ///< ascending
    };

    /// Appends a message to `out`, whose length stays a multiple of eight.
    static void pack(double step_sum, std::size_t documents, std::span<const double> value,
                     std::span<const std::uint32_t> index, std::span<const std::int64_t> counts,
                     std::vector<std::byte>& out);
    /// @param bytes  at least one message, at an address that is a multiple of eight.
    static View unpack(std::span<const std::byte> bytes);
    /// Size of the whole message.
    static std::size_t bytes_of(const Header& header) noexcept;
};

}  // namespace hogwild::train
