// Features of different sizes: when they are scaled, by what, and that all layouts are scaled
// alike.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "model/feature_scaling.hpp"
#include "model/reference.hpp"

namespace hogwild::model {
namespace {

/// Documents that hold all of these features, with values around the sizes.
data::Rows documents_of(const std::vector<float>& sizes) {
    data::Rows rows;
    std::vector<std::uint32_t> index;
    for (std::uint32_t u = 0; u < sizes.size(); ++u) index.push_back(u);
    for (std::size_t i = 0; i < 50; ++i) {
        std::vector<float> value;
        for (std::size_t u = 0; u < sizes.size(); ++u) {
            value.push_back(sizes[u] * (1.0F + 0.1F * static_cast<float>((i + u) % 3)));
        }
        rows.append({index, value}, i % 2 == 0 ? 1 : -1);
    }
    return rows;
}

TEST(FeatureScaling, SizesDifferWhereUnitsDo) {
    EXPECT_FALSE(sizes_differ(size_ratio(documents_of({1, 1, 1, 1, 1, 1, 1, 1, 1, 1}))));
    EXPECT_FALSE(sizes_differ(size_ratio(documents_of({1, 2, 3, 4, 5, 6, 7, 8, 9, 10}))));
    EXPECT_TRUE(sizes_differ(size_ratio(documents_of({1, 1, 1, 1, 1, 1, 1, 99, 1e4F, 1e6F}))));
    EXPECT_TRUE(sizes_differ(size_ratio(documents_of({1e-4F, 1e-3F, 1, 1, 1, 1, 1, 1, 1, 1}))));
}

TEST(FeatureScaling, RareFeaturesAreNotSmall) {
    data::Rows rows = reference::random_rows(500, 60, 5);
    const double before = size_ratio(rows);
    const std::uint32_t rare[] = {61};
    const float one[] = {rows.row(0).value[0]};
    rows.append({rare, one}, 1);
    EXPECT_NEAR(size_ratio(rows), before, 0.3 * before);
}

TEST(FeatureScaling, ZerosAndEmptyDocumentsHaveNoSize) {
    data::Rows rows;
    EXPECT_EQ(size_ratio(rows), 1.0);
    const std::uint32_t index[] = {0, 1};
    const float zeros[] = {0.0F, 0.0F};
    rows.append({index, zeros}, 1);
    EXPECT_EQ(size_ratio(rows), 1.0);
    const float values[] = {0.0F, 3.0F};
    rows.append({index, values}, -1);
    EXPECT_EQ(size_ratio(rows), 1.0);
}

TEST(FeatureScaling, FactorsAreInverseRootMeanSquares) {
    data::Rows rows;
    const std::uint32_t both[] = {0, 2};
    const std::uint32_t last[] = {2};
    const float a[] = {3.0F, 1.0F};
    const float b[] = {4.0F};
    rows.append({both, a}, 1, 2.0F);
    rows.append({last, b}, -1);
    std::vector<double> factors(4, 0.0);
    add_squares(rows, factors);
    make_factors(factors, 3.0);
    EXPECT_DOUBLE_EQ(factors[0], 1.0 / std::sqrt(18.0 / 3.0)) << "a weight of 2: twice there";
    EXPECT_EQ(factors[1], 1.0) << "does not occur";
    EXPECT_DOUBLE_EQ(factors[2], 1.0 / std::sqrt((2.0 + 16.0) / 3.0));
    EXPECT_EQ(factors[3], 1.0) << "the bias";
}

TEST(FeatureScaling, AllLayoutsAreScaledAlike) {
    constexpr std::size_t features = 60;
    const data::Rows rows = reference::random_rows(200, features, 7);
    std::vector<double> factors;
    for (std::size_t u = 0; u <= features; ++u) factors.push_back(0.25 + static_cast<double>(u));
    using Layout = TrainingRows::Layout;
    for (const Layout layout : {Layout::plain, Layout::narrow, Layout::wide}) {
        TrainingRows scaled(layout, 0);
        scaled.append(rows, 0, rows.size());
        scaled.scale(factors);
        const TrainingRows::PlainRows got = scaled.plain(0, rows.size());
        for (std::int64_t i = 0; i < rows.size(); ++i) {
            const data::SparseRow x = rows.row(i);
            ASSERT_EQ(got.row(i).size(), x.size());
            for (std::size_t k = 0; k < x.size(); ++k) {
                ASSERT_EQ(got.row(i).index[k], x.index[k]);
                ASSERT_EQ(got.row(i).value[k], static_cast<float>(static_cast<double>(x.value[k]) *
                                                                  factors[x.index[k]]));
            }
        }
    }
}

TEST(FeatureScaling, PaddingOfHotEntriesStaysZero) {
    const std::uint32_t index[] = {0, 1, 5};
    const float value[] = {1.0F, 2.0F, 3.0F};
    data::Rows rows;
    rows.append({index, value}, 1);
    TrainingRows scaled(TrainingRows::Layout::narrow, 3);
    scaled.append(rows, 0, 1);
    const std::vector<double> factors(7, 2.0);
    scaled.scale(factors);
    const auto row = scaled.compact<std::uint16_t>().row(std::size_t{0});
    ASSERT_EQ(row.hot.value.size(), 4U);
    EXPECT_EQ(row.hot.value[1], 4.0F);
    EXPECT_EQ(row.hot.value[2], 0.0F);
    EXPECT_EQ(row.cold.value[0], 6.0F);
}

}  // namespace
}  // namespace hogwild::model
