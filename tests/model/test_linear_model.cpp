#include <gtest/gtest.h>

#include <limits>
#include <numeric>

#include "model/reference.hpp"

namespace hogwild::model {
namespace {

using data::NumberedRows;
using data::Numbering;

/// Rows in another numbering than the model do not compile.
template <Numbering kModel, Numbering kRows>
constexpr bool kEvaluates = requires(const LinearModel<kModel>& model,
                                     const NumberedRows<kRows>& rows, Tally& tally) {
    evaluate(model, rows, tally);
};
static_assert(kEvaluates<Numbering::listed, Numbering::listed>);
static_assert(kEvaluates<Numbering::training, Numbering::training>);
static_assert(!kEvaluates<Numbering::listed, Numbering::training>);
static_assert(!kEvaluates<Numbering::training, Numbering::listed>);
static_assert(!kEvaluates<Numbering::listed, Numbering::file>);

/// The metrics are the same in both numberings, also for regularizers with values per feature.
TEST(LinearModel, HasTheSameMetricsInBothNumberings) {
    constexpr std::size_t features = 60;
    const NumberedRows<Numbering::file> rows(reference::random_rows(300, features, 8));
    std::vector<std::int64_t> counts(features);
    for (std::size_t u = 0; u < features; ++u) {  // frequent ones all over the place
        counts[u] = static_cast<std::int64_t>(1 + (u * 37) % features);
    }
    std::vector<std::uint32_t> all(features);
    std::iota(all.begin(), all.end(), 0U);
    data::FeatureOrder order(data::FeatureSet(all), counts, 20);
    NumberedRows<Numbering::training> renumbered;
    order.append(renumbered, rows, 0, rows.size());

    for (const Regularizer r : {Regularizer::none, Regularizer::seed, Regularizer::scalar,
                                Regularizer::hogwild, Regularizer::l2}) {
        LinearModel<Numbering::training> trained;
        trained.objective.regularizer = r;
        trained.objective.lambda = 0.3;
        trained.objective.shape.features = features;
        for (std::size_t u = 0; u <= features; ++u) {
            trained.weights.push_back(0.01 * static_cast<double>(u) - 0.2);
            trained.objective.inverse_degree.push_back(1.0 / static_cast<double>(u + 1));
        }
        const LinearModel<Numbering::listed> listed = in_listed_numbering(trained, order);
        const auto listed_rows = in_listed_numbering(rows, order.columns());
        Tally by_training;
        Tally by_list;
        evaluate(trained, renumbered, by_training);
        evaluate(listed, listed_rows, by_list);
        const Metrics a = metrics_of(trained, by_training);
        const Metrics b = metrics_of(listed, by_list);
        EXPECT_NEAR(a.objective, b.objective, 1e-12) << static_cast<int>(r);
        EXPECT_EQ(a.accuracy, b.accuracy);
        EXPECT_EQ(a.predicted_positives, b.predicted_positives);
        EXPECT_NEAR(b.objective, reference::objective(listed.objective, listed.weights, rows),
                    1e-12);
    }
}

/// A feature that training has not seen counts in a document's length and weighs nothing.
TEST(LinearModel, FeaturesThatAreNotListedWeighNothing) {
    data::FeatureOrder order(data::FeatureSet({4, 9, 500}), std::vector<std::int64_t>{1, 3, 2}, 2);
    LinearModel<Numbering::training> trained;
    trained.objective.regularizer = Regularizer::seed;
    trained.objective.lambda = 0.5;
    trained.objective.shape = {3};
    trained.weights = {0.9, 0.5, 0.4, 0.25};  // of 9, 500, 4, and the bias
    const auto listed = in_listed_numbering(trained, order);
    EXPECT_EQ(listed.weights, (std::vector<double>{0.4, 0.9, 0.5, 0.0, 0.25}));
    EXPECT_EQ(listed.objective.shape.bias(), 4U);

    NumberedRows<Numbering::file> rows;
    const std::uint32_t index[] = {9, 10, 499, 501};
    const float value[] = {1.0F, 1.0F, 1.0F, 1.0F};
    rows.append({index, value}, 1);
    std::vector<LabelledScore> scores;
    Tally tally;
    evaluate(listed, in_listed_numbering(rows, order.columns()), tally, &scores);
    EXPECT_EQ(scores.front().score, 0.9 + 0.25);
    // four entries and the bias
    EXPECT_NEAR(tally.all.penalty, (0.9 * 0.9 + 0.25 * 0.25) / 5, 1e-15);
}

TEST(Metrics, AreFiniteOnlyIfEveryMetricIs) {
    Metrics m;
    EXPECT_TRUE(m.finite()) << "no document: nothing that could be wrong";
    m.documents = 3;
    EXPECT_TRUE(m.finite());
    m.objective = std::numeric_limits<double>::infinity();
    EXPECT_FALSE(m.finite());
    m.objective = 1.0;
    m.loss = std::numeric_limits<double>::quiet_NaN();
    EXPECT_FALSE(m.finite());
}

}  // namespace
}  // namespace hogwild::model
