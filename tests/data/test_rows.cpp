#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "data/rows.hpp"

namespace hogwild::data {
namespace {

std::vector<std::uint32_t> indices(const SparseRow& x) { return {x.index.begin(), x.index.end()}; }
std::vector<float> values(const SparseRow& x) { return {x.value.begin(), x.value.end()}; }

/// Three documents: two terms, none, three terms.
Rows three_rows() {
    const std::array<std::uint32_t, 5> index{1, 7, 0, 7, 4294967295U};
    const std::array<float, 5> value{0.5F, -1.0F, 2.0F, 0.25F, 8.0F};
    Rows rows;
    rows.append({std::span(index).first(2), std::span(value).first(2)}, 1);
    rows.append({}, -1);
    rows.append({std::span(index).last(3), std::span(value).last(3)}, -1);
    return rows;
}

TEST(Rows, StartsEmpty) {
    const Rows rows;
    EXPECT_EQ(rows.size(), 0);
    EXPECT_TRUE(rows.empty());
    EXPECT_EQ(rows.nonzeros(), 0);
}

TEST(Rows, ReturnsAppendedRows) {
    const Rows rows = three_rows();
    EXPECT_EQ(rows.size(), 3);
    EXPECT_FALSE(rows.empty());
    EXPECT_EQ(rows.nonzeros(), 5);
    EXPECT_EQ(indices(rows.row(0)), (std::vector<std::uint32_t>{1, 7}));
    EXPECT_EQ(values(rows.row(0)), (std::vector<float>{0.5F, -1.0F}));
    EXPECT_EQ(rows.label(0), 1);
    EXPECT_EQ(rows.row(1).size(), 0U);
    EXPECT_EQ(rows.label(1), -1);
    EXPECT_EQ(rows.row(2).size(), 3U);
    EXPECT_EQ(indices(rows.row(2)), (std::vector<std::uint32_t>{0, 7, 4294967295U}));
    EXPECT_EQ(values(rows.row(2)), (std::vector<float>{2.0F, 0.25F, 8.0F}));
    EXPECT_EQ(rows.label(2), -1);
}

TEST(Rows, OnlyEmptyDocumentsAreRowsToo) {
    Rows rows;
    rows.append({}, 1);
    EXPECT_FALSE(rows.empty());
    EXPECT_EQ(rows.size(), 1);
    EXPECT_EQ(rows.nonzeros(), 0);
    EXPECT_EQ(rows.row(0).size(), 0U);
}

TEST(Rows, ReservedRoomIsUsedAndNotContent) {
    Rows rows;
    rows.reserve(10, 100);
    EXPECT_TRUE(rows.empty());
    EXPECT_EQ(rows.nonzeros(), 0);
    const Rows source = three_rows();
    rows.append(source.row(2), 1);
    const auto* before = rows.row(0).index.data();
    for (int i = 0; i < 9; ++i) rows.append(source.row(0), -1);
    EXPECT_EQ(rows.row(0).index.data(), before);
    EXPECT_EQ(rows.size(), 10);
    EXPECT_EQ(rows.nonzeros(), 3 + 9 * 2);
}

TEST(Rows, ARangeOfRowsIsAppendedLikeItsRows) {
    const Rows source = three_rows();
    for (std::int64_t first = 0; first <= 3; ++first) {
        for (std::int64_t end = first; end <= 3; ++end) {
            Rows at_once = three_rows();
            Rows one_by_one = three_rows();
            at_once.append(source, first, end);
            for (std::int64_t i = first; i < end; ++i) {
                one_by_one.append(source.row(i), source.label(i));
            }
            EXPECT_EQ(at_once.arrays().indptr, one_by_one.arrays().indptr);
            EXPECT_EQ(at_once.arrays().index, one_by_one.arrays().index);
            EXPECT_EQ(at_once.arrays().value, one_by_one.arrays().value);
            EXPECT_EQ(at_once.arrays().label, one_by_one.arrays().label);
        }
    }
}

TEST(Rows, ArraysAreTheContent) {
    Rows rows = three_rows();
    const Rows::Arrays arrays = rows.arrays();
    EXPECT_EQ(arrays.indptr, (std::vector<std::int64_t>{0, 2, 2, 5}));
    EXPECT_EQ(arrays.index.size(), 5U);
    EXPECT_EQ(arrays.value.size(), 5U);
    EXPECT_EQ(arrays.label, (std::vector<std::int8_t>{1, -1, -1}));
    arrays.indptr = {0, 1};
    arrays.index = {42};
    arrays.value = {1.5F};
    arrays.label = {1};
    EXPECT_EQ(rows.size(), 1);
    EXPECT_EQ(rows.nonzeros(), 1);
    EXPECT_EQ(indices(rows.row(0)), (std::vector<std::uint32_t>{42}));
    EXPECT_EQ(values(rows.row(0)), (std::vector<float>{1.5F}));
}

TEST(Rows, BytesAreThoseOfThePassOverAll) {
    EXPECT_EQ(Rows().bytes(), 8);                              // the first row pointer
    EXPECT_EQ(three_rows().bytes(), 5 * (4 + 4) + 4 * 8 + 3);  // entries, pointers, labels
}

}  // namespace
}  // namespace hogwild::data
