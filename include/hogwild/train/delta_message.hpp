#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "hogwild/model/kernels.hpp"

namespace hogwild::train {

/// A batch's change as bytes, for sending: the header, then values, then indices, padded to eight
/// bytes so that messages can stand one behind the other.
struct DeltaMessage {
    struct Header {
        double exponent = 0.0;        ///< learning rate times documents: what Decay is charged with
        std::uint64_t documents = 0;  ///< in the batch
        std::uint64_t length = 0;     ///< changed weights
    };
    /// A message in place; the bytes must outlive it.
    struct View {
        Header header;
        std::span<const double> value;
        std::span<const std::uint32_t> index;  ///< ascending
    };

    /// Replaces `out`.
    static void pack(double exponent, std::size_t documents, const model::SparseDelta& delta,
                     std::vector<std::byte>& out);
    /// @param bytes  at least one message, at an address that is a multiple of eight.
    static View unpack(std::span<const std::byte> bytes);
    static void unpack(std::span<const std::byte> bytes, model::SparseDelta& out);
};

}  // namespace hogwild::train
