#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "data/random.hpp"
#include "model/label_ranking.hpp"

namespace hogwild::model {
namespace {

using Labels = std::vector<std::uint16_t>;

bool contains(const Labels& labels, std::size_t output) {
    return std::ranges::find(labels, output) != labels.end();
}

/// By the definitions.
LabelRankingSums by_pairs(const std::vector<float>& z, const Labels& labels, double weight) {
    LabelRankingSums sums;
    if (labels.empty()) return sums;
    double wrong = 0.0;
    double pairs = 0.0;
    float lowest = z[labels[0]];
    for (const std::uint16_t label : labels) {
        lowest = std::min(lowest, z[label]);
        for (std::size_t o = 0; o < z.size(); ++o) {
            if (contains(labels, o)) continue;
            pairs += 1.0;
            wrong += z[label] > z[o] ? 0.0 : 1.0;
        }
    }
    const auto covered = std::ranges::count_if(z, [&](float score) { return score >= lowest; });
    const auto first = std::ranges::max_element(z) - z.begin();
    const bool right = contains(labels, static_cast<std::size_t>(first));
    sums.labelled = weight;
    sums.coverage = weight * static_cast<double>(covered);
    sums.top_errors = right ? 0.0 : weight;
    sums.mixed = pairs > 0.0 ? weight : 0.0;
    sums.disorder = pairs > 0.0 ? weight * wrong / pairs : 0.0;
    sums.single = labels.size() == 1 ? weight : 0.0;
    sums.single_top = labels.size() == 1 && right ? weight : 0.0;
    return sums;
}

TEST(LabelRanking, SumsAreThoseOfAllPairs) {
    constexpr std::size_t kOutputs = 19;
    LabelRankingSums sums;
    LabelRankingSums expected;
    for (std::uint64_t i = 0; i < 400; ++i) {
        const data::CounterRandom draw(3, i);
        const std::uint64_t distinct = i % 3 == 0 ? 4 : 1000;  // ties, or hardly any
        std::vector<float> z;
        Labels labels;
        for (std::uint16_t o = 0; o < kOutputs; ++o) {
            z.push_back(static_cast<float>(draw.below(o, distinct)));
            if (draw.unit(100U + o) < 0.1 * static_cast<double>(i % 12)) labels.push_back(o);
        }
        std::ranges::reverse(labels);  // any order
        if (i % 5 == 0) labels = {static_cast<std::uint16_t>(i % kOutputs)};
        const double weight = 1.0 + static_cast<double>(i % 2);
        LabelRankingSums one;
        one.add(z, labels, weight);
        const LabelRankingSums right = by_pairs(z, labels, weight);
        for (std::size_t k = 0; k < LabelRankingSums::kNumbers; ++k) {
            EXPECT_NEAR(one.pack()[k], right.pack()[k], 1e-12) << "document " << i << ", sum " << k;
        }
        sums.add(z, labels, weight);
        expected += LabelRankingSums::unpack(right.pack());
    }
    for (std::size_t k = 0; k < LabelRankingSums::kNumbers; ++k) {
        EXPECT_NEAR(sums.pack()[k], expected.pack()[k], 1e-9);
        EXPECT_GT(sums.pack()[k], 0.0);
    }
}

/// The figures are those of coverage_error and label_ranking_loss with the same weights.
TEST(LabelRanking, MeansAreThoseOfScikitLearn) {
    LabelRankingSums sums;
    sums.add(std::vector{0.75F, 0.5F, 1.0F, 0.0F}, Labels{0}, 1.0);
    sums.add(std::vector{1.0F, 0.2F, 0.1F, 0.1F}, Labels{2, 1}, 2.0);
    sums.add(std::vector{0.3F, 0.3F, 0.3F, -1.0F}, Labels{0, 3}, 1.0);
    const LabelRanking means = label_ranking_of(sums);
    EXPECT_NEAR(means.coverage, 3.5, 1e-12);
    EXPECT_NEAR(means.ranking_loss, 0.7083333333333333, 1e-12);
    EXPECT_EQ(means.one_error, 0.75);
    EXPECT_EQ(means.top_accuracy, 0.0);

    sums.add(std::vector{0.3F, 0.3F, 0.3F, -1.0F}, Labels{}, 5.0);  // does not count
    EXPECT_EQ(label_ranking_of(sums).coverage, means.coverage);
    sums.add(std::vector{2.0F, 0.3F, 0.3F, -1.0F}, Labels{0, 1, 2, 3}, 4.0);  // has no pairs
    EXPECT_EQ(label_ranking_of(sums).ranking_loss, means.ranking_loss);
    EXPECT_GT(label_ranking_of(sums).coverage, means.coverage);
}

TEST(LabelRanking, WithoutDocumentsThereIsNoNumber) {
    const LabelRanking none = label_ranking_of({});
    EXPECT_TRUE(std::isnan(none.coverage));
    EXPECT_TRUE(std::isnan(none.ranking_loss));
    EXPECT_TRUE(std::isnan(none.one_error));
    EXPECT_TRUE(std::isnan(none.top_accuracy));
}

}  // namespace
}  // namespace hogwild::model
