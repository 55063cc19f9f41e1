#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "train/sampling/due_documents.hpp"

namespace hogwild::train {
namespace {

std::vector<std::uint32_t> epoch_of(DueDocuments& source, std::int64_t epoch, std::size_t slice) {
    std::vector<std::uint32_t> rows;
    BatchList list;
    const std::int64_t end = (epoch + 1) * source.per_epoch();
    for (std::int64_t i = epoch * source.per_epoch(); i < end;
         i += static_cast<std::int64_t>(list.batches())) {
        source.draw(i, end, slice, list);
        EXPECT_GE(list.batches(), 1U);
        EXPECT_LE(list.rows.size(), slice + 1);
        EXPECT_EQ(list.offsets.back(), list.rows.size());
        rows.insert(rows.end(), list.rows.begin(), list.rows.end());
    }
    return rows;
}

TEST(DueDocuments, EveryDocumentThatMovesOnceAnEpochInANewOrder) {
    DueDocuments source({.rows = 40, .per_epoch = 57, .epochs = 3});
    std::vector<std::uint32_t> before;
    for (std::int64_t epoch = 0; epoch < 3; ++epoch) {
        std::vector<std::uint32_t> rows = epoch_of(source, epoch, 7);
        EXPECT_NE(rows, before);
        before = rows;
        for (const std::uint32_t row : rows) source.moved(row);
        std::ranges::sort(rows);
        std::vector<std::uint32_t> all(40);
        std::iota(all.begin(), all.end(), 0U);
        EXPECT_EQ(rows, all);
    }
    EXPECT_EQ(source.batches(), 171);
}

/// Of the due documents, not of all: those that are due are read one after another.
TEST(DueDocuments, BlocksAreNeighboursAmongThoseDue) {
    DueDocuments source({.rows = 2000, .per_epoch = 2000, .epochs = 2, .block = 20});
    for (const std::uint32_t row : epoch_of(source, 0, 64)) {
        if (row % 2 == 0) source.moved(row);
        if (row % 2 == 1) source.stayed(row), source.stayed(row);  // for two epochs at least
    }
    std::vector<std::uint32_t> rows = epoch_of(source, 1, 64);
    std::int64_t followers = 0;
    for (std::size_t k = 1; k < rows.size(); ++k) followers += rows[k] == rows[k - 1] + 2;
    EXPECT_NEAR(static_cast<double>(followers), 950.0, 5.0);
    EXPECT_EQ(rows.size(), 1000U);
}

/// Passed over for 1, 3, 7, 15, 15, ... epochs or one less, until it moves or is woken.
TEST(DueDocuments, DocumentsThatStayArePassedOver) {
    DueDocuments source({.rows = 200, .per_epoch = 200, .epochs = 200});
    std::vector<std::vector<std::int64_t>> visits(200);
    for (std::int64_t epoch = 0; epoch < 100; ++epoch) {
        for (const std::uint32_t row : epoch_of(source, epoch, 64)) {
            visits[row].push_back(epoch);
            source.stayed(row);
        }
    }
    std::vector<bool> seen_both(5);
    for (const std::vector<std::int64_t>& v : visits) {
        for (std::size_t k = 1; k < v.size(); ++k) {
            const std::int64_t pause = v[k] - v[k - 1];
            const std::int64_t longest = std::int64_t{1} << std::min<std::size_t>(k, 4);
            EXPECT_TRUE(pause == longest || pause == longest - 1) << k << ": " << pause;
            if (pause == longest - 1) seen_both[std::min<std::size_t>(k, 4)] = true;
        }
    }
    EXPECT_EQ(std::ranges::count(seen_both, true), 4);
    for (std::uint32_t row = 0; row < 200; ++row) source.wake(row);
    EXPECT_EQ(epoch_of(source, 100, 64).size(), 200U);
}

TEST(DueDocuments, WithoutBackingOffAllAreDue) {
    DueDocuments source({.rows = 30, .per_epoch = 30, .epochs = 5, .backs_off = false});
    for (std::int64_t epoch = 0; epoch < 5; ++epoch) {
        const std::vector<std::uint32_t> rows = epoch_of(source, epoch, 64);
        EXPECT_EQ(rows.size(), 30U);
        for (const std::uint32_t row : rows) source.stayed(row);
    }
}

TEST(DueDocuments, CountsDocumentsPassedOverToo) {
    const DueDocuments source({.rows = 10, .per_epoch = 25, .epochs = 4});
    EXPECT_EQ(source.documents_before(0), 0);
    EXPECT_EQ(source.documents_before(5), 2);
    EXPECT_EQ(source.documents_before(25), 10);
    EXPECT_EQ(source.documents_before(100), 40);
    EXPECT_EQ(source.documents_before(1000), 40);
    DueDocuments none({.rows = 0, .per_epoch = 25, .epochs = 4});
    EXPECT_TRUE(epoch_of(none, 0, 64).empty());
    EXPECT_TRUE(none.batch(3).empty());
}

}  // namespace
}  // namespace hogwild::train
