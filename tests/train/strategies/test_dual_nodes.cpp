// Dual coordinate ascent on several groups of ranks, which share no weights: nodes that add up
// their changes.
#include <cmath>

#include "data/random.hpp"
#include "train/exchange/dual_exchange.hpp"
#include "train/strategies/dual_test.hpp"

namespace hogwild::train {
namespace {

class DualOnTwoNodes : public DualTest {
protected:
    DualOnTwoNodes() : DualTest(2) {}
};
/// Each rank is one.
class DualOnManyNodes : public DualTest {
protected:
    DualOnManyNodes() : DualTest(1 << 10) {}
};

TEST_F(DualOnTwoNodes, ReachesTheGapForEveryLossAndItsCertificateIsTrue) {
    const data::Rows rows = reference::random_rows(300, 60, 8);
    for (const model::LossKind loss : kLosses) {
        for (const bool bias : {true, false}) {
            const DualSetting s{.loss = loss, .bias = bias, .dual = {.gap = 1e-6}, .epochs = 4000};
            const Outcome out = solve(s, rows, 60);
            EXPECT_LE(out.certificate.relative_gap(), 1e-6) << static_cast<int>(loss) << bias;
            EXPECT_GE(out.certificate.relative_gap(), -1e-12);
            EXPECT_NEAR(out.certificate.primal, primal(s, out.weights, rows), 1e-9);
        }
    }
}

TEST_F(DualOnManyNodes, ReachesTheGapWithFloatsAndWithAnyHead) {
    const data::Rows rows = reference::random_rows(300, 60, 8);
    for (const std::size_t head : {0U, 20U, 60U}) {
        for (const model::LossKind loss : kLosses) {
            const Outcome out = solve({.loss = loss,
                                       .precision = Precision::single_,
                                       .dual = {.gap = 1e-4},
                                       .epochs = 4000,
                                       .head = head},
                                      rows, 60);
            EXPECT_LE(out.certificate.relative_gap(), 1e-4) << head;
        }
    }
}

/// Weights stay equal to what the dual variables say, whatever was shortened or came late.
TEST_F(DualOnManyNodes, WeightsFollowTheVariables) {
    const data::Rows rows = reference::random_rows(300, 60, 8);
    for (const model::LossKind loss : kLosses) {
        for (const bool overlaps : {false, true}) {
            for (const std::int64_t epochs : {1, 2, 7}) {
                const Outcome out = solve({.loss = loss,
                                           .lambda = 1e-3,
                                           .dual = {.overlaps = overlaps},
                                           .epochs = epochs},
                                          rows, 60);
                for (std::size_t u = 0; u < 60; ++u) {
                    EXPECT_NEAR(out.uncertified[u], out.weights[u], 1e-9) << static_cast<int>(loss);
                }
            }
        }
    }
}

TEST_F(DualOnManyNodes, ReachesTheGapWhileSumsAreUnderWay) {
    const data::Rows rows = reference::random_rows(300, 60, 8);
    for (const Precision precision : {Precision::single_, Precision::double_}) {
        for (const model::LossKind loss : kLosses) {
            const Outcome out = solve({.loss = loss,
                                       .precision = precision,
                                       .dual = {.gap = 1e-4, .overlaps = true},
                                       .epochs = 4000},
                                      rows, 60);
            EXPECT_LE(out.certificate.relative_gap(), 1e-4) << static_cast<int>(loss);
        }
    }
}

TEST_F(DualOnManyNodes, TheSameBitsWhereSumsAreInRankOrder) {
    const data::Rows rows = reference::random_rows(300, 60, 8);
    const DualSetting s{
        .precision = Precision::single_, .dual = {.in_rank_order = true}, .epochs = 5};
    EXPECT_EQ(solve(s, rows, 60).uncertified, solve(s, rows, 60).uncertified);
}

/// A sum that arrives in the next round is added there, once.
TEST_F(DualOnManyNodes, ARoundThatArrivesLate) {
    const auto groups = static_cast<double>(comms_.replicas());
    DualExchange<double> exchange(comms_, {{1, 2}, 10.0, 0.0});
    std::vector<double> w{0.0, 0.0};
    double center = 0.0;
    w[0] = 3.0 * exchange.factors()[0];
    exchange.combine_meanwhile(w, 1.0, center);
    EXPECT_EQ(w[0], 3.0);  // its own change, as it is
    w[0] += 1.0 * exchange.factors()[0];
    exchange.combine_meanwhile(w, 1.0, center);
    EXPECT_EQ(w[0], 3.0 * groups + 1.0);
    EXPECT_EQ(exchange.combine(w, 0.0, 1.0, center), 1.0);
    EXPECT_EQ(w[0], 4.0 * groups);
    EXPECT_EQ(exchange.combine(w, 0.0, 1.0, center), 1.0);
    EXPECT_EQ(w[0], 4.0 * groups);
    w[0] += exchange.factors()[0];
    exchange.combine_meanwhile(w, 1.0, center);
    w[0] = 7.0;  // what all groups have agreed on holds, whatever is under way
    exchange.restart(w);
    EXPECT_EQ(exchange.combine(w, 0.0, 1.0, center), 1.0);
    EXPECT_EQ(w[0], 7.0);
    exchange.close();
}

/// The same documents on every node: all of them make the same change.
TEST_F(DualOnManyNodes, DuplicatedDocumentsDoNotMakeNodesStuck) {
    const data::Rows copies = duplicated_rows();
    const Outcome out = solve({.dual = {.gap = 1e-2}, .epochs = 1000, .head = 20}, copies, 20);
    EXPECT_LE(out.certificate.relative_gap(), 1e-2);
}

TEST_F(DualOnTwoNodes, ANodeThatSleepsCostsTimeAlone) {
    const data::Rows rows = reference::random_rows(400, 60, 8);
    const Outcome out =
        solve({.dual = {.gap = 1e-3}, .epochs = 600}, rows, 60, sleeps_now_and_then());
    EXPECT_LE(out.certificate.relative_gap(), 1e-3);
}

/// What nodes with equal changes may add is one of them, and opposite ones nothing.
TEST_F(DualOnManyNodes, TheStepIsTheLongestThatTheBoundAllows) {
    const auto groups = static_cast<double>(comms_.replicas());
    DualExchange<double> exchange(comms_, {{1, 2}, 10.0, 0.0});
    std::vector<double> w{0.0, 0.0};
    double center = 0.0;
    // a hinge loss: the best a of one document with |x| = 1 is lambda n, and each node takes it
    w[0] = 1.0 * exchange.factors()[0];
    const double gamma = exchange.combine(w, 10.0, 1.0, center);
    EXPECT_NEAR(gamma, 1.0 / groups, 1e-12);
    EXPECT_NEAR(w[0], 1.0, 1e-12);
    EXPECT_EQ(exchange.factors()[0], groups);
    // changes that cancel: nothing in the way of the gain
    if (comms_.size() % 2 != 0) return exchange.close();
    w[0] += (comms_.rank() % 2 == 0 ? 0.5 : -0.5) * exchange.factors()[0];
    EXPECT_EQ(exchange.combine(w, 1.0, 1.0, center), 1.0);
    EXPECT_NEAR(w[0], 1.0, 1e-12);
    EXPECT_LT(exchange.factors()[0], groups + (groups == 1.0 ? 1.0 : 0.0));
    exchange.close();
}

/// How often groups exchange depends on how long they wait, so they must agree on it.
TEST_F(DualOnManyNodes, AllLeadersKnowHowLongTheFirstOneWaits) {
    for (const bool oversubscribed : {false, true}) {
        DualExchange<double> exchange(comms_, {{1, 2}, 10.0, 0.0, false, oversubscribed});
        std::vector<double> w{1.0, 0.0};
        double center = 0.0;
        EXPECT_FALSE(exchange.waited_share());
        for (int round = 0; round < 6; ++round) exchange.combine(w, 1.0, 1.0, center);
        const double share = exchange.waited_share().value();
        EXPECT_EQ(share, mpi::max(comms_.world(), share));
        EXPECT_LE(share, oversubscribed ? 0.0 : 1.0);
        exchange.forget_waiting();
        EXPECT_FALSE(exchange.waited_share());
        exchange.close();
    }
}

/// What is rounded of the common weights is not a change that all nodes make in the next round.
TEST_F(DualOnManyNodes, ARoundWithoutAMoveChangesNothing) {
    for (const float change : {0.1F, 0.2F, 0.3F, 0.7F, 1.1F, 1.3F}) {  // rounded up and down
        DualExchange<float> exchange(comms_, {{1, 2}, 10.0, 0.0});
        std::vector<float> w{change, 0.0F};
        double center = 0.0;
        exchange.combine(w, 0.77 * static_cast<double>(change), 1.0, center);
        const std::vector<float> before = w;
        const double factor = exchange.factors()[0];
        EXPECT_EQ(exchange.combine(w, 0.0, 0.0, center), 1.0) << change;
        EXPECT_EQ(w, before);
        EXPECT_EQ(exchange.factors()[0], factor);
        exchange.close();
    }
}

}  // namespace
}  // namespace hogwild::train
