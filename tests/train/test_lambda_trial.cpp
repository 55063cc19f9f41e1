// The choice of lambda by trial.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <set>

#include "model/reference.hpp"
#include "train/lambda_trial.hpp"
#include "train/strategy_test.hpp"

namespace hogwild::train {
namespace {

std::vector<std::uint32_t> in_order(const data::Rows& rows) {
    std::vector<std::uint32_t> order(static_cast<std::size_t>(rows.size()));
    std::iota(order.begin(), order.end(), 0U);
    return order;
}

double chosen(const model::Objective& objective, const data::Rows& rows,
              std::int64_t documents = 0) {
    return choose_lambda(objective, rows, in_order(rows), documents > 0 ? documents : rows.size())
        .lambda;
}

/// Dense documents whose label follows from x; of some of them the other one is given.
/// @param wrong  share of those.
data::Rows dense_rows(std::int64_t n, std::size_t features, double wrong) {
    std::mt19937_64 draw(7);
    std::normal_distribution<float> normal;
    std::uniform_real_distribution<double> uniform;
    std::vector<std::uint32_t> index(features);
    std::iota(index.begin(), index.end(), 0U);
    data::Rows rows;
    for (std::int64_t i = 0; i < n; ++i) {
        std::vector<float> value;
        for (std::size_t u = 0; u < features; ++u) value.push_back(normal(draw));
        const float sum = std::accumulate(value.begin(), value.begin() + 5, 0.0F);
        rows.append({index, value}, (sum > 0.0F) != (uniform(draw) < wrong) ? 1 : -1);
    }
    return rows;
}

model::Objective objective_for(const data::Rows& rows, std::size_t features) {
    return make_objective(model::Regularizer::l2, rows, features);
}

TEST(LambdaTrial, MoreDocumentsWhereTheyAreShortAndFeaturesMany) {
    EXPECT_EQ(lambda_documents(50.0, 1'000'000), 40'000);
    EXPECT_EQ(lambda_documents(12.0, 20'000), 100'000) << "at most";
    EXPECT_EQ(lambda_documents(0.0, 20'000), 100'000) << "documents without entries";
    EXPECT_EQ(lambda_documents(5'000.0, 20'000), 12'000) << "at least";
    EXPECT_EQ(lambda_documents(40.0, 40), 12'000) << "forty features need no more";
    EXPECT_EQ(lambda_documents(40.0, 1'500), 30'000);
}

TEST(LambdaTrial, ScalesWithTheData) {
    const data::Rows rows = dense_rows(400, 20, 0.2);
    model::Objective o = objective_for(rows, 20);
    o.bias = false;
    data::Rows larger = rows;
    larger.scale(std::vector<double>(20, 8.0));
    const double lambda = chosen(o, rows);
    EXPECT_GT(lambda, 0.0);
    EXPECT_NEAR(chosen(o, larger) / lambda, 64.0, 64.0 * 0.05) << "of two digits each";
}

TEST(LambdaTrial, MoreFeaturesThanDocumentsTellNeedALargerOne) {
    const data::Rows clean = dense_rows(600, 10, 0.0);
    const data::Rows noisy = dense_rows(600, 200, 0.3);
    const double scale = 200.0 / 10.0;  // of |x|^2
    EXPECT_GT(chosen(objective_for(noisy, 200), noisy) / scale,
              8.0 * chosen(objective_for(clean, 10), clean));
}

TEST(LambdaTrial, FallsWithTheDocumentsThatItIsFor) {
    const data::Rows rows = reference::random_rows(300, 60, 5);
    const model::Objective o = objective_for(rows, 60);
    const double ratio = chosen(o, rows) / chosen(o, rows, 16 * rows.size());
    EXPECT_NEAR(ratio, 8.0, 0.8);
}

TEST(LambdaTrial, AnyNumberOfDocumentsAndAnyLoss) {
    for (const auto loss : {model::LossKind::hinge, model::LossKind::squared_hinge,
                            model::LossKind::logistic, model::LossKind::modified_huber}) {
        for (const std::int64_t n : {1, 2, 3, 7, 100}) {
            const data::Rows rows = reference::random_rows(n, 60, 5);
            model::Objective o = objective_for(rows, 60);
            o.loss = loss;
            const double lambda = chosen(o, rows);
            EXPECT_TRUE(std::isfinite(lambda) && lambda > 0.0);
        }
    }
}

TEST(LambdaTrial, DocumentsWithoutFeaturesAreNoReasonToFail) {
    data::Rows rows;
    for (int i = 0; i < 10; ++i) rows.append({}, i % 2 == 0 ? 1 : -1);
    EXPECT_EQ(chosen(objective_for(rows, 5), rows), 1e-4);
}

TEST(LambdaTrial, FollowsTheOrder) {
    const data::Rows rows = reference::random_rows(300, 60, 5);
    const model::Objective o = objective_for(rows, 60);
    data::Rows backwards;
    std::vector<std::uint32_t> order;
    for (std::int64_t i = rows.size(); i-- > 0;) {
        backwards.append(rows.row(i), rows.label(i));
        order.push_back(static_cast<std::uint32_t>(i));
    }
    EXPECT_EQ(choose_lambda(o, rows, order, 300).lambda, chosen(o, backwards));
}

/// One path in the original numbering would have weights for 2^31 features.
TEST(LambdaTrial, FeaturesThatDoNotOccurChangeNothing) {
    const data::Rows rows = reference::random_rows(300, 60, 5);
    data::Rows apart = rows;
    for (std::uint32_t& u : apart.arrays().index) u += 2'000'000'000U;
    model::Objective o = objective_for(rows, 60);
    o.inverse_degree.clear();  // of another regularizer
    EXPECT_EQ(chosen(o, rows), chosen(o, apart));
}

/// Each document has a feature of its own and nothing else. What was not learnt from has the bias
/// alone as its score: one value for each division.
TEST(LambdaTrial, ScoresAreOfDocumentsThatWereNotLearntFrom) {
    constexpr std::int64_t kDocuments = 500;
    data::Rows rows;
    for (std::uint32_t i = 0; i < kDocuments; ++i) {
        const float value = 1.0F;
        rows.append({{&i, 1}, {&value, 1}}, i % 3 == 0 ? 1 : -1);
    }
    const model::Objective o = objective_for(rows, kDocuments);
    const LambdaChoice choice = choose_lambda(o, rows, in_order(rows), kDocuments);
    EXPECT_EQ(std::ssize(choice.scores), kDocuments) << "each of them once";
    EXPECT_EQ(std::ranges::count_if(choice.scores, &model::LabelledScore::positive),
              (kDocuments + 2) / 3);
    std::set<double> distinct;
    for (const model::LabelledScore& s : choice.scores) distinct.insert(s.score);
    EXPECT_LE(distinct.size(), 5U);
}

TEST(LambdaTrial, WeightsOfClassesCount) {
    const data::Rows rows = dense_rows(600, 200, 0.3);
    model::Objective o = objective_for(rows, 200);
    const double alike = chosen(o, rows);
    o.step_weights = {.negative = 0.02, .positive = 1.98};
    EXPECT_NE(chosen(o, rows), alike);
}

}  // namespace
}  // namespace hogwild::train
