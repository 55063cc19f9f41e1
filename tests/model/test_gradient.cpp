// The batch gradient and the evaluation against their plain twins.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <ostream>

#include "model/evaluation.hpp"
#include "model/reference.hpp"

namespace hogwild {
namespace {

using model::LossKind;
using model::Regularizer;

constexpr std::uint32_t kManyFeatures = 5000;  // more than one group of the accumulator's bitmap

struct Case {
    Regularizer regularizer;
    LossKind loss;
    bool bias;
};
void PrintTo(const Case& c, std::ostream* out) {
    *out << "regularizer " << static_cast<int>(c.regularizer) << ", loss "
         << static_cast<int>(c.loss) << (c.bias ? ", bias" : "");
}

class GradientTest : public ::testing::TestWithParam<Case> {
protected:
    GradientTest() : rows_(reference::random_rows(60, 300, 3)) {
        // a few features far out, an empty document, a stored zero
        const std::vector<std::uint32_t> far{7, 4095, 4096, 4999};
        const std::vector<float> values{0.5F, -0.25F, 0.0F, 1.0F};
        rows_.append({far, values}, -1);
        rows_.append({}, 1);
        objective_.regularizer = GetParam().regularizer;
        objective_.loss = GetParam().loss;
        objective_.bias = GetParam().bias;
        objective_.lambda = 0.3;
        objective_.shape.features = kManyFeatures;
        objective_.inverse_degree = reference::inverse_degree(rows_, kManyFeatures);
        const data::CounterRandom random(11);
        for (std::size_t u = 0; u < objective_.shape.size(); ++u) {
            w_.push_back(random.unit(u) - 0.5);
        }
        if (!objective_.bias) w_[objective_.shape.bias()] = 0.0;
    }

    data::Rows rows_;
    model::Objective objective_;
    std::vector<double> w_;
};

TEST_P(GradientTest, StepEqualsThePlainTwin) {
    model::BatchGradient<double> gradient(objective_, true);
    std::vector<std::uint32_t> batch(static_cast<std::size_t>(rows_.size()));
    std::iota(batch.begin(), batch.end(), 0U);
    for (const std::size_t size : {batch.size(), std::size_t{1}, std::size_t{0}, std::size_t{7}}) {
        const auto part = std::span<const std::uint32_t>(batch).last(size);
        const model::SparseDelta& delta =
            gradient.step(rows_, part, std::span<const double>(w_), 0.1);
        EXPECT_TRUE(std::ranges::is_sorted(delta.index));
        std::vector<double> got(w_.size());
        for (std::size_t k = 0; k < delta.index.size(); ++k) got[delta.index[k]] = delta.value[k];
        const std::vector<double> expected = reference::step(objective_, rows_, part, w_, 0.1);
        for (std::size_t u = 0; u < got.size(); ++u) {
            ASSERT_NEAR(got[u], expected[u], 1e-13) << "weight " << u << ", batch of " << size;
        }
    }
}

TEST_P(GradientTest, FloatWeightsGiveTheSameToTheirPrecision) {
    model::BatchGradient<float> gradient(objective_, true);
    const std::vector<float> narrow(w_.begin(), w_.end());
    const std::vector<double> widened(narrow.begin(), narrow.end());
    const std::vector<std::uint32_t> batch{0, 5, 60};
    const model::SparseDelta& delta =
        gradient.step(rows_, batch, std::span<const float>(narrow), 0.1);
    const std::vector<double> expected = reference::step(objective_, rows_, batch, widened, 0.1);
    for (std::size_t k = 0; k < delta.index.size(); ++k) {
        EXPECT_NEAR(delta.value[k], expected[delta.index[k]], 1e-12);
    }
}

TEST_P(GradientTest, AggregatedLeavesOnlyTheLoss) {
    model::BatchGradient<double> gradient(objective_, false);
    model::Objective plain = objective_;
    plain.regularizer = Regularizer::none;
    const std::vector<std::uint32_t> batch{1, 2, 3, 60};
    const model::SparseDelta& delta = gradient.step(rows_, batch, std::span<const double>(w_), 0.1);
    const std::vector<double> expected = reference::step(plain, rows_, batch, w_, 0.1);
    for (std::size_t k = 0; k < delta.index.size(); ++k) {
        EXPECT_NEAR(delta.value[k], expected[delta.index[k]], 1e-13);
    }
}

TEST_P(GradientTest, ObjectiveEqualsThePlainTwin) {
    const model::Metrics m = reference::metrics(objective_, w_, rows_);
    EXPECT_NEAR(m.objective, reference::objective(objective_, w_, rows_), 1e-12);
    std::int64_t correct = 0;
    for (std::int64_t i = 0; i < rows_.size(); ++i) {
        correct += reference::margin(objective_, w_, rows_.row(i), rows_.label(i)) > 0.0 ? 1 : 0;
    }
    EXPECT_EQ(m.accuracy, static_cast<double>(correct) / static_cast<double>(rows_.size()));
    EXPECT_EQ(m.documents, rows_.size());
}

/// The gradient is the negative slope of the objective, wherever the loss is smooth.
TEST_P(GradientTest, StepFollowsTheSlopeOfTheObjective) {
    std::vector<std::uint32_t> batch(static_cast<std::size_t>(rows_.size()));
    std::iota(batch.begin(), batch.end(), 0U);
    std::vector<double> g = reference::step(objective_, rows_, batch, w_, 1.0);
    if (objective_.regularizer == Regularizer::l2) {  // dense, hence not part of the step
        for (std::size_t u = 0; u < g.size(); ++u) {
            g[u] -= static_cast<double>(rows_.size()) * objective_.lambda * w_[u];
        }
    }
    constexpr double kH = 1e-6;
    for (const std::size_t u : {std::size_t{0}, std::size_t{7}, std::size_t{4999}}) {
        std::vector<double> up = w_;
        std::vector<double> down = w_;
        up[u] += kH;
        down[u] -= kH;
        const double slope = (reference::objective(objective_, up, rows_) -
                              reference::objective(objective_, down, rows_)) /
                             (2.0 * kH) * static_cast<double>(rows_.size());
        EXPECT_NEAR(g[u], -slope, 1e-4) << "weight " << u;
    }
}

INSTANTIATE_TEST_SUITE_P(All, GradientTest,
                         ::testing::Values(Case{Regularizer::none, LossKind::hinge, true},
                                           Case{Regularizer::seed, LossKind::hinge, true},
                                           Case{Regularizer::seed, LossKind::hinge, false},
                                           Case{Regularizer::seed, LossKind::logistic, true},
                                           Case{Regularizer::scalar, LossKind::hinge, true},
                                           Case{Regularizer::scalar, LossKind::logistic, false},
                                           Case{Regularizer::hogwild, LossKind::hinge, true},
                                           Case{Regularizer::hogwild, LossKind::logistic, true},
                                           Case{Regularizer::l2, LossKind::hinge, true},
                                           Case{Regularizer::l2, LossKind::logistic, false},
                                           Case{Regularizer::none, LossKind::squared_hinge, true},
                                           Case{Regularizer::hogwild, LossKind::squared_hinge,
                                                true},
                                           Case{Regularizer::l2, LossKind::squared_hinge, false},
                                           Case{Regularizer::seed, LossKind::modified_huber, true},
                                           Case{Regularizer::l2, LossKind::modified_huber, true}));

TEST(Evaluation, ZeroScoreIsNegativeAndClassesAreCountedApart) {
    model::Objective o;
    o.shape.features = 1;
    o.bias = false;
    o.regularizer = Regularizer::none;
    const std::vector<std::uint32_t> zero{0};
    const std::vector<float> one{1.0F};
    data::Rows rows;
    rows.append({zero, one}, 1);   // score 2: right
    rows.append({}, 1);            // score 0: wrong
    rows.append({}, -1);           // score 0: right
    rows.append({zero, one}, -1);  // score 2: wrong
    const std::vector<double> w{2.0, 0.0};
    const model::Metrics m = reference::metrics(o, w, rows);
    EXPECT_EQ(m.accuracy, 0.5);
    EXPECT_EQ(m.accuracy_positive, 0.5);
    EXPECT_EQ(m.accuracy_negative, 0.5);
    EXPECT_EQ(m.positives, 2);
    EXPECT_EQ(m.predicted_positives, 2);
    EXPECT_EQ(m.predicted_negatives, 2);
    EXPECT_TRUE(m.finite());
    EXPECT_EQ(m.loss, (0.0 + 1.0 + 1.0 + 3.0) / 4.0);
    EXPECT_TRUE(std::isnan(reference::metrics(o, w, {}).accuracy));
}

TEST(Tally, PacksAndAddsUp) {
    const model::Tally a{
        1, 2, 1, 0, 2, 1, {3.5, 2.0, 1.5, 0.5, 0.25}, {1.5, 1.0, 0.5, 0.25, 0.125}};
    model::Tally sum = model::Tally::unpack(a.pack());
    sum += a;
    EXPECT_EQ(sum.pack(),
              (model::Tally{2, 4, 2, 0, 4, 2, {7.0, 4.0, 3.0, 1.0, 0.5}, {3.0, 2.0, 1.0, 0.5, 0.25}}
                   .pack()));
}

}  // namespace
}  // namespace hogwild
