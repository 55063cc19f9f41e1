#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>

namespace hogwild::model {

/// The upper half of a float: its sign, its exponent, and 7 bits of its fraction.
struct Bfloat16 {
    std::uint16_t bits = 0;

    constexpr float value() const noexcept {
        return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U);
    }
    friend constexpr bool operator==(Bfloat16, Bfloat16) = default;
};

/// Stochastic rounding: up or down with probabilities such that the mean is the value itself, so
/// that steps far below the resolution add up. A value that a Bfloat16 holds stays as it is.
/// Infinity and the processor's own NaN stay, too.
/// @param noise  uniform below 2^16.
constexpr Bfloat16 rounded(float value, std::uint32_t noise) noexcept {
    return {static_cast<std::uint16_t>((std::bit_cast<std::uint32_t>(value) + noise) >> 16U)};
}

/// To the nearest, of two the one whose last bit is 0.
constexpr Bfloat16 nearest(float value) noexcept {
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
    return rounded(value, 0x7FFFU + ((bits >> 16U) & 1U));
}

/// The noise with which the weight of an entry is rounded in a step: multiples of the golden ratio
/// spread evenly, and cost an addition.
/// @param noise  uniform, another one for each step. @param k  the number of the entry.
constexpr std::uint32_t noise_of_entry(std::uint32_t noise, std::size_t k) noexcept {
    return (noise + static_cast<std::uint32_t>(k) * 0x9E3779B1U) >> 16U;
}

}  // namespace hogwild::model
