#pragma once
#include <cstdint>

namespace hogwild::data {

/// One round of a strong 64-bit mixer (Stafford's variant 13, used by SplitMix64).
constexpr std::uint64_t mix64(std::uint64_t x) noexcept {
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
    return x ^ (x >> 31);
}

/// Random numbers as a pure function of where they are used: (keys..., position) -> 64 bits.
///
/// Nothing is stored between draws, so any run can be resumed at any point and with any number
/// of ranks. Two streams with different keys are unrelated for all practical purposes.
/// (Steele, Lea, Flood 2014, doi:10.1145/2660193.2660195, is the generator behind it.)
class CounterRandom {
public:
    template <class... Keys>
    explicit constexpr CounterRandom(std::uint64_t seed, Keys... keys) noexcept
        : key_(mix64(seed + kGamma)) {
        (add(static_cast<std::uint64_t>(keys)), ...);
    }

    /// The stream of these keys and one more.
    constexpr CounterRandom with(std::uint64_t key) const noexcept {
        CounterRandom next = *this;
        next.add(key);
        return next;
    }

    /// 64 uniform bits for `position`.
    constexpr std::uint64_t bits(std::uint64_t position) const noexcept {
        return mix64(key_ + (position + 1) * kGamma);
    }

    /// Uniform in [0, n), n > 0. The bias is below n / 2^64.
    constexpr std::uint64_t below(std::uint64_t position, std::uint64_t n) const noexcept {
        __extension__ using Wide = unsigned __int128;
        return static_cast<std::uint64_t>((static_cast<Wide>(bits(position)) * n) >> 64);
    }

    /// Uniform in [0, 1), 53 bits.
    constexpr double unit(std::uint64_t position) const noexcept {
        return static_cast<double>(bits(position) >> 11) * 0x1.0p-53;
    }

private:
    constexpr void add(std::uint64_t key) noexcept {
        // tripled, so that swapping seed and first key gives another stream
        key_ = mix64(3 * key_ ^ mix64(key + kGamma));
    }

    static constexpr std::uint64_t kGamma = 0x9E3779B97F4A7C15ULL;
    std::uint64_t key_;
};

}  // namespace hogwild::data
