#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "io/descriptor.hpp"

namespace hogwild::io {

/// Keeps blocks of bytes in an unnamed temporary file, and gives them back as often as asked.
class BlockStore {
public:
    /// @param folder  of the file. @throws Error: cannot_create.
    explicit BlockStore(const std::string& folder);

    bool has(std::int64_t key) const { return places_.contains(key); }
    /// @pre !has(key). @throws Error: io, resource.
    void put(std::int64_t key, std::span<const std::byte> block);
    /// The block, as it was put. Valid until the next call. @pre has(key).
    /// @throws Error: io if it cannot be read or has changed.
    std::span<const std::byte> get(std::int64_t key);

private:
    struct Place {
        std::int64_t offset;
        std::size_t bytes;
        std::uint64_t digest;
    };

    std::string folder_;  ///< for messages
    Descriptor file_;
    std::int64_t end_ = 0;
    std::unordered_map<std::int64_t, Place> places_;
    std::vector<std::byte> block_;
};

}  // namespace hogwild::io
