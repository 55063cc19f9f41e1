// Dual coordinate ascent: certificates that hold, and ranks that cannot make each other stuck.
#include <algorithm>
#include <cmath>

#include "data/random.hpp"
#include "train/certifier.hpp"
#include "train/sampling/due_documents.hpp"
#include "train/strategies/dual_test.hpp"
#include "train/weights/dual_weights.hpp"

namespace hogwild::train {
namespace {

TEST_F(DualTest, ReachesTheGapForEveryLossAndItsCertificateIsTrue) {
    const data::Rows rows = reference::random_rows(300, 60, 8);
    for (const model::LossKind loss : kLosses) {
        for (const bool bias : {true, false}) {
            DualSetting s{.loss = loss, .bias = bias, .dual = {.gap = 1e-6}, .epochs = 4000};
            const Outcome out = solve(s, rows, 60);
            EXPECT_LE(out.certificate.relative_gap(), 1e-6) << static_cast<int>(loss) << bias;
            EXPECT_GE(out.certificate.relative_gap(), -1e-12);
            EXPECT_NEAR(out.certificate.primal, primal(s, out.weights, rows), 1e-9);
            if (!bias) {
                EXPECT_EQ(out.weights.back(), 0.0);
            }
        }
    }
}

/// The gap is never below the distance to the optimum, which a longer run certifies to 1e-8.
TEST_F(DualTest, TheGapIsNeverBelowTheTrueDistance) {
    const std::uint64_t settings = comms_.size() > 2 ? 25 : 200;  // which takes a few seconds
    for (std::uint64_t k = 0; k < settings; ++k) {
        const data::CounterRandom draw(11, k);
        const auto documents = static_cast<std::int64_t>(40 + draw.below(0, 160));
        const data::Rows rows = reference::random_rows(documents, 60, 100 + k);
        DualSetting s{.loss = kLosses[draw.below(2, 4)],
                      .lambda = std::pow(10.0, -3.0 + 2.0 * draw.unit(3)),
                      .bias = draw.below(4, 4) != 0,
                      .dual = {.gap = 1e-8},
                      .epochs = 20'000,
                      .head = comms_.size() == 1 ? draw.below(5, 61) : 60,
                      .class_weights = {1.0, 0.5 + 3.0 * draw.unit(6)}};
        const Certificate best = solve(s, rows, 60).certificate;
        EXPECT_LE(best.relative_gap(), 1e-8) << "setting " << k;
        const double optimum = best.dual;
        s.dual.gap.reset();
        s.precision = draw.below(7, 2) == 0 ? Precision::single_ : Precision::double_;
        for (const std::int64_t epochs : {1, 3, 9}) {
            s.epochs = epochs;
            const Outcome out = solve(s, rows, 60);
            const double above = out.certificate.primal - optimum;
            // "optimum" is a lower bound of the true one, by 1e-8 of it at most
            const double unknown = 2e-8 * std::abs(optimum) + 1e-12;
            EXPECT_GE(above, -1e-12) << "setting " << k;
            EXPECT_GE(out.certificate.primal - out.certificate.dual, above - unknown)
                << "setting " << k << ", " << epochs << " epochs";
        }
    }
}

/// Steps keep the weights equal to what the dual variables say, which a certificate computes anew.
TEST_F(DualTest, WeightsFollowTheVariables) {
    data::Rows rows = reference::random_rows(300, 60, 8);
    data::Rows weighted;
    for (std::int64_t i = 0; i < rows.size(); ++i) {
        weighted.append(rows.row(i), rows.label(i), 0.5F + 0.25F * static_cast<float>(i % 4));
    }
    for (const model::LossKind loss : kLosses) {
        const Outcome out =
            solve({.loss = loss, .epochs = 5, .class_weights = {1.0, 2.5}}, weighted, 60);
        for (std::size_t u = 0; u < 60; ++u) {
            EXPECT_NEAR(out.uncertified[u], out.weights[u], 1e-9) << static_cast<int>(loss);
        }
    }
}

/// Its sum of variables does not count where there is no bias: else the estimate of the gap would
/// be too large to ask for a certificate before the eighth epoch, at which progress is looked at.
TEST_F(DualTest, WithoutABiasTheGapIsEstimatedAsWell) {
    const data::Rows random = reference::random_rows(300, 60, 8);
    data::Rows rows;  // mostly positive, so that the sum is large
    for (std::int64_t i = 0; i < random.size(); ++i) {
        rows.append(random.row(i), i % 10 == 0 ? -1 : 1);
    }
    for (const model::LossKind loss : {model::LossKind::squared_hinge, model::LossKind::logistic}) {
        const Outcome out =
            solve({.loss = loss, .lambda = 0.1, .bias = false, .dual = {.gap = 1e-2}}, rows, 60);
        EXPECT_LT(out.epochs, 8) << static_cast<int>(loss);
    }
}

/// What a trainer does where the gap does not shrink, until nothing more can be done.
TEST_F(DualTest, CareMeansMoreMergesAndMoreDamping) {
    const data::Rows rows = reference::random_rows(300, 60, 8);
    const model::Objective objective = objective_of({}, rows, 60);
    model::TrainingRows own(model::TrainingRows::Layout::narrow, 60);
    DueDocuments due({.rows = 0, .per_epoch = 300});
    TrainingContext context{objective, own, due, {}, {}, rows.size()};
    context.hot_head_plan = {true, 60, 16};
    DualWeights<double> weights(context, comms_, 300);
    const double ranks = comms_.size();
    double least = 1.0;
    for (std::int64_t merges = 16; comms_.size() > 1 && (merges > 1 || least < ranks);) {
        EXPECT_EQ(weights.merge_every(), merges);
        EXPECT_TRUE(weights.be_careful());
        merges = std::max<std::int64_t>(1, merges / 2);
        least = std::min(ranks, 2.0 * least);
        EXPECT_GE(weights.view().damped_one(), least);
    }
    EXPECT_FALSE(weights.be_careful());
    mpi::barrier(comms_.world());
    weights.close();
}

TEST_F(DualTest, FloatReachesAsMuchSinceWeightsAreRebuilt) {
    const data::Rows rows = reference::random_rows(300, 60, 8);
    for (const std::size_t head : {0U, 20U, 60U}) {
        if (head < 60 && comms_.size() > 1) continue;  // only rare features may be outside it
        const Outcome out = solve(
            {.precision = Precision::single_, .dual = {.gap = 1e-4}, .epochs = 4000, .head = head},
            rows, 60);
        EXPECT_LE(out.certificate.relative_gap(), 1e-4) << head;
    }
}

/// Indices of 16 and of 32 bits, of which most features do not occur.
TEST_F(DualTest, EveryLossInEachPrecisionWithWideIndices) {
    constexpr std::uint32_t kFirst = 70'000;  // more than 16 bits hold
    const data::Rows narrow = reference::random_rows(300, 60, 8);
    data::Rows wide = narrow;
    for (std::uint32_t& u : wide.arrays().index) u += kFirst;
    for (const model::LossKind loss : kLosses) {
        for (const Precision precision : {Precision::single_, Precision::double_}) {
            DualSetting s{.loss = loss, .precision = precision, .dual = {.gap = 1e-5}};
            s.epochs = 4000;
            const Outcome out = solve(s, narrow, 60);
            // on one rank also outside the head
            s.head = comms_.size() == 1 && loss == model::LossKind::hinge ? 0 : kFirst + 60;
            const Outcome apart = solve(s, wide, kFirst + 60);
            for (const Outcome* of : {&out, &apart}) {
                EXPECT_LE(of->certificate.relative_gap(), 1e-5) << static_cast<int>(loss);
            }
            EXPECT_NEAR(apart.certificate.primal, out.certificate.primal,
                        2e-5 * out.certificate.primal);
            EXPECT_EQ(std::ranges::count_if(apart.weights, [](double w) { return w != 0.0; }),
                      std::ranges::count_if(out.weights, [](double w) { return w != 0.0; }));
        }
    }
}

/// Documents that every rank has: without damping the ranks' steps add up to too much, and with 16
/// ranks the gap stays above 1 for ever.
TEST_F(DualTest, DuplicatedAndDenseDocumentsDoNotMakeRanksStuck) {
    const data::Rows copies = duplicated_rows();
    data::Rows dense;
    std::vector<std::uint32_t> index(20);
    for (std::uint32_t u = 0; u < 20; ++u) index[u] = u;
    for (std::uint64_t i = 0; i < 1500; ++i) {
        const data::CounterRandom draw(5, i);
        std::vector<float> value(20);
        double score = 0.0;
        for (std::size_t u = 0; u < 20; ++u) {
            value[u] = static_cast<float>(draw.unit(u) - 0.3);
            score += static_cast<double>(value[u]) * (u % 2 == 0 ? 1.0 : -1.0);
        }
        dense.append({index, value}, score + 0.3 * (draw.unit(99) - 0.5) > 0.0 ? 1 : -1);
    }
    for (const data::Rows* rows : std::initializer_list<const data::Rows*>{&copies, &dense}) {
        const Outcome out = solve(
            {.dual = {.gap = 1e-2}, .epochs = 1000, .head = 20, .merge_every = 64}, *rows, 20);
        EXPECT_LE(out.certificate.relative_gap(), 1e-2);
    }
}

/// One rank sleeps at random while the others go on.
TEST_F(DualTest, ARankThatSleepsCostsProgressAtMost) {
    const data::Rows rows = reference::random_rows(400, 60, 8);
    const Outcome out =
        solve({.dual = {.gap = 1e-3}, .epochs = 600}, rows, 60, sleeps_now_and_then());
    EXPECT_LE(out.certificate.relative_gap(), 1e-3);
}

/// Each halves the work, or nearly: what is compared is visits to the same gap.
TEST_F(DualTest, BackingOffAndTheBiasMultiplierSaveWork) {
    if (comms_.size() > 1) return;
    const data::Rows rows = reference::random_rows(2000, 400, 8);
    const auto visits = [&](const DualPlan& plan) {
        const Outcome out =
            solve({.lambda = 1e-3, .dual = plan, .epochs = 4000, .head = 400}, rows, 400);
        EXPECT_LE(out.certificate.relative_gap(), 1e-3);
        return out.meters.documents;
    };
    const double both = visits({.gap = 1e-3});
    EXPECT_LT(both, visits({.gap = 1e-3, .backs_off = false}));
    EXPECT_LT(both, visits({.gap = 1e-3, .bias_share = 1.0}));
}

TEST(FindRoot, OfContinuousFunctionsAndOfJumps) {
    EXPECT_NEAR(find_root([](double x) { return x * x * x - 8.0; }, 0.0), 2.0, 1e-6);
    EXPECT_NEAR(find_root([](double x) { return x - 1e3; }, -5.0), 1e3, 1e-3);
    EXPECT_NEAR(find_root([](double x) { return x < 0.37 ? -1.0 : 2.0; }, 0.0), 0.37, 1e-6);
    EXPECT_EQ(find_root([](double x) { return x; }, 0.0), 0.0);
}

}  // namespace
}  // namespace hogwild::train
