#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <stdexcept>
#include <string_view>

namespace hogwild::io {

/// Compressed data that do not follow their format.
class DamagedStream : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Unpacks the content of one compressed file, which may hold several members (streams, frames),
/// one after the other. All checksums of the format are verified.
class Decompressor {
public:
    virtual ~Decompressor() = default;
    /// Unpacks from the front of `in` to the front of `out`, and takes from both what was used.
    /// @param last  `in` holds all that is left of the file.
    /// @throws DamagedStream; std::bad_alloc.
    virtual void step(std::span<const std::byte>& in, std::span<std::byte>& out, bool last) = 0;
    /// True between members: the file may end here.
    virtual bool may_end() const noexcept = 0;
};

/// The decompressor for a file that begins with these bytes: gzip, bzip2, xz or Zstandard.
/// @return null when it is none of them.
std::unique_ptr<Decompressor> make_decompressor(std::string_view head);

}  // namespace hogwild::io
