#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace hogwild::io {

/// Bytes that are read once from front to back.
class ByteStream {
public:
    virtual ~ByteStream() = default;
    /// As many bytes as there are in all.
    virtual std::int64_t size() const noexcept = 0;
    /// Fills `out`, or less at the end. @throws Error: bad_data on damage; io.
    virtual std::size_t read(std::span<std::byte> out) = 0;
    /// For messages.
    const std::string& name() const noexcept { return name_; }
    /// Fills `out`. @throws Error: bad_data where the bytes end before; also as read().
    void read_exactly(std::span<std::byte> out);

protected:
    explicit ByteStream(std::string name) : name_(std::move(name)) {}

private:
    std::string name_;
};

/// The bytes of a regular file. @throws Error: no_input.
std::unique_ptr<ByteStream> open_bytes(const std::string& path);
/// XXH3 of a regular file as it is stored. @throws Error: no_input; io.
std::string digest_of(const std::string& path);

}  // namespace hogwild::io
