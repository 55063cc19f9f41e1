// Changes of weights as bytes and back, sums of them against a plain twin, bytes that no writer
// has written, and who owns which block. Without messages.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

#include "model/bfloat16.hpp"
#include "train/exchange/change_codec.hpp"
#include "train/exchange/change_sum.hpp"

namespace hogwild::train {
namespace {

using Bytes = std::vector<std::byte>;
constexpr std::size_t kBlock = WeightBlocks::kSize;

/// Weights of which a share has changed.
template <class Real>
std::vector<Real> random_changes(std::size_t n, double share, unsigned seed, bool bfloat16) {
    std::mt19937 random(seed);
    std::bernoulli_distribution changed(share);
    std::normal_distribution<Real> value;
    std::vector<Real> changes(n);
    for (Real& change : changes) {
        const Real v = value(random);
        if (!changed(random)) continue;
        change = bfloat16 ? static_cast<Real>(model::nearest(static_cast<float>(v)).value()) : v;
    }
    return changes;
}

template <class Real>
Bytes write_changes(const std::vector<Real>& changes, const WeightBlocks& blocks, std::size_t owner,
                    bool bfloat16) {
    Bytes out;
    const ChangeWriter<Real> writer(bfloat16);
    blocks.for_each_of(owner, [&](std::size_t block) {
        writer.append(block, blocks.of(std::span<const Real>(changes), block), out);
    });
    return out;
}

template <class Real>
std::vector<Real> read_changes(const Bytes& bytes, const WeightBlocks& blocks, bool bfloat16) {
    std::vector<Real> changes(blocks.weights());
    ChangeReader<Real> reader(bytes, blocks, bfloat16);
    while (!reader.at_end()) {
        const std::size_t begin = blocks.begin(reader.block());
        reader.next([&](std::size_t u, Real value) { changes.at(begin + u) = value; });
    }
    return changes;
}

template <class Real>
class ChangeCodec : public ::testing::Test {};
using Reals = ::testing::Types<float, double>;
TYPED_TEST_SUITE(ChangeCodec, Reals);

TYPED_TEST(ChangeCodec, ReadsWhatItWrites) {
    for (const std::size_t n : {std::size_t{1}, kBlock - 1, kBlock, 5 * kBlock + 9}) {
        const WeightBlocks blocks(n, 1);
        for (const double share : {0.0, 0.0005, 0.02, 0.3, 0.999, 1.0}) {
            for (const bool bfloat16 : {false, true}) {
                const auto changes = random_changes<TypeParam>(n, share, 3, bfloat16);
                const Bytes bytes = write_changes(changes, blocks, 0, bfloat16);
                EXPECT_EQ(read_changes<TypeParam>(bytes, blocks, bfloat16), changes)
                    << n << ", " << share;
                EXPECT_LE(bytes.size(),
                          8 * blocks.count() + n * ChangeWriter<TypeParam>::value_bytes(bfloat16));
                EXPECT_EQ(bytes.empty(),
                          std::ranges::count(changes, TypeParam{0}) == std::ssize(changes));
            }
        }
    }
}

TYPED_TEST(ChangeCodec, KeepsWhatIsNoNumber) {
    const WeightBlocks blocks(10, 1);
    std::vector<TypeParam> changes(10);
    changes[3] = std::numeric_limits<TypeParam>::infinity();
    changes[7] = std::numeric_limits<TypeParam>::quiet_NaN();
    const auto back =
        read_changes<TypeParam>(write_changes(changes, blocks, 0, false), blocks, false);
    EXPECT_EQ(back[3], changes[3]);
    EXPECT_NE(back[7], back[7]);
}

TEST(BlockForm, IsTheShortest) {
    EXPECT_EQ(shortest_form(1, kBlock, 4), BlockForm::offsets);
    EXPECT_EQ(shortest_form(255, kBlock, 4), BlockForm::offsets);
    EXPECT_EQ(shortest_form(257, kBlock, 4), BlockForm::bits);  // 514 bytes of offsets, 512 of bits
    EXPECT_EQ(shortest_form(kBlock, kBlock, 4), BlockForm::all);
    EXPECT_EQ(shortest_form(kBlock - 127, kBlock, 4), BlockForm::all);
    EXPECT_EQ(shortest_form(kBlock - 129, kBlock, 4), BlockForm::bits);
    EXPECT_EQ(shortest_form(1, 1, 4), BlockForm::all);
}

TEST(BlockForm, FewChangesAreFewBytes) {
    const WeightBlocks blocks(1U << 24U, 1);
    std::vector<float> changes(blocks.weights());
    for (std::size_t k = 0; k < 100; ++k) changes[k * k * 1600] = 1.0F;
    EXPECT_LE(write_changes(changes, blocks, 0, false).size(), 100U * (8 + 2 + 4));
}

// What comes from a network is checked: of all ways to damage a message by a byte or to cut it,
// none leads out of it or out of the weights (run with sanitizers), and all cuts are noticed.
TEST(ChangeReader, RefusesDamage) {
    const WeightBlocks blocks(3 * kBlock + 100, 1);
    std::vector<float> changes(blocks.weights());
    changes[1] = 1.0F;                                                            // offsets
    for (std::size_t u = 0; u < 600; ++u) changes[kBlock + 3 * u] = 2.0F;         // bits
    for (std::size_t u = 3 * kBlock; u < changes.size(); ++u) changes[u] = 3.0F;  // all
    const Bytes good = write_changes(changes, blocks, 0, false);
    const std::size_t first = 8 + 2 + 4;
    const std::size_t second = first + 8 + kBlock / 8 + 600 * 4;  // where blocks end
    ASSERT_EQ(good.size(), second + 8 + 100 * 4);
    for (std::size_t length = 1; length < good.size(); ++length) {
        if (length == first || length == second) continue;
        const Bytes cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length));
        EXPECT_THROW(read_changes<float>(cut, blocks, false), std::runtime_error) << length;
    }
    int noticed = 0;
    for (std::size_t at = 0; at < 700; ++at) {
        Bytes damaged = good;
        damaged[at] ^= std::byte{0xFF};
        try {
            read_changes<float>(damaged, blocks, false);
        } catch (const std::runtime_error&) {
            ++noticed;
        }
    }
    EXPECT_GT(noticed, 300);
}

TEST(WeightBlocks, EveryBlockHasOneOwner) {
    for (const std::size_t n : {std::size_t{1}, kBlock, 7 * kBlock + 1}) {
        for (const std::size_t groups : {1U, 2U, 3U, 16U}) {
            const WeightBlocks blocks(n, groups);
            std::vector<int> owners(blocks.count());
            std::size_t weights = 0;
            for (std::size_t k = 0; k < groups; ++k) {
                blocks.for_each_of(k, [&](std::size_t block) {
                    EXPECT_EQ(blocks.owner(block), k);
                    ++owners[block];
                    weights += blocks.size(block);
                });
            }
            EXPECT_EQ(owners, std::vector<int>(blocks.count(), 1));
            EXPECT_EQ(weights, n);
        }
    }
}

/// What messages between the owners come to, without messages.
template <class Real>
std::vector<Real> sum_by_owners(const std::vector<std::vector<Real>>& changes,
                                const std::vector<double>& factors, bool bfloat16,
                                std::vector<ChangeSum<Real>>& owners) {
    const std::size_t groups = changes.size();
    const WeightBlocks blocks(changes[0].size(), groups);
    std::vector<Real> all(blocks.weights());
    for (std::size_t owner = 0; owner < groups; ++owner) {
        std::vector<Bytes> messages;
        for (const auto& own : changes)
            messages.push_back(write_changes(own, blocks, owner, bfloat16));
        const std::vector<std::span<const std::byte>> views(messages.begin(), messages.end());
        std::vector<Real> sums(blocks.weights());
        Bytes out;
        const std::size_t changed = owners[owner].add_up(std::span<const Real>(changes[owner]),
                                                         views, factors, bfloat16, sums, out);
        EXPECT_EQ(read_changes<Real>(out, blocks, bfloat16), sums);
        EXPECT_EQ(changed,
                  sums.size() - static_cast<std::size_t>(std::ranges::count(sums, Real{0})));
        for (std::size_t u = 0; u < all.size(); ++u) {
            if (blocks.owner(u / kBlock) == owner) {
                all[u] = sums[u];
            } else {
                EXPECT_EQ(sums[u], 0) << "not this owner's";
            }
        }
    }
    return all;
}

template <class Real>
std::vector<ChangeSum<Real>> owners_of(std::size_t n, std::size_t groups) {
    std::vector<ChangeSum<Real>> owners;
    for (std::size_t k = 0; k < groups; ++k) owners.emplace_back(WeightBlocks(n, groups), k);
    return owners;
}

// The same bits as a sum over all weights in the order of the groups.
TYPED_TEST(ChangeCodec, SumsAreThoseOfAllWeights) {
    constexpr std::size_t kWeights = 5 * kBlock + 77;
    const std::vector<double> factors{0.3, 0.45, 0.25};
    std::vector<std::vector<TypeParam>> changes;
    for (const double share : {0.001, 0.1, 0.9}) {
        changes.push_back(random_changes<TypeParam>(kWeights, share, 5, false));
    }
    std::vector<TypeParam> twin(kWeights);
    for (std::size_t u = 0; u < kWeights; ++u) {
        double sum = 0.0;
        for (std::size_t k = 0; k < changes.size(); ++k) {
            sum += factors[k] * static_cast<double>(changes[k][u]);
        }
        twin[u] = static_cast<TypeParam>(sum);
    }
    auto owners = owners_of<TypeParam>(kWeights, changes.size());
    EXPECT_EQ(sum_by_owners(changes, factors, false, owners), twin);
}

// What is lost by rounding a sum is part of the next one.
TEST(ChangeSum, CarriesErrorsOfRounding) {
    constexpr std::size_t kWeights = 2 * kBlock;
    const auto changes = random_changes<float>(kWeights, 0.5, 7, true);
    auto owners = owners_of<float>(kWeights, 2);
    std::vector<double> received(kWeights);
    constexpr int kTimes = 100;
    for (int k = 0; k < kTimes; ++k) {
        const auto sums = sum_by_owners<float>({changes, changes}, {0.3, 0.3}, true, owners);
        for (std::size_t u = 0; u < kWeights; ++u) received[u] += static_cast<double>(sums[u]);
    }
    for (std::size_t u = 0; u < kWeights; ++u) {
        const double all = kTimes * 0.6 * static_cast<double>(changes[u]);
        EXPECT_NEAR(received[u], all, 0.01 * std::abs(static_cast<double>(changes[u])));
    }
}

TEST(ChangeSum, RefusesBlocksOfOtherOwners) {
    const WeightBlocks blocks(4 * kBlock, 2);
    const std::vector<float> changes(blocks.weights(), 1.0F);
    const Bytes wrong = write_changes(changes, blocks, 1, false);
    const std::vector<std::span<const std::byte>> messages{{}, wrong};
    const std::vector<double> factors{1.0, 1.0};
    std::vector<float> sums(blocks.weights());
    Bytes out;
    ChangeSum<float> owner(blocks, 0);
    EXPECT_THROW(owner.add_up(changes, messages, factors, false, sums, out), std::runtime_error);
}

}  // namespace
}  // namespace hogwild::train
