#include <gtest/gtest.h>

#include <limits>

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
static_assert(kEvaluates<Numbering::file, Numbering::file>);
static_assert(kEvaluates<Numbering::training, Numbering::training>);
static_assert(!kEvaluates<Numbering::file, Numbering::training>);
static_assert(!kEvaluates<Numbering::training, Numbering::file>);

/// The metrics are the same in both numberings, also for regularizers with values per feature.
TEST(LinearModel, HasTheSameMetricsInBothNumberings) {
    constexpr std::size_t kFeatures = 60;
    const NumberedRows<Numbering::file> rows(reference::random_rows(300, kFeatures, 8));
    std::vector<std::int64_t> counts(kFeatures);
    for (std::size_t u = 0; u < kFeatures; ++u) {  // frequent ones all over the place
        counts[u] = static_cast<std::int64_t>(1 + (u * 37) % kFeatures);
    }
    data::FeatureOrder order(counts, 20);
    NumberedRows<Numbering::training> renumbered;
    order.append(renumbered, rows, 0, rows.size());

    for (const Regularizer r : {Regularizer::none, Regularizer::seed, Regularizer::scalar,
                                Regularizer::hogwild, Regularizer::l2}) {
        LinearModel<Numbering::training> trained;
        trained.objective.regularizer = r;
        trained.objective.lambda = 0.3;
        trained.objective.shape.features = kFeatures;
        for (std::size_t u = 0; u <= kFeatures; ++u) {
            trained.weights.push_back(0.01 * static_cast<double>(u) - 0.2);
            trained.objective.inverse_degree.push_back(1.0 / static_cast<double>(u + 1));
        }
        const LinearModel<Numbering::file> in_file = in_file_numbering(trained, order);
        Tally by_training;
        Tally by_file;
        evaluate(trained, renumbered, by_training);
        evaluate(in_file, rows, by_file);
        const Metrics a = metrics_of(trained, by_training);
        const Metrics b = metrics_of(in_file, by_file);
        EXPECT_NEAR(a.objective, b.objective, 1e-12) << static_cast<int>(r);
        EXPECT_EQ(a.accuracy, b.accuracy);
        EXPECT_EQ(a.predicted_positives, b.predicted_positives);
        EXPECT_NEAR(b.objective, reference::objective(in_file.objective, in_file.weights, rows),
                    1e-12);
    }
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
