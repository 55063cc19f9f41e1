// Batches: without repetition, functions of (seed, rank, iteration), whole epochs.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "train/sampling/repeated_batches.hpp"
#include "train/sampling/sampler.hpp"

namespace hogwild::train {
namespace {

using Kind = Sampler::Kind;

std::vector<std::uint32_t> copy(std::span<const std::uint32_t> batch) {
    return {batch.begin(), batch.end()};
}

TEST(Sampler, UniformBatchesHaveNoRepetition) {
    for (const std::int64_t rows : {1, 2, 7, 100, 1000}) {
        for (const std::int64_t size : {1, 2, 99, 100, 5000}) {
            Sampler sampler({Kind::uniform, rows, size, 20, 0, 3, 1});
            for (std::int64_t t = 0; t < 20; ++t) {
                const auto batch = copy(sampler.batch(t));
                EXPECT_EQ(std::ssize(batch), std::min(size, rows));
                EXPECT_EQ(std::set(batch.begin(), batch.end()).size(), batch.size());
                EXPECT_LT(*std::ranges::max_element(batch), rows);
            }
            EXPECT_TRUE(sampler.batch(20).empty());
        }
    }
}

TEST(Sampler, UniformIsUniform) {
    Sampler sampler({Kind::uniform, 50, 10, 20'000, 0, 1, 0});
    std::map<std::uint32_t, int> count;
    for (std::int64_t t = 0; t < 20'000; ++t) {
        for (const std::uint32_t row : sampler.batch(t)) ++count[row];
    }
    // 4,000 expected each, standard deviation 57
    for (std::uint32_t row = 0; row < 50; ++row) EXPECT_NEAR(count[row], 4000, 5 * 57) << row;
}

TEST(Sampler, BatchesDependOnSeedRankAndIterationOnly) {
    for (const Kind kind : {Kind::uniform, Kind::permutation}) {
        const auto batch = [&](std::uint64_t seed, std::int64_t rank, std::int64_t t) {
            return copy(Sampler({kind, 500, 20, 100, 0, seed, rank}).batch(t));
        };
        Sampler in_order({kind, 500, 20, 100, 0, 4, 2});
        for (std::int64_t t = 0; t < 60; ++t) {
            EXPECT_EQ(copy(in_order.batch(t)), batch(4, 2, t)) << "iteration " << t;
        }
        EXPECT_NE(batch(4, 2, 7), batch(5, 2, 7));
        EXPECT_NE(batch(4, 2, 7), batch(4, 3, 7));
        EXPECT_NE(batch(4, 2, 7), batch(4, 2, 8));
    }
}

TEST(Sampler, PermutationVisitsEveryRowOnceAnEpoch) {
    Sampler sampler({Kind::permutation, 103, 10, 0, 3, 1, 0});
    EXPECT_EQ(sampler.batches(), 33);
    std::vector<std::vector<std::uint32_t>> epochs;
    for (std::int64_t epoch = 0; epoch < 3; ++epoch) {
        std::vector<std::uint32_t> seen;
        for (std::int64_t t = 11 * epoch; t < 11 * (epoch + 1); ++t) {
            EXPECT_EQ(sampler.documents_before(t), 103 * epoch + std::ssize(seen));
            const auto batch = copy(sampler.batch(t));
            seen.insert(seen.end(), batch.begin(), batch.end());
        }
        epochs.push_back(seen);
        std::ranges::sort(seen);
        for (std::uint32_t row = 0; row < 103; ++row) EXPECT_EQ(seen.at(row), row);
    }
    EXPECT_NE(epochs[0], epochs[1]);
    EXPECT_EQ(sampler.documents_before(33), 309);
    EXPECT_EQ(sampler.documents_before(99), 309);
}

/// Rows of a block are drawn one after another, and all of them once an epoch.
TEST(Sampler, BlocksAreAPermutationOfNeighbours) {
    Sampler sampler({Kind::blocks, 1000, 1, 0, 2, 1, 0, 10});
    for (std::int64_t epoch = 0; epoch < 2; ++epoch) {
        std::vector<std::uint32_t> seen;
        std::int64_t followers = 0;
        for (std::int64_t t = 1000 * epoch; t < 1000 * (epoch + 1); ++t) {
            seen.push_back(sampler.batch(t)[0]);
            followers += std::ssize(seen) > 1 && seen.back() == seen[seen.size() - 2] + 1;
        }
        EXPECT_NEAR(static_cast<double>(followers), 900.0, 10.0);
        std::ranges::sort(seen);
        for (std::uint32_t row = 0; row < 1000; ++row) EXPECT_EQ(seen.at(row), row);
    }
    Sampler single({Kind::blocks, 1000, 1, 0, 2, 1, 0, 1});
    Sampler permutation({Kind::permutation, 1000, 1, 0, 2, 1, 0, 10});
    for (std::int64_t t = 0; t < 2000; ++t) {
        EXPECT_EQ(single.batch(t)[0], permutation.batch(t)[0]) << "blocks of one row";
    }
}

TEST(Sampler, EpochsEndWithAShortBatchAndIterationsDoNot) {
    Sampler epochs({Kind::uniform, 25, 10, 0, 2, 1, 0});
    std::vector<std::size_t> sizes;
    for (std::int64_t t = 0; t < epochs.batches(); ++t) sizes.push_back(epochs.batch(t).size());
    EXPECT_EQ(sizes, (std::vector<std::size_t>{10, 10, 5, 10, 10, 5}));
    Sampler iterations({Kind::uniform, 25, 10, 6, 0, 1, 0});
    EXPECT_EQ(iterations.documents_before(6), 60);
}

TEST(Sampler, NoRowsNoBatches) {
    Sampler sampler({Kind::uniform, 0, 10, 100, 0, 1, 0});
    EXPECT_EQ(sampler.batches(), 0);
    EXPECT_TRUE(sampler.batch(0).empty());
    EXPECT_EQ(sampler.documents_before(50), 0);
}

/// Batches drawn together equal batches drawn one by one.
TEST(BatchSource, DrawsWhatBatchesHold) {
    for (const Kind kind : {Kind::uniform, Kind::permutation, Kind::blocks}) {
        for (const std::int64_t size : {1, 3}) {
            for (const std::int64_t copies : {1, 4}) {
                const Sampler::Plan plan{kind, 50, size, 0, 5, 3, 1, 8};
                Sampler single(plan);
                RepeatedBatches expected(std::make_unique<Sampler>(plan), 50, copies, 7);
                RepeatedBatches source(std::make_unique<Sampler>(plan), 50, copies, 7);
                BatchList list;
                std::int64_t next = 0;
                for (const std::int64_t last = source.batches() - 1; next < last;) {
                    source.draw(next, last, 16, list);
                    ASSERT_GT(list.batches(), 0U);
                    EXPECT_LT(list.rows.size(), 16U + 3U);
                    for (std::size_t b = 0; b < list.batches(); ++b) {
                        const auto rows = list.rows.begin();
                        const std::vector<std::uint32_t> batch(
                            rows + static_cast<std::ptrdiff_t>(list.offsets[b]),
                            rows + static_cast<std::ptrdiff_t>(list.offsets[b + 1]));
                        EXPECT_EQ(batch, copy(expected.batch(next++)));
                    }
                    EXPECT_EQ(list.offsets.front(), 0U);
                    EXPECT_EQ(list.offsets.back(), list.rows.size());
                }
                EXPECT_EQ(next, source.batches() - 1) << "the end is kept to";
            }
        }
    }
}

TEST(RepeatedBatches, TakeTurnsAmongTheCopies) {
    const Sampler::Plan plan{Kind::permutation, 10, 4, 0, 5, 3, 1};  // batches of 4, 4, 2
    Sampler once(plan);
    RepeatedBatches repeated(std::make_unique<Sampler>(plan), 10, 3, 3);
    ASSERT_EQ(repeated.batches(), once.batches());
    for (std::int64_t t = 0; t <= once.batches(); ++t) {
        std::vector<std::uint32_t> expected = copy(once.batch(t));
        for (std::uint32_t& row : expected) row += static_cast<std::uint32_t>(t / 3 % 3 * 10);
        EXPECT_EQ(copy(repeated.batch(t)), expected) << "iteration " << t;
        EXPECT_EQ(repeated.documents_before(t), once.documents_before(t));
    }
}

TEST(RepeatedBatches, OfNoRows) {
    RepeatedBatches none(std::make_unique<Sampler>(Sampler::Plan{Kind::uniform, 0, 4, 9, 0, 3, 1}),
                         0, 3, 1);
    EXPECT_EQ(none.batches(), 0);
    EXPECT_TRUE(none.batch(0).empty());
}

}  // namespace
}  // namespace hogwild::train
