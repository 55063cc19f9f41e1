// Training documents are the same in every layout.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "model/reference.hpp"
#include "model/training_rows.hpp"

namespace hogwild::model {
namespace {

constexpr std::uint32_t kHot = 40;
constexpr std::array kLayouts{TrainingRows::Layout::plain, TrainingRows::Layout::narrow,
                              TrainingRows::Layout::wide};

/// More rows than a block, one of them empty.
data::Rows documents() {
    data::Rows rows = reference::random_rows(1500, 100, 3);
    rows.append({}, -1);
    rows.append(reference::random_rows(700, 100, 4), 0, 700);
    return rows;
}

TrainingRows made(TrainingRows::Layout layout, const data::Rows& rows) {
    TrainingRows training(layout, kHot);
    training.reserve(rows.size(), rows.nonzeros());
    training.append(rows, 0, 10);  // in pieces
    training.append(rows, 10, 10);
    training.append(rows, 10, rows.size());
    return training;
}

void expect_same(const data::Rows& a, const data::Rows& b) {
    ASSERT_EQ(a.size(), b.size());
    for (std::int64_t i = 0; i < a.size(); ++i) {
        EXPECT_TRUE(std::ranges::equal(a.row(i).index, b.row(i).index)) << i;
        EXPECT_TRUE(std::ranges::equal(a.row(i).value, b.row(i).value)) << i;
        EXPECT_EQ(a.label(i), b.label(i)) << i;
    }
}

TEST(TrainingRows, ReturnTheRowsTheyWereBuiltFrom) {
    const data::Rows rows = documents();
    std::int64_t positives = 0;
    for (std::int64_t i = 0; i < rows.size(); ++i) positives += rows.label(i) > 0 ? 1 : 0;
    EXPECT_EQ(TrainingRows(rows).positives(), positives);
    for (const TrainingRows::Layout layout : kLayouts) {
        const TrainingRows training = made(layout, rows);
        EXPECT_EQ(training.layout(), layout);
        EXPECT_EQ(training.size(), rows.size());
        EXPECT_EQ(training.positives(), positives);
        expect_same(training.plain(0, training.size()), rows);
        data::Rows blocks;
        training.for_each_block(
            [&](const data::Rows& block) { blocks.append(block, 0, block.size()); });
        expect_same(blocks, rows);
    }
}

TEST(TrainingRows, CopiesHoldEveryDocumentOnceEach) {
    const data::Rows rows = documents();
    const TrainingRows plain = made(TrainingRows::Layout::plain, rows).repeated(3, 7);
    EXPECT_EQ(plain.size(), 3 * rows.size());
    EXPECT_EQ(plain.plain().nonzeros(), 3 * rows.nonzeros());
    for (std::int64_t copy = 0; copy < 3; ++copy) {
        std::vector<std::pair<std::size_t, float>> there;
        std::vector<std::pair<std::size_t, float>> wanted;
        const auto key = [](const data::SparseRow& x) {
            return std::pair(x.size(), x.size() > 0 ? x.value.front() : 0.0F);
        };
        for (std::int64_t i = 0; i < rows.size(); ++i) {
            there.push_back(key(plain.plain().row(copy * rows.size() + i)));
            wanted.push_back(key(rows.row(i)));
        }
        EXPECT_NE(there, wanted) << "another order";
        std::ranges::sort(there);
        std::ranges::sort(wanted);
        EXPECT_EQ(there, wanted);
    }
    for (const TrainingRows::Layout layout : kLayouts) {
        const TrainingRows repeated = made(layout, rows).repeated(3, 7);
        EXPECT_EQ(repeated.layout(), layout);
        EXPECT_EQ(repeated.positives(), plain.positives());
        expect_same(repeated.plain(0, repeated.size()), plain.plain());
    }
}

}  // namespace
}  // namespace hogwild::model
