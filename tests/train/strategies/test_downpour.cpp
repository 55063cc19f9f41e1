// Downpour: servers, pushes, fetches, AdaGrad, warm start.
#include <cmath>

#include "model/evaluation.hpp"
#include "train/strategy_test.hpp"

namespace hogwild::train {
namespace {

using model::Regularizer;

class DownpourTest : public StrategyTest {
protected:
    /// Numbers of servers, up to three, that leave at least one worker.
    int servers() const { return std::clamp(comms_.size() - 1, 1, 3); }
};

TEST_F(DownpourTest, NothingIsLostHoweverPushesAndFetchesFall) {
    const CountingProblem counting(comms_.size());
    constexpr std::int64_t kEpochs = 100;
    for (const std::int64_t push : {1, 3}) {
        for (const std::int64_t fetch : {1, 4}) {
            for (const std::int64_t warm : {0, 2}) {
                const std::vector<double> w =
                    train({.strategy = "downpour",
                           .schedule = CountingProblem::kSchedule,
                           .batch_size = 1,
                           .epochs = kEpochs,
                           .downpour = {servers(), push, fetch, false, warm}},
                          counting.objective, counting.rows);
                const auto sent = static_cast<double>(kEpochs * counting.rows.size());
                for (std::uint32_t u = 0; u < CountingProblem::kFeatures; ++u) {
                    EXPECT_EQ(w[u], sent) << "push " << push << " fetch " << fetch;
                }
            }
        }
    }
}

TEST_F(DownpourTest, LearnsInEveryForm) {
    const data::Rows rows = reference::random_rows(1200, 80, 21);
    for (const bool adagrad : {false, true}) {
        for (const Regularizer r : {Regularizer::seed, Regularizer::l2}) {
            for (const Precision precision : {Precision::single_, Precision::double_}) {
                for (const std::int64_t every : {1, 3}) {
                    const model::Objective o = make_objective(r, rows, 80);
                    const std::vector<double> w = train(
                        {.strategy = "downpour",
                         .precision = precision,
                         .schedule = {model::StepSchedule::Kind::constant, adagrad ? 0.1 : 0.03},
                         .aggregated = precision == Precision::single_,
                         .downpour = {servers(), every, every, adagrad, 5}},
                        o, rows);
                    EXPECT_GT(reference::metrics(o, w, rows).accuracy, 0.8)
                        << "adagrad " << adagrad << ", every " << every;
                }
            }
        }
    }
}

/// One worker that fetches before every batch follows the formula of AdaGrad.
TEST_F(DownpourTest, AdagradIsTheFormula) {
    if (comms_.size() > 2) return;  // one worker only
    const data::Rows rows = reference::random_rows(300, 60, 8);
    const model::Objective o = make_objective(Regularizer::seed, rows, 60);
    const Setting s{
        .strategy = "downpour", .batch_size = 4, .epochs = 3, .downpour = {1, 1, 1, true, 0}};
    const std::vector<double> got = train(s, o, rows);
    Sampler sampler({s.sampling, rows.size(), s.batch_size, 0, s.epochs, 7, 0});
    std::vector<double> w(o.shape.size());
    std::vector<double> squares(o.shape.size());
    for (std::int64_t t = 0; t < sampler.batches(); ++t) {
        const std::vector<double> g = reference::step(o, rows, sampler.batch(t), w, 1.0);
        for (std::size_t u = 0; u < w.size(); ++u) {
            if (g[u] == 0.0) continue;
            squares[u] += g[u] * g[u];
            w[u] += s.schedule.eta * g[u] / (std::sqrt(squares[u]) + 1e-8);
        }
    }
    for (std::size_t u = 0; u < w.size(); ++u) EXPECT_NEAR(got[u], w[u], 1e-9) << u;
}

/// A warm start takes plain steps, even with AdaGrad, and does not change AdaGrad's sums.
TEST_F(DownpourTest, WarmStartIsPlainAndLeavesNoTrace) {
    if (comms_.size() > 2) return;  // one worker only
    const data::Rows rows = reference::random_rows(60, 60, 8);
    const model::Objective o = make_objective(Regularizer::none, rows, 60);
    Setting s{.strategy = "downpour", .batch_size = 4, .epochs = 2};
    s.downpour = {1, 1, 1, false, 0};
    const std::vector<double> plain = train(s, o, rows);
    s.downpour = {1, 1, 1, true, 1000};  // longer than the run
    EXPECT_EQ(train(s, o, rows), plain);
    s.downpour.warm_start_batches = 29;  // all but the last
    const std::vector<double> last_by_adagrad = train(s, o, rows);
    double largest = 0.0;
    Sampler sampler({s.sampling, rows.size(), s.batch_size, 0, s.epochs, 7, 0});
    for (std::size_t u = 0; u < plain.size(); ++u) {
        largest = std::max(largest, std::abs(last_by_adagrad[u] - plain[u]));
    }
    // with G = 0 AdaGrad's first step is eta sign(g), a plain one eta g
    EXPECT_GT(largest, 0.0);
    EXPECT_LE(largest, s.schedule.eta * 4.0);
}

/// Between fetches a worker applies its own changes. With one worker that is plain SGD, since no
/// other rank changes the parameters.
TEST_F(DownpourTest, OneWorkerIsSequentialHoweverRarelyItFetches) {
    if (comms_.size() > 2) return;
    const data::Rows rows = reference::random_rows(300, 60, 8);
    const model::Objective o = make_objective(Regularizer::seed, rows, 60);
    Setting s{.strategy = "downpour"};
    s.downpour = {1, 1, 1, false, 0};
    const std::vector<double> always = train(s, o, rows);
    EXPECT_EQ(meters_.staleness->largest(), 0);
    s.downpour.fetch_every = 7;
    EXPECT_EQ(train(s, o, rows), always);
    EXPECT_EQ(meters_.staleness->largest(), 0) << "own pushes are not staleness";
}

/// Regularizer and loss balance at the same point for all scales of AdaGrad.
TEST_F(DownpourTest, AdagradKeepsTheObjective) {
    if (comms_.size() > 2) return;
    const data::Rows rows = reference::random_rows(1000, 60, 6);
    model::Objective o = make_objective(Regularizer::l2, rows, 60);
    o.lambda = 0.05;
    Setting s{.strategy = "downpour",
              .schedule = {model::StepSchedule::Kind::decay, 0.05, o.lambda, 0.95},
              .batch_size = 1,
              .epochs = 150};
    s.downpour = {1, 1, 1, false, 0};
    const double plain = reference::objective(o, train(s, o, rows), rows);
    s.schedule.eta = 0.5;
    s.downpour.adagrad = true;
    EXPECT_NEAR(reference::objective(o, train(s, o, rows), rows) / plain, 1.0, 2e-3);
}

TEST_F(DownpourTest, SeveralWorkersAreStaleNowAndThen) {
    if (comms_.size() < 4) return;
    const data::Rows rows = reference::random_rows(200 * comms_.size(), 60, 8);
    const model::Objective o = make_objective(Regularizer::none, rows, 60);
    train({.strategy = "downpour", .batch_size = 2, .downpour = {1, 1, 5, false, 0}}, o, rows);
    EXPECT_GT(meters_.staleness->largest(), 0);
    EXPECT_GT(meters_.staleness->samples(), 0);
}

}  // namespace
}  // namespace hogwild::train
