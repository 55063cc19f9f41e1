#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "data/feature_order.hpp"
#include "support/expect_error.hpp"

namespace hogwild::data {
namespace {

/// A list of the first columns, without gaps.
FeatureSet first_columns(std::size_t count) {
    std::vector<std::uint32_t> columns(count);
    std::iota(columns.begin(), columns.end(), 0U);
    return FeatureSet(std::move(columns));
}

TEST(FeatureOrder, MostFrequentFirstOthersInTheirOrder) {
    const std::vector<std::int64_t> counts{3, 9, 0, 9, 1, 4};
    const FeatureOrder order(first_columns(6), counts, 3);
    EXPECT_EQ(order.first(), 3U);
    std::vector<std::uint32_t> got;
    for (std::uint32_t u = 0; u < 8; ++u) got.push_back(order(u));
    EXPECT_EQ(got, (std::vector<std::uint32_t>{3, 0, 4, 1, 5, 2, 6, 7}));  // 6: the bias
}

TEST(FeatureOrder, FeaturesThatDoNotOccurAreNeverFirst) {
    const std::vector<std::int64_t> counts{0, 2, 0, 1};
    const FeatureOrder order(first_columns(4), counts, 4);
    EXPECT_EQ(order.first(), 2U);
    EXPECT_EQ(order(1), 0U);
    EXPECT_EQ(order(3), 1U);
}

TEST(FeatureOrder, ApplyAndUndo) {
    std::vector<std::int64_t> counts(100);
    for (std::size_t u = 0; u < counts.size(); ++u) {
        counts[u] = static_cast<std::int64_t>((u * 37) % 100);
    }
    const FeatureOrder order(first_columns(100), counts, 40);
    std::vector<double> w(101);
    std::iota(w.begin(), w.end(), 0.0);  // the last one is the bias
    const std::vector<double> there = order.apply(w);
    for (std::uint32_t u = 0; u < 100; ++u) EXPECT_EQ(there[order(u)], w[u]);
    EXPECT_EQ(there.back(), w.back());
    EXPECT_EQ(order.undo(there), w);
    const FeatureOrder none;
    EXPECT_EQ(none.apply(w), w);
    EXPECT_EQ(none.undo(w), w);
}

TEST(FeatureOrder, MovesAllValuesOfAFeatureTogether) {
    const std::vector<std::int64_t> counts{1, 0, 2};
    const FeatureOrder order(first_columns(3), counts, 3);      // new numbers 1, 2, 0
    const std::vector<int> by_old{0, 10, 1, 11, 2, 12, 3, 13};  // two per feature; last the bias
    const std::vector<int> by_new{2, 12, 0, 10, 1, 11, 3, 13};
    EXPECT_EQ(order.apply(by_old, 2), by_new);
    EXPECT_EQ(order.undo(by_new, 2), by_old);
}

TEST(FeatureOrder, DocumentsKeepTheirEntries) {
    const std::vector<std::int64_t> counts{3, 9, 0, 9, 1, 4};
    FeatureOrder order(first_columns(6), counts, 3);
    NumberedRows<Numbering::file> documents;
    const std::uint32_t index[] = {0, 1, 3, 4, 5};
    const float value[] = {0.0F, 1.0F, 3.0F, 4.0F, 5.0F};
    documents.append({index, value}, -1);
    documents.append({}, 1);
    NumberedRows<Numbering::training> rows;
    order.append(rows, documents, 0, 2);
    const SparseRow x = rows.row(0);
    EXPECT_TRUE(std::ranges::equal(x.index, std::vector<std::uint32_t>{0, 1, 2, 3, 5}));
    EXPECT_TRUE(std::ranges::equal(x.value, std::vector<float>{1, 3, 5, 0, 4}));
    EXPECT_EQ(rows.label(0), -1);
    EXPECT_EQ(rows.row(1).size(), 0U);
}

TEST(FeatureOrder, NumbersOnlyListedColumns) {
    const std::vector<std::uint32_t> columns{3, 40, 1000, 70'000, 2'000'000'000};
    const std::vector<std::int64_t> counts{1, 5, 2, 4, 3};
    for (const std::size_t front : {std::size_t{0}, std::size_t{2}}) {
        FeatureOrder order(FeatureSet(columns), counts, front);
        NumberedRows<Numbering::file> documents;
        const float value[] = {3.0F, 40.0F, 1000.0F, 7.0F, 2.0F};
        documents.append({columns, value}, 1, 2.5F);
        NumberedRows<Numbering::training> rows;
        order.append(rows, documents, 0, 1);
        const SparseRow x = rows.row(0);
        ASSERT_EQ(x.size(), columns.size());
        EXPECT_EQ(rows.weight(0), 2.5F);
        std::vector<float> by_number(columns.size());
        for (std::size_t k = 0; k < x.size(); ++k) by_number[x.index[k]] = x.value[k];
        EXPECT_EQ(order.undo(by_number), std::vector<float>(std::begin(value), std::end(value)));
        EXPECT_EQ(order.apply(std::vector<float>(std::begin(value), std::end(value))), by_number);
        EXPECT_EQ(by_number[0], front > 0 ? 40.0F : 3.0F);

        const std::uint32_t foreign[] = {3, 41};
        documents.append({foreign, std::span(value).first(2)}, 1);
        EXPECT_TRUE(test::fails_with(ExitCode::bad_data, "convert again",
                                     [&] { order.append(rows, documents, 1, 2); }));
    }
}

/// Columns are looked up in a table where they are few, in sets where they are not.
TEST(FeatureOrder, TableAndSetsGiveTheSameNumbers) {
    for (const std::uint32_t step : {7U, 70'000U}) {
        std::vector<std::uint32_t> columns;
        std::vector<std::int64_t> counts;
        for (std::uint32_t k = 0; k < 200; ++k) {
            columns.push_back(step * k);
            counts.push_back((k * 37) % 100 + 1);
        }
        const FeatureSet set(columns);
        FeatureOrder order(set, counts, 50);
        NumberedRows<Numbering::file> documents;
        const std::vector<float> value(columns.size(), 1.0F);
        documents.append({columns, value}, 1);
        NumberedRows<Numbering::training> rows;
        order.append(rows, documents, 0, 1);
        std::vector<std::uint32_t> front;
        std::vector<std::uint32_t> rest;
        for (const std::uint32_t column : columns) {
            const std::uint32_t number = order(set.position(column));
            (number < 50 ? front : rest).push_back(number);
        }
        front.insert(front.end(), rest.begin(), rest.end());
        EXPECT_TRUE(std::ranges::equal(rows.row(0).index, front));
    }
}

}  // namespace
}  // namespace hogwild::data
