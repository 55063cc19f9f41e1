#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "data/preprocessing.hpp"

namespace hogwild::data {
namespace {

/// Of 9 documents: column 2 is in all of them, column 5 in one.
Idf example() { return Idf::of({{2, 5}, {9, 1}}, 9); }

TEST(Idf, IsScikitLearnsFormula) {
    const Idf idf = example();
    EXPECT_DOUBLE_EQ(idf.factor(2), 1.0);
    EXPECT_DOUBLE_EQ(idf.factor(5), std::log(10.0 / 2.0) + 1.0);
    EXPECT_FALSE(idf.empty());
}

TEST(Idf, OfAFeatureThatOccursInNoDocument) {
    for (const std::uint32_t column : {0U, 3U, 4'000'000'000U}) {
        EXPECT_DOUBLE_EQ(example().factor(column), std::log(10.0) + 1.0) << column;
    }
}

TEST(Idf, LeavesValuesAloneWhereThereIsNone) {
    EXPECT_TRUE(Idf().empty());
    EXPECT_EQ(Idf().factor(7), 1.0);
    EXPECT_TRUE(Preprocessing().empty());
}

TEST(Preprocessing, MultipliesBeforeItNormalizes) {
    const std::vector<std::uint32_t> columns{2, 5};
    const double rare = std::log(5.0) + 1.0;
    std::vector<float> values{3.0F, -4.0F};
    EXPECT_TRUE((Preprocessing{example(), Norm::none}.apply(columns, values)));
    EXPECT_FLOAT_EQ(values[0], 3.0F);
    EXPECT_FLOAT_EQ(values[1], static_cast<float>(-4.0 * rare));
    values = {3.0F, -4.0F};
    EXPECT_TRUE((Preprocessing{example(), Norm::l1}.apply(columns, values)));
    EXPECT_FLOAT_EQ(values[0], static_cast<float>(3.0 / (3.0 + 4.0 * rare)));
    EXPECT_FLOAT_EQ(values[1], static_cast<float>(-4.0 * rare / (3.0 + 4.0 * rare)));
}

}  // namespace
}  // namespace hogwild::data
