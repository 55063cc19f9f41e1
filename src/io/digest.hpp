#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace hogwild::io {

/// A streaming XXH3 digest (64 bits): detects damaged or exchanged data, but not malice.
class Digest {
public:
    Digest();
    Digest(Digest&&) noexcept;
    Digest& operator=(Digest&&) noexcept;
    ~Digest();
    void update(const void* bytes, std::size_t count);
    template <class T>
    void update(std::span<const T> values) {
        update(values.data(), values.size_bytes());
    }
    /// 16 hexadecimal digits.
    std::string hex() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// The XXH3 digest of bytes in memory.
std::uint64_t digest_of(std::span<const std::byte> bytes);

}  // namespace hogwild::io
