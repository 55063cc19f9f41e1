#include "io/digest.hpp"

#include <fmt/core.h>
#include <xxhash.h>

#include <new>

namespace hogwild::io {

struct Digest::State {
    XXH3_state_t* xxh = XXH3_createState();
    ~State() { XXH3_freeState(xxh); }
};

Digest::Digest() : state_(std::make_unique<State>()) {
    if (state_->xxh == nullptr || XXH3_64bits_reset(state_->xxh) != XXH_OK) throw std::bad_alloc();
}
Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;
Digest::~Digest() = default;

void Digest::update(const void* bytes, std::size_t count) {
    if (count > 0) XXH3_64bits_update(state_->xxh, bytes, count);
}

std::string Digest::hex() const { return fmt::format("{:016x}", XXH3_64bits_digest(state_->xxh)); }

std::uint64_t digest_of(std::span<const std::byte> bytes) {
    return XXH3_64bits(bytes.data(), bytes.size());
}

}  // namespace hogwild::io
