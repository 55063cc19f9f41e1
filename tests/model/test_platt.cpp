// Platt's calibration: the optimum of its likelihood, by ranks, weights and scale.
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <utility>
#include <vector>

#include "model/platt.hpp"

namespace hogwild::model {
namespace {

using Scores = std::vector<LabelledScore>;

const SumOverRanks kAlone = [](std::span<double>) {};

Scores noisy_scores(int count, double scale = 1.0) {
    std::mt19937_64 draw(4);
    std::normal_distribution<double> noise;
    Scores scores;
    for (int i = 0; i < count; ++i) {
        const bool positive = i % 4 == 0;
        scores.push_back(
            {.score = scale * (noise(draw) + (positive ? 1.0 : -1.0)), .positive = positive});
    }
    return scores;
}

/// The gradient of the likelihood, as Platt writes it.
std::pair<double, double> gradient(const Scores& scores, const Platt& platt) {
    double positives = 0.0;
    double negatives = 0.0;
    for (const auto& s : scores) {
        (s.positive ? positives : negatives) += static_cast<double>(s.weight);
    }
    std::pair<double, double> sum{};
    for (const auto& s : scores) {
        const double target =
            s.positive ? (positives + 1.0) / (positives + 2.0) : 1.0 / (negatives + 2.0);
        const double p = 1.0 / (1.0 + std::exp(platt.a * s.score + platt.b));
        sum.first += static_cast<double>(s.weight) * (target - p) * s.score;
        sum.second += static_cast<double>(s.weight) * (target - p);
    }
    return sum;
}

TEST(Platt, IsTheOptimumOfTheLikelihood) {
    for (const double scale : {1e-6, 1.0, 1e5}) {
        const Scores scores = noisy_scores(400, scale);
        const Platt platt = fit_platt(scores, kAlone).value();
        const auto [a, b] = gradient(scores, platt);
        EXPECT_NEAR(a / scale, 0.0, 1e-7) << scale;
        EXPECT_NEAR(b, 0.0, 1e-7) << scale;
        EXPECT_LT(platt.a, 0.0);
    }
}

// a and b of scikit-learn 1.2.1, sklearn.calibration._SigmoidCalibration, of the same scores
TEST(Platt, AsScikitLearn) {
    Scores scores;
    for (int i = 0; i < 200; ++i) {
        const bool positive = i % 5 == 0;
        scores.push_back(
            {.score = std::sin(i * 1.7) * 2.0 + (positive ? 1.0 : -0.5), .positive = positive});
    }
    const Platt platt = fit_platt(scores, kAlone).value();
    EXPECT_NEAR(platt.a, -0.7147612184880652, 1e-6);
    EXPECT_NEAR(platt.b, 1.5717498221144217, 1e-6);
}

TEST(Platt, SeparableScoresHaveAFiniteFit) {
    Scores scores;
    for (int i = 0; i < 50; ++i) {
        scores.push_back({.score = i < 10 ? 5.0 : -5.0, .positive = i < 10});
    }
    const Platt platt = fit_platt(scores, kAlone).value();
    EXPECT_NEAR(platt.probability(5.0), 11.0 / 12.0, 1e-9) << "Platt's target";
    EXPECT_NEAR(platt.probability(-5.0), 1.0 / 42.0, 1e-9);
}

TEST(Platt, EqualScoresGiveTheShareOfPositives) {
    Scores scores(40, {.score = 0.0});
    for (int i = 0; i < 10; ++i) scores[static_cast<std::size_t>(i)].positive = true;
    const double mean = (10.0 * 11.0 / 12.0 + 30.0 / 32.0) / 40.0;  // of the targets
    EXPECT_NEAR(fit_platt(scores, kAlone).value().probability(0.0), mean, 1e-9);
}

TEST(Platt, NeedsBothLabels) {
    EXPECT_FALSE(fit_platt({}, kAlone).has_value());
    EXPECT_FALSE(fit_platt(Scores(3, {.score = 1.0, .positive = true}), kAlone).has_value());
}

TEST(Platt, AWeightOfTwoIsTheDocumentTwice) {
    Scores scores = noisy_scores(100);
    Scores twice = scores;
    for (std::size_t i = 0; i < scores.size(); i += 3) {
        scores[i].weight = 2.0F;
        twice.push_back(twice[i]);
    }
    const Platt weighted = fit_platt(scores, kAlone).value();
    const Platt repeated = fit_platt(twice, kAlone).value();
    EXPECT_NEAR(weighted.a, repeated.a, 1e-9);
    EXPECT_NEAR(weighted.b, repeated.b, 1e-9);
}

TEST(Platt, ProbabilitiesDoNotOverflow) {
    const Platt logistic;
    EXPECT_DOUBLE_EQ(logistic.probability(0.0), 0.5);
    EXPECT_DOUBLE_EQ(logistic.probability(2.0), 1.0 / (1.0 + std::exp(-2.0)));
    EXPECT_EQ(logistic.probability(1e300), 1.0);
    EXPECT_EQ(logistic.probability(-1e300), 0.0);
}

}  // namespace
}  // namespace hogwild::model
