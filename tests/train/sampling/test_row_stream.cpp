#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <vector>

#include "train/sampling/due_documents.hpp"
#include "train/sampling/row_stream.hpp"
#include "train/sampling/streamed_batches.hpp"

namespace hogwild::train {
namespace {

using Held = data::NumberedRows<data::Numbering::training>;

/// Document i has one entry, of value i. Every block has one held-out document.
class StreamedDocuments {
public:
    StreamedDocuments(std::int64_t count, std::int64_t block, std::int64_t window)
        : order_({.documents = count, .block = block, .window = window}),
          stream_(order_, rows_,
                  [this](std::int64_t number, model::TrainingRows& rows, Held* held_out) {
                      load(number, rows, held_out);
                  }) {}

    const model::TrainingRows& rows() const { return rows_; }
    RowStream& stream() { return stream_; }
    std::int64_t loads() const { return loads_; }
    std::int64_t fails_at = -1;  ///< block

    /// The document that stands in a row of the window, by its value.
    std::uint32_t at(std::uint32_t row) const {
        const auto x = rows_.compact<std::uint16_t>().row(row);
        return static_cast<std::uint32_t>(x.cold.value[0]);
    }

private:
    void load(std::int64_t number, model::TrainingRows& rows, Held* held_out) {
        if (number == fails_at) throw std::runtime_error("damaged");
        data::Rows block;
        const std::uint32_t index[] = {0};
        const data::Range documents = order_.documents_of(number);
        for (std::int64_t i = documents.begin; i < documents.end; ++i) {
            const float value[] = {static_cast<float>(i)};
            block.append({index, value}, i % 2 == 0 ? 1 : -1);
        }
        rows.append(block, 0, block.size());
        if (held_out != nullptr) held_out->append({}, 1);
        ++loads_;
    }

    StreamOrder order_;
    model::TrainingRows rows_{model::TrainingRows::Layout::narrow, 0};
    std::atomic<std::int64_t> loads_ = 0;
    RowStream stream_;
};

std::vector<std::uint32_t> first_numbers(std::uint32_t count) {
    std::vector<std::uint32_t> all(count);
    std::iota(all.begin(), all.end(), 0U);
    return all;
}

Sampler::Plan stream_plan(RowStream& stream, std::int64_t batch_size) {
    return {.kind = Sampler::Kind::permutation,
            .rows = stream.order().documents(),
            .batch_size = batch_size,
            .epochs = 3,
            .stream = &stream};
}

TEST(RowStream, ARowIsTheDocumentThatItSaysItIs) {
    StreamedDocuments documents(103, 10, 4);
    const ReadsAhead reads(&documents.stream());
    for (const auto& [epoch, window] : {std::pair{0, 0}, {0, 1}, {0, 2}, {1, 0}, {7, 2}, {0, 0}}) {
        documents.stream().go_to(epoch, window);
        const std::int64_t size = documents.rows().size();
        EXPECT_EQ(size, window == 2 ? 23 : 40);
        for (std::uint32_t row = 0; row < size; ++row) {
            EXPECT_EQ(documents.stream().document(row), documents.at(row));
        }
    }
}

TEST(RowStream, APassVisitsAllInTheirOrderAndTheWindowStays) {
    StreamedDocuments documents(103, 10, 4);
    RowStream& stream = documents.stream();
    {
        const ReadsAhead reads(&stream);
        stream.go_to(0, 1);
    }
    const std::uint32_t there = documents.at(5);
    for (int again = 0; again < 2; ++again) {
        std::int64_t next = 0;
        std::int64_t held_out = 0;
        stream.pass([&](const RowStream::Block& block) {
            EXPECT_EQ(block.first, next);
            next += block.training.size();
            held_out += block.held_out.size();
        });
        EXPECT_EQ(next, 103);
        EXPECT_EQ(held_out, 11);
    }
    EXPECT_EQ(documents.at(5), there);
    const ReadsAhead reads(&stream);
    stream.go_to(0, 2);
    EXPECT_EQ(documents.rows().size(), 23);
}

/// Files belong to the caller then.
TEST(RowStream, ReadsNothingWhileItIsPaused) {
    StreamedDocuments documents(1000, 10, 2);
    RowStream& stream = documents.stream();
    EXPECT_EQ(documents.loads(), 0);
    {
        const ReadsAhead reads(&stream);
        stream.go_to(0, 0);
    }
    const std::int64_t then = documents.loads();
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    EXPECT_EQ(documents.loads(), then);
    EXPECT_LE(then, 4) << "no more than the next window";
}

TEST(RowStream, WhatLoadingThrowsComesWhereTheWindowIsNeeded) {
    StreamedDocuments documents(100, 10, 1);
    documents.fails_at = 3;
    const ReadsAhead reads(&documents.stream());
    const auto visit_all = [&] {
        for (std::int64_t window = 0; window < 10; ++window) documents.stream().go_to(0, window);
    };
    EXPECT_THROW(visit_all(), std::runtime_error);
}

/// The same batches, of as many documents, however they are drawn.
TEST(StreamedBatches, EveryDocumentOnceAnEpoch) {
    for (const std::int64_t batch_size : {1, 5, 10}) {
        StreamedDocuments documents(103, 10, 4);
        StreamedBatches batches(stream_plan(documents.stream(), batch_size));
        const std::int64_t per_epoch = (103 + batch_size - 1) / batch_size;
        ASSERT_EQ(batches.batches(), 3 * per_epoch);
        const ReadsAhead reads(&documents.stream());
        std::vector<std::uint32_t> before;
        for (std::int64_t epoch = 0; epoch < 3; ++epoch) {
            std::vector<std::uint32_t> one_by_one;
            for (std::int64_t i = epoch * per_epoch; i < (epoch + 1) * per_epoch; ++i) {
                EXPECT_EQ(batches.documents_before(i), epoch * 103 + std::ssize(one_by_one));
                for (const std::uint32_t row : batches.batch(i)) {
                    one_by_one.push_back(documents.at(row));
                }
            }
            std::vector<std::uint32_t> drawn;
            BatchList list;
            for (std::int64_t i = epoch * per_epoch; i < (epoch + 1) * per_epoch;
                 i += static_cast<std::int64_t>(list.batches())) {
                batches.draw(i, (epoch + 1) * per_epoch, 16, list);
                ASSERT_GE(list.batches(), 1U);
                ASSERT_EQ(list.offsets.back(), list.rows.size());
                for (const std::uint32_t row : list.rows) drawn.push_back(documents.at(row));
            }
            EXPECT_EQ(drawn, one_by_one);
            EXPECT_NE(drawn, before);
            before = drawn;
            std::ranges::sort(drawn);
            EXPECT_EQ(drawn, first_numbers(103));
        }
    }
}

TEST(StreamedBatches, NoMoreRowsThanAreDrawnAndNoneBeyondTheEnd) {
    StreamedDocuments documents(100, 10, 4);
    StreamedBatches batches(stream_plan(documents.stream(), 10));
    const ReadsAhead reads(&documents.stream());
    BatchList list;
    batches.draw(0, 2, 100, list);
    EXPECT_EQ(list.batches(), 2U);
    batches.draw(0, 30, 10, list);
    EXPECT_EQ(list.batches(), 1U);
    batches.draw(30, 40, 10, list);
    EXPECT_EQ(list.batches(), 0U);
    EXPECT_TRUE(batches.batch(30).empty());
}

/// As in memory: those that stay are passed over.
TEST(DueDocumentsOfAStream, EveryDueDocumentOnceAnEpoch) {
    StreamedDocuments documents(103, 10, 4);
    DueDocuments due({.rows = 103, .per_epoch = 120, .epochs = 3, .stream = &documents.stream()});
    const ReadsAhead reads(&documents.stream());
    for (std::int64_t epoch = 0; epoch < 2; ++epoch) {
        std::vector<std::uint32_t> visited;
        BatchList list;
        for (std::int64_t i = epoch * 120; i < (epoch + 1) * 120;
             i += static_cast<std::int64_t>(list.batches())) {
            due.draw(i, (epoch + 1) * 120, 16, list);
            ASSERT_GE(list.batches(), 1U);
            for (const std::uint32_t row : list.rows) {
                EXPECT_EQ(due.document(row), documents.at(row));
                visited.push_back(due.document(row));
            }
        }
        for (const std::uint32_t document : visited) {
            if (document % 3 == 0) {
                due.moved(document);
            } else {
                due.stayed(document);  // for two epochs at least
                due.stayed(document);
            }
        }
        std::ranges::sort(visited);
        std::vector<std::uint32_t> expected = first_numbers(103);
        if (epoch > 0) std::erase_if(expected, [](std::uint32_t i) { return i % 3 != 0; });
        EXPECT_EQ(visited, expected);
    }
}

}  // namespace
}  // namespace hogwild::train
