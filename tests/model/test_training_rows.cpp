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

/// The same, the later ones with weights.
data::Rows weighted_documents() {
    data::Rows rows = documents();
    const std::int64_t n = rows.size();
    for (std::int64_t i = 0; i < n; ++i) {
        const float weight = 0.25F + static_cast<float>(i % 7);
        rows.append(rows.row(i), rows.label(i), weight);
    }
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
        EXPECT_EQ(a.weight(i), b.weight(i)) << i;
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

TEST(TrainingRows, KeepWeights) {
    const data::Rows rows = weighted_documents();
    DocumentWeights expected{.smallest = 0.25, .largest = 6.25};
    for (std::int64_t i = 0; i < rows.size(); ++i) {
        (rows.label(i) > 0 ? expected.positive : expected.negative) +=
            static_cast<double>(rows.weight(i));
    }
    for (const TrainingRows::Layout layout : kLayouts) {
        TrainingRows training = made(layout, rows);
        expect_same(training.plain(0, training.size()), rows);
        expect_same(training.plain(1000, 3000), [&] {
            data::Rows part;
            part.append(rows, 1000, 3000);
            return part;
        }());
        EXPECT_EQ(training.weights().positive, expected.positive);
        EXPECT_EQ(training.weights().negative, expected.negative);
        EXPECT_EQ(training.weights().smallest, expected.smallest);
        EXPECT_EQ(training.weights().largest, expected.largest);

        const TrainingRows twice = training.repeated(2, 5);
        EXPECT_EQ(twice.weights().positive, 2.0 * expected.positive);
        double sum = 0.0;
        twice.for_each_block([&](const data::Rows& block) {
            for (std::int64_t i = 0; i < block.size(); ++i) {
                sum += static_cast<double>(block.weight(i));
            }
        });
        EXPECT_EQ(sum, 2.0 * (expected.positive + expected.negative));

        training.forget_weights();
        EXPECT_EQ(training.plain(0, training.size()).weight(rows.size() - 1), 1.0F);
        EXPECT_EQ(training.weights().largest, 1.0);
        EXPECT_EQ(training.weights().positive, static_cast<double>(training.positives()));
    }
}

TEST(TrainingRows, NewLabelsKeepTheWeightsOfDocuments) {
    const data::Rows rows = weighted_documents();
    const std::vector<std::uint32_t> positives{0, 7, 1501, 2300,
                                               static_cast<std::uint32_t>(rows.size() - 1)};
    data::Rows expected;
    for (std::int64_t i = 0; i < rows.size(); ++i) {
        const bool positive = std::ranges::find(positives, i) != positives.end();
        expected.append(rows.row(i), positive ? 1 : -1, rows.weight(i));
    }
    for (const TrainingRows::Layout layout : kLayouts) {
        TrainingRows training = made(layout, rows);
        training.set_labels(positives);
        const TrainingRows fresh = made(layout, expected);
        expect_same(training.plain(0, training.size()), fresh.plain(0, fresh.size()));
        EXPECT_EQ(training.positives(), std::ssize(positives));
        EXPECT_EQ(training.weights().positive, fresh.weights().positive);
        EXPECT_EQ(training.weights().negative, fresh.weights().negative);
        EXPECT_EQ(training.weight(1501), rows.weight(1501));
    }
}

TEST(TrainingRows, RecordsOfAnotherRankAreAppended) {
    const data::Rows rows = weighted_documents();
    for (const TrainingRows::Layout layout : kLayouts) {
        if (layout == TrainingRows::Layout::plain) continue;
        TrainingRows first(layout, kHot);
        first.append(rows, 0, 900);
        TrainingRows second(layout, kHot);
        second.append(rows, 900, rows.size());
        const auto take = [&](const auto& others) {
            first.append_records(others.records(), others.starts(), others.nonzeros());
        };
        if (layout == TrainingRows::Layout::narrow) {
            take(second.compact<std::uint16_t>());
        } else {
            take(second.compact<std::uint32_t>());
        }
        const TrainingRows whole = made(layout, rows);
        expect_same(first.plain(0, first.size()), whole.plain(0, whole.size()));
        EXPECT_EQ(first.positives(), whole.positives());
        EXPECT_EQ(first.weights().positive, whole.weights().positive);
        EXPECT_EQ(first.bytes(), whole.bytes());
    }
}

}  // namespace
}  // namespace hogwild::model
