#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "data/random.hpp"
#include "model/bfloat16.hpp"

namespace hogwild::model {
namespace {

constexpr std::uint32_t kNoises = 1U << 16U;

TEST(Bfloat16, HoldsSignExponentAndSevenBits) {
    for (const float value : {0.0F, 1.0F, -1.0F, 1.0078125F, -0x1.FEp127F, 0x1.0p-126F, 1e30F}) {
        const float held = nearest(value).value();
        EXPECT_NEAR(held, value, std::abs(value) * 0x1.0p-8F);
        EXPECT_EQ(nearest(held).value(), held);
    }
    EXPECT_EQ(nearest(1.0078125F).value(), 1.0078125F);
}

TEST(Bfloat16, RoundsToTheNearestAndTiesToEven) {
    EXPECT_EQ(nearest(1.0F + 0x1.0p-9F).value(), 1.0F);
    EXPECT_EQ(nearest(1.0F + 0x1.8p-7F).value(), 1.0F + 0x1.0p-6F);  // a tie: to the even one
    EXPECT_EQ(nearest(1.0F + 0x1.0p-8F).value(), 1.0F);              // so is this
    EXPECT_EQ(nearest(-1.0F - 0x1.2p-8F).value(), -1.0F - 0x1.0p-7F);
}

/// Over all noises the mean is the value itself, to the last bit of a double.
TEST(Bfloat16, RandomRoundingHasNoBias) {
    for (const float value : {1.001F, -1.001F, 3.14159F, -1e-20F, 1.9999F, 65536.5F, 1e-6F}) {
        double sum = 0.0;
        for (std::uint32_t noise = 0; noise < kNoises; ++noise) {
            const Bfloat16 w = rounded(value, noise);
            ASSERT_NEAR(w.value(), value, std::abs(value) * 0x1.0p-7F);
            sum += static_cast<double>(w.value());
        }
        const auto exact = static_cast<double>(value);
        EXPECT_NEAR(sum / kNoises, exact, std::abs(exact) * 1e-12) << value;
    }
}

TEST(Bfloat16, WhatItHoldsStaysWithAnyNoise) {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    for (const float value : {0.0F, -0.0F, 1.0F, -1.5F, 0x1.0p-126F, kInfinity, -kInfinity}) {
        for (std::uint32_t noise = 0; noise < kNoises; ++noise) {
            ASSERT_EQ(rounded(value, noise).value(), value);
        }
    }
    for (std::uint32_t noise = 0; noise < kNoises; ++noise) {
        ASSERT_TRUE(std::isnan(rounded(std::numeric_limits<float>::quiet_NaN(), noise).value()));
    }
}

/// Steps of an eighth of what a weight resolves: rounded to the nearest, none would count.
TEST(Bfloat16, SmallStepsAddUp) {
    constexpr int kSteps = 20000;
    const data::CounterRandom random(3);
    Bfloat16 w = nearest(1.0F);
    const float step = 0x1.0p-10F;
    EXPECT_EQ(nearest(w.value() + step), w);
    for (int k = 0; k < kSteps; ++k) {
        const auto noise = static_cast<std::uint32_t>(random.bits(static_cast<std::uint64_t>(k)));
        w = rounded(w.value() + step, noise_of_entry(noise, 5));
    }
    EXPECT_NEAR(w.value(), 1.0F + kSteps * step, 2.0F);
}

/// The entries of a document, and one entry in many documents.
TEST(Bfloat16, NoiseIsUniform) {
    constexpr std::size_t kDraws = 1600;
    const data::CounterRandom random(9);
    int within[16] = {};
    int across[16] = {};
    for (std::size_t k = 0; k < kDraws; ++k) {
        ++within[noise_of_entry(12345, k) >> 12U];
        ++across[noise_of_entry(static_cast<std::uint32_t>(random.bits(k)), 7) >> 12U];
        EXPECT_LT(noise_of_entry(12345, k), kNoises);
    }
    for (std::size_t part = 0; part < 16; ++part) {
        EXPECT_NEAR(within[part], 100, 5) << "evenly spread";
        EXPECT_NEAR(across[part], 100, 50) << "random";
    }
}

}  // namespace
}  // namespace hogwild::model
