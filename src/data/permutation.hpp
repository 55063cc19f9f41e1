#pragma once
#include <cstdint>

#include "data/random.hpp"

namespace hogwild::data {

/// A pseudo-random permutation of 0 .. n-1, computed element by element in constant memory.
///
/// A balanced Feistel network over the smallest even number of bits that holds n, walked until
/// the image falls below n (Black and Rogaway 2002, doi:10.1007/3-540-45760-7_9); fewer than four
/// walks on average.
class Permutation {
public:
    /// @param n     size of the set, >= 0.
    /// @param seed  with `n` the only thing the permutation depends on.
    constexpr Permutation(std::int64_t n, std::uint64_t seed) noexcept
        : n_(static_cast<std::uint64_t>(n)), round_(seed, 0x7065726dULL) {
        while (half_bits_ < 32 && (std::uint64_t{1} << (2 * half_bits_)) < n_) ++half_bits_;
    }

    /// Image of `i`, for 0 <= i < n.
    constexpr std::int64_t operator()(std::int64_t i) const noexcept {
        auto x = static_cast<std::uint64_t>(i);
        do x = encrypt(x);
        while (x >= n_);
        return static_cast<std::int64_t>(x);
    }

    /// The element whose image is `i`, for 0 <= i < n.
    constexpr std::int64_t inverse(std::int64_t i) const noexcept {
        auto x = static_cast<std::uint64_t>(i);
        do x = decrypt(x);
        while (x >= n_);
        return static_cast<std::int64_t>(x);
    }

private:
    constexpr std::uint64_t encrypt(std::uint64_t x) const noexcept {
        const std::uint64_t mask = (std::uint64_t{1} << half_bits_) - 1;
        std::uint64_t left = x >> half_bits_;
        std::uint64_t right = x & mask;
        for (std::uint64_t r = 0; r < kRounds; ++r) {
            const std::uint64_t next = left ^ (round_.bits((r << 32) | right) & mask);
            left = right;
            right = next;
        }
        return (left << half_bits_) | right;
    }
    constexpr std::uint64_t decrypt(std::uint64_t x) const noexcept {
        const std::uint64_t mask = (std::uint64_t{1} << half_bits_) - 1;
        std::uint64_t left = x >> half_bits_;
        std::uint64_t right = x & mask;
        for (std::uint64_t r = kRounds; r-- > 0;) {
            const std::uint64_t before = right ^ (round_.bits((r << 32) | left) & mask);
            right = left;
            left = before;
        }
        return (left << half_bits_) | right;
    }

    static constexpr std::uint64_t kRounds = 7;
    std::uint64_t n_;
    CounterRandom round_;
    unsigned half_bits_ = 4;  ///< fewer bits mix badly; small sets can afford to walk
};

}  // namespace hogwild::data
