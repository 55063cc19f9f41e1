// Isotonic calibration: the least-squares fit among rising functions, from any division of scores.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <vector>

#include "model/isotonic.hpp"

namespace hogwild::model {
namespace {

using Scores = std::vector<LabelledScore>;

/// By descending score, many of them equal.
Scores noisy_scores(int count, unsigned seed) {
    std::mt19937 draw(seed);
    Scores scores;
    for (int i = 0; i < count; ++i) {
        const double score = static_cast<double>(draw() % 60) / 10.0 - 3.0;
        const bool positive = static_cast<double>(draw() % 1000) / 1000.0 < (score + 3.5) / 7.0;
        scores.push_back({score, static_cast<float>(1 + draw() % 3), positive});
    }
    std::ranges::sort(scores, std::greater<>{}, &LabelledScore::score);
    return scores;
}

/// max over a <= k of the min over b >= k of the mean of groups a .. b: what the fit is, by
/// definition.
std::vector<double> by_definition(const std::vector<ScoreGroup>& ascending) {
    std::vector<double> fit;
    for (std::size_t k = 0; k < ascending.size(); ++k) {
        double best = -1.0;
        for (std::size_t a = 0; a <= k; ++a) {
            double least = 2.0;
            double positives = 0.0;
            double all = 0.0;
            for (std::size_t b = a; b < ascending.size(); ++b) {
                positives += ascending[b].positives;
                all += ascending[b].positives + ascending[b].negatives;
                if (b >= k) least = std::min(least, positives / all);
            }
            best = std::max(best, least);
        }
        fit.push_back(best);
    }
    return fit;
}

TEST(Isotonic, IsTheFitByDefinition) {
    for (unsigned seed = 1; seed < 20; ++seed) {
        const Scores scores = noisy_scores(30 * static_cast<int>(seed), seed);
        std::vector<ScoreGroup> groups;
        for_each_group(scores, [&](const ScoreGroup& group) { groups.push_back(group); });
        std::ranges::reverse(groups);
        const std::vector<double> expected = by_definition(groups);
        const Isotonic isotonic = isotonic_of(pool_violators(scores));
        for (std::size_t k = 0; k < groups.size(); ++k) {
            EXPECT_NEAR(isotonic.probability(groups[k].score), expected[k], 1e-14) << seed;
        }
        EXPECT_TRUE(std::ranges::is_sorted(isotonic.probabilities));
        EXPECT_EQ(std::ranges::adjacent_find(isotonic.scores, std::greater_equal<>{}),
                  isotonic.scores.end());
    }
}

TEST(Isotonic, PoolsOfPartsPoolToThoseOfAll) {
    const Scores scores = noisy_scores(500, 3);
    const std::vector<PooledScores> all = pool_violators(scores);
    std::vector<PooledScores> parts;
    for (std::size_t first = 0; first < scores.size();) {
        std::size_t end = std::min(first + 100, scores.size());
        while (end < scores.size() && scores[end].score == scores[end - 1].score) ++end;
        const auto part =
            pool_violators(std::span<const LabelledScore>(scores).subspan(first, end - first));
        parts.insert(parts.end(), part.begin(), part.end());
        first = end;
    }
    EXPECT_GT(parts.size(), all.size());
    const std::vector<PooledScores> together = pool_violators(parts);
    ASSERT_EQ(together.size(), all.size());
    for (std::size_t k = 0; k < all.size(); ++k) {
        EXPECT_EQ(together[k].highest, all[k].highest);
        EXPECT_EQ(together[k].lowest, all[k].lowest);
        EXPECT_EQ(together[k].positives, all[k].positives);
    }
}

TEST(Isotonic, IsLinearBetweenPointsAndConstantBeyond) {
    const Isotonic isotonic{{-1.0, 1.0, 2.0}, {0.25, 0.75, 1.0}};
    EXPECT_EQ(isotonic.probability(-5.0), 0.25);
    EXPECT_EQ(isotonic.probability(-1.0), 0.25);
    EXPECT_EQ(isotonic.probability(0.0), 0.5);
    EXPECT_EQ(isotonic.probability(1.0), 0.75);
    EXPECT_EQ(isotonic.probability(1.5), 0.875);
    EXPECT_EQ(isotonic.probability(7.0), 1.0);
    EXPECT_TRUE(std::isnan(isotonic.probability(std::numeric_limits<double>::quiet_NaN())));
    const Isotonic constant{{0.5}, {0.1}};
    EXPECT_EQ(constant.probability(-1.0), 0.1);
    EXPECT_EQ(constant.probability(1.0), 0.1);
}

}  // namespace
}  // namespace hogwild::model
