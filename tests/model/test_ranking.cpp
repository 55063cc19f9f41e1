// AUC and average precision against their definitions, pair by pair and threshold by threshold.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <set>
#include <vector>

#include "model/ranking.hpp"

namespace hogwild::model {
namespace {

using Scores = std::vector<LabelledScore>;

double slow_auc(const Scores& scores) {
    double ordered = 0.0;
    double pairs = 0.0;
    for (const LabelledScore& p : scores) {
        for (const LabelledScore& n : scores) {
            if (!p.positive || n.positive) continue;
            const double weight = static_cast<double>(p.weight) * static_cast<double>(n.weight);
            pairs += weight;
            ordered += weight * (p.score > n.score ? 1.0 : p.score == n.score ? 0.5 : 0.0);
        }
    }
    return ordered / pairs;
}

double f1_above(const Scores& scores, double threshold) {
    double hits = 0.0;
    double predicted = 0.0;
    double positives = 0.0;
    for (const LabelledScore& s : scores) {
        const auto weight = static_cast<double>(s.weight);
        if (s.positive) positives += weight;
        if (s.score > threshold) predicted += weight;
        if (s.positive && s.score > threshold) hits += weight;
    }
    return 2.0 * hits / (predicted + positives);
}

TEST(BestF1, IsTheBestOfAllThresholds) {
    std::mt19937 engine(3);
    for (int run = 0; run < 30; ++run) {
        Scores scores;
        for (int k = 0; k < 40; ++k) {
            const bool positive = engine() % 3 == 0;
            const auto score = static_cast<double>(engine() % 12) + (positive ? 3.0 : 0.0);
            scores.push_back({score, 1.0F + static_cast<float>(engine() % 2), positive});
        }
        std::ranges::sort(scores, std::greater<>{}, &LabelledScore::score);
        const RankingSums sums = sum_ranking(scores);
        const BestThreshold best = best_f1(scores, {}, sums.positives, std::nullopt).value();
        double most = f1_above(scores, -1.0);
        for (const LabelledScore& s : scores) most = std::max(most, f1_above(scores, s.score));
        EXPECT_DOUBLE_EQ(best.f1, most);
        EXPECT_DOUBLE_EQ(f1_above(scores, best.threshold), most) << "it says what it does";
    }
}

TEST(BestF1, LiesBetweenNeighbours) {
    const double high = std::nextafter(1.0, 2.0);
    const Scores scores{{high, 1.0F, true}, {1.0, 1.0F, false}};
    EXPECT_EQ(best_f1(scores, {}, 1.0, std::nullopt).value().threshold, 1.0);
    const Scores all{{2.0, 1.0F, true}};
    EXPECT_LT(best_f1(all, {}, 1.0, std::nullopt).value().threshold, 2.0);
    EXPECT_EQ(best_f1(all, {}, 1.0, 1.0).value().threshold, 1.5) << "of the next range";
    EXPECT_FALSE(best_f1(Scores{{2.0, 1.0F, false}}, {}, 0.0, std::nullopt).has_value());
}

double slow_average_precision(const Scores& scores) {
    std::set<double, std::greater<>> thresholds;
    for (const LabelledScore& s : scores) thresholds.insert(s.score);
    double all_positives = 0.0;
    for (const LabelledScore& s : scores) {
        if (s.positive) all_positives += static_cast<double>(s.weight);
    }
    double sum = 0.0;
    double last_recall = 0.0;
    for (const double threshold : thresholds) {
        double hits = 0.0;
        double taken = 0.0;
        for (const LabelledScore& s : scores) {
            if (s.score < threshold) continue;
            taken += static_cast<double>(s.weight);
            if (s.positive) hits += static_cast<double>(s.weight);
        }
        sum += (hits / all_positives - last_recall) * (hits / taken);
        last_recall = hits / all_positives;
    }
    return sum;
}

Scores random_scores(unsigned seed, int count, int distinct, double positives, bool weighted) {
    std::mt19937 engine(seed);
    std::uniform_int_distribution<int> score(0, distinct - 1);
    std::bernoulli_distribution positive(positives);
    Scores scores;
    for (int k = 0; k < count; ++k) {
        const bool label = positive(engine);
        const float weight = weighted ? static_cast<float>(1 + score(engine) % 3) : 1.0F;
        scores.push_back({0.25 * score(engine) + (label ? 1.0 : 0.0), weight, label});
    }
    std::ranges::stable_sort(scores, std::greater<>{}, &LabelledScore::score);
    return scores;
}

TEST(Ranking, EqualsTheDefinitions) {
    for (unsigned seed = 0; seed < 20; ++seed) {
        const Scores scores = random_scores(seed, 150, seed % 2 == 0 ? 9 : 10'000,
                                            seed % 3 == 0 ? 0.05 : 0.5, seed % 4 == 1);
        const RankingSums sums = sum_ranking(scores);
        EXPECT_NEAR(sums.auc(), slow_auc(scores), 1e-12) << seed;
        EXPECT_NEAR(sums.average_precision(), slow_average_precision(scores), 1e-12) << seed;
    }
}

TEST(Ranking, RangesAddUp) {
    const Scores scores = random_scores(5, 400, 11, 0.3, true);
    const RankingSums whole = sum_ranking(scores);
    for (std::size_t cut = 1; cut < scores.size(); ++cut) {
        if (scores[cut].score == scores[cut - 1].score) continue;
        const std::span<const LabelledScore> all(scores);
        RankingSums sums = sum_ranking(all.first(cut));
        sums += sum_ranking(all.subspan(cut), RankingSums(sums));
        EXPECT_NEAR(sums.auc(), whole.auc(), 1e-14) << cut;
        EXPECT_NEAR(sums.average_precision(), whole.average_precision(), 1e-14) << cut;
    }
}

TEST(Ranking, AWeightOfTwoIsTheDocumentTwice) {
    Scores once = random_scores(7, 100, 20, 0.4, false);
    Scores twice = once;
    for (std::size_t k = 0; k < once.size(); k += 3) {
        twice.push_back(once[k]);
        once[k].weight = 2.0F;
    }
    std::ranges::stable_sort(twice, std::greater<>{}, &LabelledScore::score);
    EXPECT_NEAR(sum_ranking(once).auc(), sum_ranking(twice).auc(), 1e-14);
    EXPECT_NEAR(sum_ranking(once).average_precision(), sum_ranking(twice).average_precision(),
                1e-14);
}

TEST(Ranking, EdgesOfTheRange) {
    EXPECT_EQ(sum_ranking(Scores{{2, 1, true}, {1, 1, false}}).auc(), 1.0);
    EXPECT_EQ(sum_ranking(Scores{{2, 1, false}, {1, 1, true}}).auc(), 0.0);
    EXPECT_EQ(sum_ranking(Scores{{1, 1, false}, {1, 1, true}}).auc(), 0.5);
    EXPECT_TRUE(std::isnan(sum_ranking({}).auc()));
    EXPECT_TRUE(std::isnan(sum_ranking({}).average_precision()));
    EXPECT_TRUE(std::isnan(sum_ranking(Scores{{1, 1, true}, {0, 1, true}}).auc()));
    EXPECT_EQ(sum_ranking(Scores{{1, 1, true}, {0, 1, true}}).average_precision(), 1.0);
    EXPECT_TRUE(std::isnan(sum_ranking(Scores{{1, 1, false}}).average_precision()));
}

TEST(ChooseThreshold, IsThatOfTheHighestF1UnlessThatIsTooLow) {
    const Scores scores{{4, 1, false}, {3, 1, true}, {2, 1, true}, {1, 1, false}};
    const auto best = best_f1(scores, {}, 2.0, std::nullopt);
    ASSERT_TRUE(best.has_value());  // 4 / 5, between 2 and 1
    for (const double fbr : {0.0, 0.5, best->f1}) {
        EXPECT_EQ(choose_threshold(scores, fbr).threshold, 1.5) << fbr;
        EXPECT_EQ(choose_threshold(scores, fbr).f1, best->f1) << fbr;
    }
    EXPECT_EQ(choose_threshold(scores, std::nextafter(best->f1, 1.0)).threshold, 4.0);
    EXPECT_EQ(choose_threshold(scores, 1.0).f1, 0.0);
    for (const LabelledScore& score : scores) {
        EXPECT_FALSE(predicts_positive(score.score, choose_threshold(scores, 1.0).threshold));
    }
}

TEST(ChooseThreshold, CountsWeights) {
    const Scores scores{{3, 1, true}, {2, 5, false}, {1, 3, true}};
    EXPECT_EQ(choose_threshold(scores, 0.0).threshold, std::nextafter(1.0, 0.0));  // 8 / 13
    const Scores heavy{{3, 3, true}, {2, 5, false}, {1, 1, true}};
    EXPECT_EQ(choose_threshold(heavy, 0.0).threshold, 2.5);  // 6 / 7
    EXPECT_EQ(choose_threshold(heavy, 0.9).threshold, 3.0);
}

TEST(ChooseThreshold, WithoutPositivesIsTheHighestScore) {
    EXPECT_EQ(choose_threshold(Scores{{-1, 1, false}, {-2, 1, false}}, 0.0).threshold, -1.0);
    EXPECT_EQ(choose_threshold({}, 0.5).threshold, 0.0);
}

}  // namespace
}  // namespace hogwild::model
