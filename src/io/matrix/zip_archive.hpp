#pragma once
#include <memory>
#include <string>

#include "io/matrix/byte_stream.hpp"

struct zip;  // of libzip

namespace hogwild::io {

/// A ZIP archive whose members are read by libzip: stored or deflated, not encrypted.
class ZipArchive {
public:
    /// @throws Error: no_input; bad_data for what is no sound archive.
    explicit ZipArchive(const std::string& path);

    bool has(const std::string& member) const;
    /// A member from its first byte on; several may be read at the same time, while this object
    /// lives. Its checksum is compared when its last byte is read.
    /// @throws Error: bad_data where it is missing, packed in another way, or claims to be larger
    ///         than its bytes in the file can be.
    std::unique_ptr<ByteStream> open(const std::string& member) const;

private:
    struct Close {
        void operator()(zip* archive) const noexcept;
    };
    std::string path_;
    std::int64_t file_size_ = 0;
    std::unique_ptr<zip, Close> archive_;
};

}  // namespace hogwild::io
