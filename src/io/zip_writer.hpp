#pragma once
#include <span>
#include <string>

namespace hogwild::io {

/// A file in an archive.
struct ZipMember {
    std::string name;
    std::string content;
};

/// A zip archive in memory, its members stored as they are.
/// @throws Error: io.
std::string zip_archive_of(std::span<const ZipMember> members);

}  // namespace hogwild::io
