#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "model/bfloat16.hpp"

/// Weights of a row of a weight matrix, which are floats or Bfloat16.
namespace hogwild::train {

inline float value_of(float weight) noexcept { return weight; }
inline float value_of(model::Bfloat16 weight) noexcept { return weight.value(); }

/// @param value  of a weight. @param noise  see model::rounded().
inline void set(float& weight, float value, std::uint32_t /*noise*/) noexcept { weight = value; }
inline void set(model::Bfloat16& weight, float value, std::uint32_t noise) noexcept {
    weight = model::rounded(value, noise);
}

/// row[o] *= factors[o]. Replaces subnormal numbers by 0: computing with them is slow. A weight
/// whose factor is 1 keeps its bits.
template <class Weight>
void multiply_row(std::span<Weight> row, std::span<const float> factors,
                  std::uint32_t noise) noexcept {
    for (std::size_t o = 0; o < row.size(); ++o) {
        const float product = value_of(row[o]) * factors[o];
        const bool is_subnormal =
            factors[o] != 1.0F && std::abs(product) < std::numeric_limits<float>::min();
        set(row[o], is_subnormal ? 0.0F : product, noise);
    }
}

}  // namespace hogwild::train
