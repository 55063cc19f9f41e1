// A document of weight 2 is as good as the document twice; a class of weight 2 likewise.
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "model/evaluation.hpp"
#include "model/reference.hpp"

namespace hogwild::model {
namespace {

constexpr std::uint32_t kFeatures = 60;
constexpr std::array kLosses{LossKind::hinge, LossKind::squared_hinge, LossKind::logistic,
                             LossKind::modified_huber};
constexpr std::array kRegularizers{Regularizer::none, Regularizer::seed, Regularizer::scalar,
                                   Regularizer::hogwild, Regularizer::l2};

/// The same documents, some of them 2 or 3 times: with weights, and with copies.
struct Twins {
    data::Rows weighted;
    data::Rows repeated;
};

/// @param times  times(i, y): how often document i counts.
template <class Times>
Twins twins(Times&& times) {
    const data::Rows rows = reference::random_rows(400, kFeatures, 9);
    Twins out;
    for (std::int64_t i = 0; i < rows.size(); ++i) {
        const int n = times(i, rows.label(i));
        out.weighted.append(rows.row(i), rows.label(i), static_cast<float>(n));
        for (int k = 0; k < n; ++k) out.repeated.append(rows.row(i), rows.label(i));
    }
    return out;
}
int one_to_three(std::int64_t i, int /*label*/) { return 1 + static_cast<int>(i % 3); }

std::vector<double> some_weights() {
    std::vector<double> w(kFeatures + 1);
    for (std::size_t u = 0; u < w.size(); ++u) w[u] = data::CounterRandom(31, u).unit(0) - 0.4;
    return w;
}

template <class Visit>
void for_each_objective(const data::Rows& rows, Visit&& visit) {
    for (const LossKind loss : kLosses) {
        for (const Regularizer regularizer : kRegularizers) {
            Objective o;
            o.loss = loss;
            o.regularizer = regularizer;
            o.lambda = 0.01;
            o.shape.features = kFeatures;
            o.inverse_degree = reference::inverse_degree(rows, kFeatures);
            visit(o);
        }
    }
}

std::vector<double> full_step(const Objective& o, const data::Rows& rows, bool regularized) {
    BatchGradient<double> gradient(o, regularized);
    std::vector<std::uint32_t> all(static_cast<std::size_t>(rows.size()));
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint32_t>(i);
    std::vector<double> w = some_weights();
    const SparseDelta delta = gradient.step(rows, all, std::span<const double>(w), 0.1);
    add(std::span(w), delta);
    return w;
}

void expect_near(const std::vector<double>& a, const std::vector<double>& b) {
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t u = 0; u < a.size(); ++u) EXPECT_NEAR(a[u], b[u], 1e-11) << u;
}

TEST(DocumentWeights, GradientIsThatOfCopies) {
    const Twins rows = twins(one_to_three);
    for_each_objective(rows.weighted, [&](const Objective& o) {
        // The regularizer by feature degree belongs to the features, not to the documents.
        const bool regularized = o.regularizer != Regularizer::hogwild;
        expect_near(full_step(o, rows.weighted, regularized),
                    full_step(o, rows.repeated, regularized));
    });
}

TEST(DocumentWeights, GradientTakesClassWeights) {
    const Twins rows = twins([](std::int64_t, int y) { return y > 0 ? 3 : 1; });
    data::Rows plain = rows.weighted;
    plain.forget_weights();
    for_each_objective(plain, [&](Objective o) {
        const bool regularized = o.regularizer != Regularizer::hogwild;
        const std::vector<double> expected = full_step(o, rows.repeated, regularized);
        o.step_weights = {1.0, 3.0};
        expect_near(full_step(o, plain, regularized), expected);
    });
}

TEST(DocumentWeights, RegularizerByFeatureDegreeDoesNotCountThem) {
    Objective o;
    o.regularizer = Regularizer::hogwild;
    o.lambda = 0.01;
    o.shape.features = kFeatures;
    const Twins rows = twins(one_to_three);
    o.inverse_degree = reference::inverse_degree(rows.weighted, kFeatures);
    data::Rows plain = rows.weighted;
    plain.forget_weights();
    const auto share = [&](const data::Rows& of) {
        std::vector<double> with = full_step(o, of, true);
        const std::vector<double> without = full_step(o, of, false);
        for (std::size_t u = 0; u < with.size(); ++u) with[u] -= without[u];
        return with;
    };
    expect_near(share(rows.weighted), share(plain));
}

TEST(DocumentWeights, MetricsAreThoseOfCopies) {
    const Twins rows = twins(one_to_three);
    const std::vector<double> w = some_weights();
    for_each_objective(rows.weighted, [&](const Objective& o) {
        const Metrics a = reference::metrics(o, w, rows.weighted);
        const Metrics b = reference::metrics(o, w, rows.repeated);
        EXPECT_NEAR(a.loss, b.loss, 1e-12);
        if (o.regularizer != Regularizer::hogwild) {
            EXPECT_NEAR(a.objective, b.objective, 1e-12);
        }
        EXPECT_NEAR(a.accuracy, b.accuracy, 1e-12);
        EXPECT_NEAR(a.accuracy_positive, b.accuracy_positive, 1e-12);
        EXPECT_NEAR(a.accuracy_negative, b.accuracy_negative, 1e-12);
        EXPECT_NEAR(a.precision, b.precision, 1e-12);
        EXPECT_NEAR(a.f1, b.f1, 1e-12);
        EXPECT_EQ(a.documents, rows.weighted.size());
    });
}

TEST(DocumentWeights, ScoresCarryThem) {
    const Twins rows = twins(one_to_three);
    const LinearModel<data::Numbering::listed> model{[] {
                                                         Objective o;
                                                         o.shape.features = kFeatures;
                                                         return o;
                                                     }(),
                                                     some_weights()};
    const auto ranking = [&](const data::Rows& of) {
        Tally tally;
        std::vector<LabelledScore> scores;
        evaluate(model, data::NumberedRows<data::Numbering::listed>(of), tally, &scores);
        std::ranges::sort(scores, std::ranges::greater{}, &LabelledScore::score);
        return sum_ranking(scores);
    };
    EXPECT_NEAR(ranking(rows.weighted).auc(), ranking(rows.repeated).auc(), 1e-12);
    EXPECT_NEAR(ranking(rows.weighted).average_precision(),
                ranking(rows.repeated).average_precision(), 1e-12);
}

TEST(ClassWeights, EnterObjectiveAndLossAlone) {
    const Twins rows = twins([](std::int64_t, int y) { return y > 0 ? 3 : 1; });
    data::Rows plain = rows.weighted;
    plain.forget_weights();
    const std::vector<double> w = some_weights();
    for_each_objective(plain, [&](const Objective& o) {
        const LinearModel<data::Numbering::listed> model{o, w};
        Tally tally;
        evaluate(model, data::NumberedRows<data::Numbering::listed>(plain), tally);
        const Metrics weighted = metrics_of(model, tally, {2.0, 6.0});
        const Metrics copies = reference::metrics(o, w, rows.repeated);
        const Metrics unweighted = metrics_of(model, tally);
        EXPECT_NEAR(weighted.loss, copies.loss, 1e-12);
        if (o.regularizer != Regularizer::hogwild) {
            EXPECT_NEAR(weighted.objective, copies.objective, 1e-12);
        }
        EXPECT_EQ(weighted.accuracy, unweighted.accuracy);
        EXPECT_EQ(weighted.precision, unweighted.precision);
        EXPECT_EQ(weighted.f1, unweighted.f1);
    });
}

}  // namespace
}  // namespace hogwild::model
