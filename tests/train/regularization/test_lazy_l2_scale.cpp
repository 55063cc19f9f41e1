// The common scale of l2: it is materialized during training exactly as often as necessary, and the
// weights are the same as if each were multiplied after every slice.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "train/regularization/lazy_l2_scale.hpp"
#include "train/strategy_test.hpp"

namespace hogwild::train {
namespace {

using model::Regularizer;

constexpr std::size_t kFeatures = 60;

HotHeadPlan plan(std::size_t features) {
    return {.by_document = true, .size = features, .merge_every = 64};
}

/// lambda times the sum of the learning rate over all documents.
double whole_exponent(double lambda, double eta, const data::Rows& rows, std::int64_t epochs) {
    return lambda * eta * static_cast<double>(rows.size() * epochs);
}

class LazyScaleTest : public StrategyTest {
protected:
    explicit LazyScaleTest(int replicas = 1) : StrategyTest(replicas) {}

    /// Each materialization covers a good part of the exponent, and together they cover all of it.
    /// @param whole  exponent of two rounds, each of which ends at a boundary.
    void expect_settles(double whole) const {
        const double bound = LazyL2Scale::kLargest;
        EXPECT_LE(meters_.materializations, whole / bound);
        EXPECT_GE(meters_.materializations, 0.75 * (whole / bound - 2.0));
        EXPECT_GT(meters_.materializations, 0.0);
    }
};

/// The plain twin on one rank: every weight is multiplied after each slice, within which
/// `lock-free` has one learning rate.
std::vector<double> plain_twin(const model::Objective& o, const data::Rows& rows, double eta,
                               std::int64_t epochs) {
    Sampler sampler({Sampler::Kind::permutation, rows.size(), 1, 0, epochs, 7, 0});
    std::vector<double> w(o.shape.size());
    BatchList slice;
    const std::int64_t last = sampler.batches();
    for (const std::int64_t end : {last / 2, last}) {
        for (std::int64_t at = end == last ? last / 2 : 0; at < end; at += std::ssize(slice.rows)) {
            sampler.draw(at, end, 64, slice);
            for (const std::uint32_t i : slice.rows) {
                const data::SparseRow x = rows.row(i);
                double sum = w[o.shape.bias()];
                for (std::size_t k = 0; k < x.size(); ++k) {
                    sum += w[x.index[k]] * static_cast<double>(x.value[k]);
                }
                const double y = rows.label(i);
                if (y * sum >= 1.0) continue;
                for (std::size_t k = 0; k < x.size(); ++k) {
                    w[x.index[k]] += eta * y * static_cast<double>(x.value[k]);
                }
                w[o.shape.bias()] += eta * y;
            }
            const double factor =
                std::exp(-o.lambda * eta * static_cast<double>(slice.rows.size()));
            for (double& weight : w) weight *= factor;
        }
    }
    return w;
}

TEST_F(LazyScaleTest, EqualsThePlainTwin) {
    if (comms_.size() > 1) return;  // more ranks have no order of documents to compare with
    const data::Rows rows = reference::random_rows(300, kFeatures, 6);
    constexpr double kEta = 0.02;
    constexpr std::int64_t kEpochs = 400;
    for (const double lambda : {0.001, 0.05, 0.4}) {
        model::Objective o = make_objective(Regularizer::l2, rows, kFeatures);
        o.lambda = lambda;
        const std::vector<double> wanted = plain_twin(o, rows, kEta, kEpochs);
        double largest = 0.0;
        for (const double v : wanted) largest = std::max(largest, std::abs(v));
        for (const Precision precision : {Precision::single_, Precision::double_}) {
            for (const std::size_t features : {std::size_t{0}, std::size_t{20}, kFeatures}) {
                const std::vector<double> got =
                    train({.strategy = "lock-free",
                           .precision = precision,
                           .schedule = {model::StepSchedule::Kind::constant, kEta, lambda},
                           .aggregated = true,
                           .batch_size = 1,
                           .epochs = kEpochs,
                           .hot_head_plan = plan(features)},
                          o, rows);
                const double whole = whole_exponent(lambda, kEta, rows, kEpochs);
                if (whole / 2 < LazyL2Scale::kLargest) {
                    EXPECT_EQ(meters_.materializations, 0.0) << "boundaries will do";
                } else {
                    expect_settles(whole);
                }
                if (precision == Precision::double_) {
                    for (std::size_t u = 0; u < got.size(); ++u) {
                        EXPECT_NEAR(got[u], wanted[u], 1e-9 * largest)
                            << u << ", lambda " << lambda << ", " << features << " private";
                    }
                } else {
                    EXPECT_NEAR(
                        reference::objective(o, got, rows) / reference::objective(o, wanted, rows),
                        1.0, 0.01)
                        << "lambda " << lambda << ", " << features << " private";
                }
            }
        }
    }
}

/// Documents with the same gradient at all weights. The weights converge to kRest, where gradient
/// and decay of a document balance, and stay there however often the scale is materialized.
struct RestingProblem {
    static constexpr std::uint32_t kWeights = 4;
    static constexpr float kValue = 0.02F;
    static constexpr double kLambda = 0.01;
    static constexpr double kRest = 2.0;  ///< kValue / kLambda
    data::Rows rows;
    model::Objective objective;
    explicit RestingProblem(int ranks) {
        const std::vector<std::uint32_t> index{0, 1, 2, 3};
        const std::vector<float> value(kWeights, kValue);
        for (int i = 0; i < 250 * ranks; ++i) rows.append({index, value}, 1);
        objective = make_objective(Regularizer::l2, rows, kWeights);
        objective.bias = false;
        objective.lambda = kLambda;
    }
    /// @param whole  exponent of the run.
    std::int64_t epochs(double whole, double eta) const {
        return static_cast<std::int64_t>(whole /
                                         whole_exponent(kLambda, eta, rows, std::int64_t{1}));
    }
};

TEST_F(LazyScaleTest, WeightsStayWhereTheyRest) {
    const RestingProblem resting(comms_.size());
    constexpr double kEta = 0.01;
    constexpr double kWhole = 300.0;
    const std::int64_t epochs = resting.epochs(kWhole, kEta);
    for (const Precision precision : {Precision::single_, Precision::double_}) {
        for (const std::size_t features : {0U, 2U, 4U}) {
            Snapshots snapshots(epochs * 250 / 10, 9, resting.objective.shape.size());
            snapshots.start();
            const std::vector<double> w =
                train({.strategy = "lock-free",
                       .precision = precision,
                       .schedule = {model::StepSchedule::Kind::constant, kEta, 0.0},
                       .aggregated = true,
                       .batch_size = 1,
                       .epochs = epochs,
                       .hot_head_plan = plan(features),
                       .snapshots = &snapshots},
                      resting.objective, resting.rows);
            expect_settles(kWhole);
            const auto expect_rest = [&](std::span<const double> weights, const char* when) {
                for (std::size_t u = 0; u < RestingProblem::kWeights; ++u) {
                    // Without copies, a rank that is descheduled between reading and writing puts
                    // back a value from long ago, which is much smaller at the scale of now.
                    const bool loses = u >= features && comms_.size() > 1;
                    EXPECT_LT(weights[u], 1.15 * RestingProblem::kRest) << when << ", " << features;
                    EXPECT_GT(weights[u], (loses ? 0.0 : 0.85) * RestingProblem::kRest)
                        << when << ", " << features;
                }
            };
            expect_rest(w, "at the end");
            for (const Snapshots::Snapshot& s : snapshots.taken())
                expect_rest(s.weights, "between");
        }
    }
}

/// The exponent of a single slice is far beyond the range of a float.
TEST_F(LazyScaleTest, IsFiniteAtAnyRate) {
    const data::Rows rows = reference::random_rows(200 * comms_.size(), kFeatures, 6);
    model::Objective o = make_objective(Regularizer::l2, rows, kFeatures);
    for (const double lambda : {1.0, 100.0, 1e6}) {
        o.lambda = lambda;
        for (const Precision precision : {Precision::single_, Precision::double_}) {
            for (const std::size_t features : {std::size_t{0}, std::size_t{20}, kFeatures}) {
                constexpr double kEta = 0.5;
                const std::vector<double> w =
                    train({.strategy = "lock-free",
                           .precision = precision,
                           .schedule = {model::StepSchedule::Kind::constant, kEta, lambda},
                           .aggregated = true,
                           .batch_size = 1,
                           .epochs = 30,
                           .hot_head_plan = plan(features)},
                          o, rows);
                EXPECT_GT(meters_.materializations, 0.0);
                // the last documents of every rank, decayed once
                const double most = 64.0 * comms_.size() * kEta * std::exp(-lambda * kEta);
                for (const double v : w) EXPECT_LE(std::abs(v), most) << "lambda " << lambda;
            }
        }
    }
}

class LazyScaleWindowsTest : public LazyScaleTest {
protected:
    LazyScaleWindowsTest() : LazyScaleTest(2) {}
};

TEST_F(LazyScaleWindowsTest, WeightsStayWhereTheyRest) {
    if (comms_.replicas() < 2) return;  // nothing to exchange
    const RestingProblem resting(comms_.size());
    constexpr double kEta = 0.03;
    constexpr double kWhole = 300.0;
    for (const Combine combine : {Combine::mean, Combine::sum, Combine::elastic}) {
        for (const std::size_t features : {0U, 2U, 4U}) {
            const std::vector<double> w =
                train({.strategy = "lock-free",
                       .precision = Precision::single_,
                       .schedule = {model::StepSchedule::Kind::constant, kEta, 0.0},
                       .aggregated = true,
                       .batch_size = 1,
                       .epochs = resting.epochs(kWhole, kEta),
                       .hot_head_plan = plan(features),
                       .exchange = {combine, 0.5, std::nullopt}},
                      resting.objective, resting.rows);
            EXPECT_GT(meters_.materializations, 0.0);
            for (std::size_t u = 0; u < RestingProblem::kWeights; ++u) {
                const bool loses = u >= features && comms_.size() > 2;
                EXPECT_LT(w[u], 1.5 * RestingProblem::kRest) << static_cast<int>(combine);
                EXPECT_GT(w[u], (loses ? 0.0 : 0.6) * RestingProblem::kRest)
                    << static_cast<int>(combine);
            }
        }
    }
}

}  // namespace
}  // namespace hogwild::train
