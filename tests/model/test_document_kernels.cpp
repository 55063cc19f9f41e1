#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "model/document_kernels.hpp"
#include "model/reference.hpp"

namespace hogwild::model {
namespace {

template <class Index>
void same_entries(std::size_t n_hot) {
    data::Rows rows = reference::random_rows(200, 300, 4);
    rows.append({}, -1);
    const CompactRows<Index> compact(rows, n_hot);
    for (std::int64_t i = 0; i < rows.size(); ++i) {
        const data::SparseRow x = rows.row(i);
        const auto row = compact.row(static_cast<std::size_t>(i));
        compact.prefetch(compact.record(static_cast<std::size_t>(i)));
        EXPECT_EQ(row.y, static_cast<float>(rows.label(i)));
        std::vector<std::uint32_t> index(row.hot.index.begin(), row.hot.index.end());
        EXPECT_EQ(index.size() % CompactRows<Index>::kLanes, 0);
        const std::size_t hot = x.size() - row.cold.index.size();
        EXPECT_LT(index.size() - hot, CompactRows<Index>::kLanes);
        for (std::size_t k = hot; k < index.size(); ++k) {
            EXPECT_EQ(index[k], n_hot);
            EXPECT_EQ(row.hot.value[k], 0.0F);
        }
        index.resize(hot);
        for (const std::uint32_t u : index) EXPECT_LT(u, n_hot);
        for (const Index u : row.cold.index) EXPECT_GE(u, n_hot);
        index.insert(index.end(), row.cold.index.begin(), row.cold.index.end());
        std::vector<float> value(row.hot.value.begin(), row.hot.value.end());
        value.resize(hot);
        value.insert(value.end(), row.cold.value.begin(), row.cold.value.end());
        EXPECT_TRUE(std::ranges::equal(index, x.index));
        EXPECT_TRUE(std::ranges::equal(value, x.value));
    }
}

TEST(CompactRows, HoldsWhatTheRowsHold) {
    for (const std::size_t n_hot : {0U, 100U, 300U}) {
        same_entries<std::uint16_t>(n_hot);
        same_entries<std::uint32_t>(n_hot);
    }
}

struct PlainEntries {
    std::vector<std::uint16_t> index;
    std::vector<float> value;
};

/// The plain twins: sums entry by entry.
TEST(DocumentKernels, EveryLength) {
    std::vector<double> w(41);
    for (std::size_t u = 0; u < w.size(); ++u) w[u] = 0.5 * static_cast<double>(u) - 3.0;
    std::vector<double> factor(w.size());
    for (std::size_t u = 0; u < w.size(); ++u) factor[u] = 1.0 + 0.1 * static_cast<double>(u % 7);
    double plain_squares = 0.0;
    double weighted = 0.0;
    PlainEntries x;
    double expected = 0.0;
    std::vector<double> moved = w;
    for (std::uint16_t u = 0; u < 40; ++u) {
        PlainEntries padded = x;
        while (padded.index.size() % CompactRows<std::uint16_t>::kLanes != 0) {
            padded.index.push_back(40);
            padded.value.push_back(0.0F);
        }
        EXPECT_NEAR(private_dot(std::span<const double>(w), padded), expected, 1e-12);
        EXPECT_NEAR(shared_dot(std::span<const double>(w), x), expected, 1e-12);
        std::vector<double> here = w;
        std::vector<double> there = w;
        NoProbe probe;
        const CompactRows<std::uint16_t>::Entries entries{x.index, x.value};
        private_axpy(std::span<double>(here), 2.0,
                     CompactRows<std::uint16_t>::Entries{padded.index, padded.value});
        shared_axpy(std::span<double>(there), 2.0, entries, probe);
        EXPECT_EQ(here, moved);
        EXPECT_EQ(there, moved);
        EXPECT_NEAR(squares(entries), plain_squares, 1e-12);
        const CompactRows<std::uint16_t>::Entries whole{padded.index, padded.value};
        EXPECT_NEAR(weighted_squares(std::span<const double>(factor), whole), weighted, 1e-12);
        here = w;
        private_axpy(std::span<double>(here), 2.0, std::span<const double>(factor), whole);
        for (std::size_t k = 0; k < w.size(); ++k) {
            EXPECT_NEAR(here[k], w[k] + factor[k] * (moved[k] - w[k]), 1e-12);
        }
        x.index.push_back(u);
        x.value.push_back(0.25F * static_cast<float>(u));
        expected += w[u] * 0.25 * u;
        moved[u] += 2.0 * 0.25 * u;
        plain_squares += 0.25 * u * 0.25 * u;
        weighted += factor[u] * 0.25 * u * 0.25 * u;
    }
}

/// Threads instead of ranks update the shared part, so that TSan can check it.
TEST(ThreadTwin, DocumentsOnSharedWeights) {
    const data::Rows rows = reference::random_rows(400, 100, 9);
    const CompactRows<std::uint16_t> compact(rows, 0);
    std::vector<float> shared(101);
    const auto work = [&](std::size_t me) {
        NoProbe probe;
        for (std::size_t t = 0; t < 20'000; ++t) {
            const auto row = compact.row((7 * t + me) % 400);
            const float sum = shared_dot(std::span<const float>(shared), row.cold);
            if (row.y * sum < 1.0F) {
                shared_axpy(std::span<float>(shared), 0.02F * row.y, row.cold, probe);
            }
        }
    };
    std::thread one(work, 0U);
    std::thread two(work, 1U);
    one.join();
    two.join();
    Objective objective;
    objective.shape.features = 100;
    objective.regularizer = Regularizer::none;
    const std::vector<double> w(shared.begin(), shared.end());
    EXPECT_LT(reference::objective(objective, w, rows), 0.6);
}

}  // namespace
}  // namespace hogwild::model
