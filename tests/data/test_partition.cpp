#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <vector>

#include "data/partition.hpp"
#include "data/random.hpp"

namespace hogwild::data {
namespace {

// --- equal_part ---------------------------------------------------------------------------------

TEST(EqualPart, CoversInOrderWithSizesThatDifferByAtMostOne) {
    for (const std::int64_t n : {0LL, 1LL, 2LL, 7LL, 100LL, 101LL, 804414LL, 1'000'000'000'003LL}) {
        for (const std::int64_t parts : {1, 2, 3, 7, 8, 64, 1000}) {
            std::int64_t next = 0;
            for (std::int64_t part = 0; part < parts; ++part) {
                const Range range = equal_part(n, parts, part);
                ASSERT_EQ(range.begin, next) << n << " / " << parts << ", part " << part;
                EXPECT_GE(range.size(), n / parts);
                EXPECT_LE(range.size(), n / parts + (n % parts != 0 ? 1 : 0));
                next = range.end;
            }
            EXPECT_EQ(next, n) << n << " / " << parts;
        }
    }
}

TEST(EqualPart, DoesNotOverflow) {
    constexpr std::int64_t kRows = std::int64_t{1} << 62;
    const Range last = equal_part(kRows, 99'999, 99'998);
    EXPECT_EQ(last.end, kRows);
    EXPECT_NEAR(static_cast<double>(last.size()), static_cast<double>(kRows) / 99'999.0, 1024.0);
}

// --- RowDeal ------------------------------------------------------------------------------------

constexpr std::int64_t kLarge = 300'000;  // rows: units are not single rows any more

/// Equal numbers of rows for all parts.
std::vector<std::vector<Range>> deal(std::int64_t rows, int parts, std::uint64_t seed) {
    const RowDeal order(rows, parts, seed);
    std::vector<std::vector<Range>> dealt;
    for (int part = 0; part < parts; ++part) {
        dealt.push_back(order.ranges(equal_part(rows, parts, part)));
    }
    return dealt;
}

/// The share of a part's rows that are of a kind.
template <class IsOfKind>
double share(const std::vector<Range>& part, const IsOfKind& is_of_kind) {
    std::int64_t rows = 0;
    std::int64_t of_kind = 0;
    for (const Range& range : part) {
        rows += range.size();
        for (std::int64_t row = range.begin; row < range.end; ++row) {
            of_kind += is_of_kind(row) ? 1 : 0;
        }
    }
    return static_cast<double>(of_kind) / static_cast<double>(rows);
}

TEST(RowDeal, EveryRowBelongsToExactlyOnePart) {
    for (const std::int64_t rows : {0LL, 1LL, 2LL, 7LL, 1000LL, 65'536LL, 65'537LL, 1'000'003LL}) {
        for (const int parts : {1, 2, 3, 8, 100}) {
            SCOPED_TRACE(std::to_string(rows) + " rows, " + std::to_string(parts) + " parts");
            std::vector<char> seen(static_cast<std::size_t>(rows));
            for (const std::vector<Range>& part : deal(rows, parts, 4)) {
                std::int64_t last = -1;
                for (const Range& range : part) {
                    EXPECT_GT(range.begin, last) << "ascending, and no two ranges that touch";
                    for (std::int64_t row = range.begin; row < range.end; ++row) {
                        ++seen[static_cast<std::size_t>(row)];
                    }
                    last = range.end;
                }
            }
            EXPECT_EQ(std::ranges::count(seen, 1), rows);
        }
    }
}

TEST(RowDeal, RangesHoldTheRowsAtTheirPositions) {
    for (const std::int64_t rows : {1000LL, 100'000LL}) {
        const RowDeal order(rows, 3, 9);
        std::vector<std::int64_t> expected;
        for (std::int64_t position = 123; position < rows / 2; ++position) {
            expected.push_back(order(position));
        }
        std::ranges::sort(expected);
        std::vector<std::int64_t> found;
        for (const Range& range : order.ranges({123, rows / 2})) {
            for (std::int64_t row = range.begin; row < range.end; ++row) found.push_back(row);
        }
        EXPECT_EQ(found, expected);
    }
}

TEST(RowDeal, OnePartHasTheOrderOfTheFile) {
    for (const RowDeal& order : {RowDeal(kLarge), RowDeal(kLarge, 1, 5)}) {
        EXPECT_EQ(order(kLarge - 1), kLarge - 1);
        const std::vector<Range> all = order.ranges({0, kLarge});
        ASSERT_EQ(std::ssize(all), 1);
        EXPECT_EQ(all.front().begin, 0);
        EXPECT_EQ(all.front().end, kLarge);
    }
}

TEST(RowDeal, EachSeedDealsInItsOwnWay) {
    const auto first_rows = [](std::uint64_t seed) {
        const RowDeal order(1000, 2, seed);
        std::vector<std::int64_t> rows;
        for (std::int64_t position = 0; position < 50; ++position) rows.push_back(order(position));
        return rows;
    };
    EXPECT_EQ(first_rows(1), first_rows(1));
    EXPECT_NE(first_rows(1), first_rows(2));
}

TEST(RowDeal, PartsOfALargeFileAreReadInPieces) {
    for (const std::vector<Range>& part : deal(kLarge, 8, 1)) {
        const auto short_ones =
            std::ranges::count_if(part, [](const Range& range) { return range.size() < 512; });
        EXPECT_LE(short_ones, 3) << "both ends of the part, and the end of the file";
    }
}

/// Whatever order the file has, each part sees about the same documents.
TEST(RowDeal, PartsAreAlike) {
    for (const std::int64_t rows : {std::int64_t{6000}, kLarge}) {
        const auto second_half = [&](std::int64_t row) { return row >= rows / 2; };
        const auto last_tenth = [&](std::int64_t row) { return row >= rows - rows / 10; };
        const auto odd = [](std::int64_t row) { return row % 2 != 0; };
        const auto third = [](std::int64_t row) { return row % 3 == 0; };
        const auto eighth = [](std::int64_t row) { return row % 8 == 0; };
        for (const int parts : {2, 3, 8}) {
            for (std::uint64_t seed = 0; seed < 20; ++seed) {
                for (const std::vector<Range>& part : deal(rows, parts, seed)) {
                    SCOPED_TRACE(std::to_string(rows) + " rows, " + std::to_string(parts) +
                                 " parts, seed " + std::to_string(seed));
                    EXPECT_NEAR(share(part, second_half), 0.5, 0.03);
                    EXPECT_NEAR(share(part, last_tenth), 0.1, 0.03);
                    EXPECT_NEAR(share(part, odd), 0.5, 0.1);  // 4.5 deviations of 750 rows
                    EXPECT_NEAR(share(part, third), 1.0 / 3.0, 0.09);
                    EXPECT_NEAR(share(part, eighth), 0.125, 0.07);
                }
            }
        }
    }
}

TEST(Joined, TakesWhatLiesBetween) {
    const std::vector<Range> ranges{{0, 2}, {2, 3}, {5, 6}, {20, 30}};
    const auto ends = [](const std::vector<Range>& of) {
        std::vector<std::int64_t> numbers;
        for (const Range& range : of) numbers.insert(numbers.end(), {range.begin, range.end});
        return numbers;
    };
    EXPECT_EQ(ends(joined(ranges, 0)), (std::vector<std::int64_t>{0, 3, 5, 6, 20, 30}));
    EXPECT_EQ(ends(joined(ranges, 2)), (std::vector<std::int64_t>{0, 6, 20, 30}));
    EXPECT_EQ(ends(joined(ranges, 14)), (std::vector<std::int64_t>{0, 30}));
    EXPECT_TRUE(joined({}, 5).empty());
    EXPECT_EQ(numbers_in(ranges),
              (std::vector<std::int64_t>{0, 1, 2, 5, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29}));
}

// --- ValidationSplit ----------------------------------------------------------------------------

/// Ascending.
std::vector<std::int64_t> held_out(const ValidationSplit& split) {
    std::vector<std::int64_t> rows;
    for (std::int64_t k = 0; k < split.validation_rows(); ++k) rows.push_back(split.held_out(k));
    std::ranges::sort(rows);
    return rows;
}

TEST(ValidationSplit, HoldsOutExactlyTheRoundedFraction) {
    struct Case {
        std::int64_t rows;
        double fraction;
        std::int64_t expected;
    };
    for (const Case& c :
         {Case{0, 0.1, 0}, Case{1, 0.1, 0}, Case{1, 0.5, 1}, Case{1, 0.9, 1}, Case{4, 0.1, 0},
          Case{5, 0.1, 1}, Case{10, 0.1, 1}, Case{14, 0.1, 1}, Case{16, 0.1, 2},
          Case{10, 0.999, 10}, Case{1000, 0.001, 1}, Case{1000, 0.3333, 333}, Case{2000, 0.25, 500},
          Case{1001, 0.0, 0}, Case{23149, 0.1, 2315}}) {
        const ValidationSplit split(c.rows, c.fraction, 3);
        EXPECT_EQ(split.rows(), c.rows);
        EXPECT_EQ(split.validation_rows(), c.expected) << c.fraction << " of " << c.rows;
        EXPECT_EQ(split.training_rows(), c.rows - c.expected);
        EXPECT_EQ(std::ssize(held_out(split)), c.expected) << c.fraction << " of " << c.rows;
    }
}

// Computed by an independent program: results of old runs depend on it.
TEST(ValidationSplit, KnownAnswers) {
    EXPECT_EQ(held_out(ValidationSplit(20, 0.25, 1)),
              (std::vector<std::int64_t>{1, 6, 11, 14, 19}));
    const std::vector<std::int64_t> rcv1 = held_out(ValidationSplit(23149, 0.1, 1));
    EXPECT_EQ(std::vector<std::int64_t>(rcv1.begin(), rcv1.begin() + 6),
              (std::vector<std::int64_t>{16, 33, 35, 84, 96, 109}));
    EXPECT_EQ(std::accumulate(rcv1.begin(), rcv1.end(), std::int64_t{0}), 26171648);
}

TEST(ValidationSplit, DependsOnRowsAndSeedAlone) {
    const ValidationSplit split(1000, 0.2, 5);
    const std::vector<std::int64_t> rows = held_out(split);
    EXPECT_EQ(held_out(ValidationSplit(1000, 0.2, 5)), rows);
    EXPECT_NE(held_out(ValidationSplit(1000, 0.2, 6)), rows);
}

TEST(ValidationSplit, ALargerFractionHoldsOutMoreOfTheSameRows) {
    const std::vector<std::int64_t> few = held_out(ValidationSplit(500, 0.1, 5));
    const std::vector<std::int64_t> many = held_out(ValidationSplit(500, 0.3, 5));
    EXPECT_TRUE(std::ranges::includes(many, few));
}

TEST(ValidationSplit, TrainingRowsAreTheOthersInRandomOrder) {
    for (const double fraction : {0.0, 0.25}) {
        const ValidationSplit split(1000, fraction, 3);
        std::vector<std::int64_t> rows = held_out(split);
        std::int64_t early = 0;  // rows of the first half of the file among the first 200
        for (std::int64_t k = 0; k < split.training_rows(); ++k) {
            rows.push_back(split.training(k));
            early += k < 200 && rows.back() < 500 ? 1 : 0;
        }
        std::ranges::sort(rows);
        std::vector<std::int64_t> all(1000);
        std::iota(all.begin(), all.end(), 0);
        EXPECT_EQ(rows, all);
        EXPECT_NEAR(static_cast<double>(early), 100.0, 30.0);
    }
}

TEST(ValidationSplit, TakesRowsFromEverywhere) {
    const ValidationSplit split(10'000, 0.1, 9);
    const std::vector<std::int64_t> rows = held_out(split);
    for (std::int64_t block = 0; block < 10; ++block) {
        const auto count =
            std::ranges::count_if(rows, [block](std::int64_t row) { return row / 1000 == block; });
        EXPECT_NEAR(static_cast<double>(count), 100, 50)
            << "block " << block;  // the deviation is 9
    }
}

// --- cut_rows -----------------------------------------------------------------------------------

void expect_cover(const std::vector<Range>& ranges, std::int64_t n, int parts) {
    ASSERT_EQ(std::ssize(ranges), parts);
    std::int64_t next = 0;
    for (const Range& range : ranges) {
        EXPECT_EQ(range.begin, next);
        EXPECT_LE(range.begin, range.end);
        next = range.end;
    }
    EXPECT_EQ(next, n);
}

template <class Cost>
std::vector<std::int64_t> cost_of_parts(const std::vector<Range>& ranges, const Cost& cost) {
    std::vector<std::int64_t> sums;
    for (const Range& range : ranges) {
        std::int64_t sum = 0;
        for (std::int64_t row = range.begin; row < range.end; ++row) sum += cost(row);
        sums.push_back(sum);
    }
    return sums;
}

std::int64_t spread(const std::vector<std::int64_t>& sums) {
    const auto [low, high] = std::ranges::minmax(sums);
    return high - low;
}

TEST(CutRows, WithUnitCostsSizesDifferByAtMostOne) {
    const auto cost = [](std::int64_t) { return std::int64_t{1}; };
    for (const std::int64_t n : {1, 2, 5, 16, 100, 997}) {
        for (const int parts : {1, 2, 3, 7, 8, 16, 120}) {
            SCOPED_TRACE(std::to_string(n) + " rows, " + std::to_string(parts) + " parts");
            const std::vector<Range> ranges = cut_rows(n, parts, cost);
            expect_cover(ranges, n, parts);
            EXPECT_LE(spread(cost_of_parts(ranges, cost)), 1);
        }
    }
}

TEST(CutRows, HeldOutRowsAreCoveredAndCountNothing) {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        const ValidationSplit split(1000, 0.37, seed);
        std::vector<std::int64_t> costs(1000, 1);
        for (const std::int64_t row : held_out(split)) costs[static_cast<std::size_t>(row)] = 0;
        const auto cost = [&](std::int64_t row) { return costs[static_cast<std::size_t>(row)]; };
        for (const int parts : {1, 2, 3, 8, 64}) {
            const std::vector<Range> ranges = cut_rows(1000, parts, cost);
            expect_cover(ranges, 1000, parts);
            EXPECT_LE(spread(cost_of_parts(ranges, cost)), 1) << parts << " parts";
        }
    }
}

TEST(CutRows, LongRunsOfHeldOutRowsDoNotMatter) {
    const auto cost = [](std::int64_t row) {  // the first and the last third are held out
        return row >= 100 && row < 200 ? std::int64_t{1} : std::int64_t{0};
    };
    const std::vector<Range> ranges = cut_rows(300, 4, cost);
    expect_cover(ranges, 300, 4);
    EXPECT_EQ(cost_of_parts(ranges, cost), (std::vector<std::int64_t>{25, 25, 25, 25}));
}

TEST(CutRows, EverythingHeldOutOrNothingThere) {
    const auto nothing = [](std::int64_t) { return std::int64_t{0}; };
    expect_cover(cut_rows(10, 3, nothing), 10, 3);
    expect_cover(cut_rows(0, 3, nothing), 0, 3);
}

TEST(CutRows, MorePartsThanRowsLeavesSomePartsEmpty) {
    const auto cost = [](std::int64_t) { return std::int64_t{1}; };
    const std::vector<Range> ranges = cut_rows(3, 8, cost);
    expect_cover(ranges, 3, 8);
    EXPECT_EQ(std::ranges::count_if(ranges, [](const Range& r) { return r.size() == 1; }), 3);
    EXPECT_EQ(std::ranges::count_if(ranges, [](const Range& r) { return r.size() == 0; }), 5);
}

TEST(CutRows, BalancesNonzerosUpToOneRow) {
    const CounterRandom random(17);
    std::vector<std::int64_t> length(5000);
    for (std::size_t row = 0; row < length.size(); ++row) {
        const std::uint64_t limit = row < 1000 ? 2000 : 100;  // the beginning is much heavier
        length[row] = static_cast<std::int64_t>(random.below(row, limit));
    }
    const auto cost = [&](std::int64_t row) { return length[static_cast<std::size_t>(row)]; };
    const double total =
        static_cast<double>(std::accumulate(length.begin(), length.end(), std::int64_t{0}));
    for (const int parts : {1, 2, 3, 8, 31}) {
        const std::vector<Range> ranges = cut_rows(5000, parts, cost);
        expect_cover(ranges, 5000, parts);
        for (const std::int64_t sum : cost_of_parts(ranges, cost)) {
            EXPECT_NEAR(static_cast<double>(sum), total / parts, 2000.0) << parts << " parts";
        }
    }
}

TEST(CutRows, OneGiantRowTakesNothingFromTheOthersCoverage) {
    const auto cost = [](std::int64_t row) {
        return row == 2 ? std::int64_t{1'000'000} : std::int64_t{1};
    };
    const std::vector<Range> ranges = cut_rows(10, 4, cost);
    expect_cover(ranges, 10, 4);
    EXPECT_EQ(ranges[0].end, 3);
    EXPECT_EQ(ranges[3].end, 10);
}

TEST(CutRows, AsksForEveryRowTwice) {
    std::vector<int> asked(100);
    cut_rows(100, 7, [&](std::int64_t row) {
        ++asked[static_cast<std::size_t>(row)];
        return std::int64_t{1};
    });
    EXPECT_EQ(asked, std::vector<int>(100, 2));
}

}  // namespace
}  // namespace hogwild::data
