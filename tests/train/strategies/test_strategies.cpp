// Every strategy at every rank count: learns, keeps its promises about lost updates, and applies
// the regularizer once per document.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <numeric>

#include "model/evaluation.hpp"
#include "model/lazy_weight_decay.hpp"
#include "mpi/shared_window.hpp"
#include "train/regularization/shared_weight_decay.hpp"
#include "train/strategy_test.hpp"

namespace hogwild::train {
namespace {

using model::Regularizer;

TEST_F(StrategyTest, EveryStrategyLearnsWithEveryRegularizer) {
    const data::Rows rows = reference::random_rows(1200, 80, 21);
    for (const std::string& name : strategies()) {
        for (const Regularizer r : {Regularizer::none, Regularizer::seed, Regularizer::scalar,
                                    Regularizer::hogwild, Regularizer::l2}) {
            for (const Precision precision : {Precision::single_, Precision::double_}) {
                for (const bool aggregated : {false, true}) {
                    if (aggregated && r == Regularizer::scalar) continue;
                    const model::Objective o = make_objective(r, rows, 80);
                    Setting s{.strategy = name, .precision = precision, .aggregated = aggregated};
                    const std::vector<double> w = train(s, o, rows);
                    EXPECT_GT(reference::metrics(o, w, rows).accuracy, 0.8)  // guessing gives .5
                        << name << ", regularizer " << static_cast<int>(r) << ", aggregated "
                        << aggregated;
                }
            }
        }
    }
}

TEST_F(StrategyTest, NothingIsLostExceptByLockFree) {
    const CountingProblem counting(comms_.size());
    for (const std::string& name : strategies()) {
        if (name == "lock-free") continue;
        constexpr std::int64_t kEpochs = 500;
        Setting s{.strategy = name,
                  .schedule = CountingProblem::kSchedule,
                  .batch_size = 1,
                  .epochs = kEpochs};
        const std::vector<double> w = train(s, counting.objective, counting.rows);
        const auto sent = static_cast<double>(kEpochs * counting.rows.size());
        for (std::uint32_t u = 0; u < CountingProblem::kFeatures; ++u)
            EXPECT_EQ(w[u], sent) << name;
        EXPECT_EQ(meters_.documents, sent) << name;
        EXPECT_EQ(meters_.active, sent) << name;
        if (meters_.contention) {
            EXPECT_EQ(meters_.contention->destroyed, 0.0) << name;
        }
    }
}

/// Weights are powers of two, so that sums are exact.
TEST_F(StrategyTest, StepsAreAsLongAsDocumentsWeigh) {
    const CountingProblem counting(comms_.size());
    data::Rows rows;
    double sum = 0.0;
    for (std::int64_t i = 0; i < counting.rows.size(); ++i) {
        const double weight = i % 2 == 0 ? 0.5 : 4.0;
        rows.append(counting.rows.row(i), 1, static_cast<float>(weight));
        sum += weight;
    }
    model::Objective objective = counting.objective;
    objective.step_weights = {8.0, 0.25};
    for (const std::string& name : strategies()) {
        if (name == "lock-free" && comms_.size() > 1) continue;  // loses updates
        for (const std::int64_t batch_size : {1, 3}) {
            constexpr std::int64_t kEpochs = 20;
            Setting s{.strategy = name,
                      .schedule = CountingProblem::kSchedule,
                      .batch_size = batch_size,
                      .epochs = kEpochs};
            s.hot_head_plan.by_document = name == "lock-free";
            const std::vector<double> w = train(s, objective, rows);
            for (std::uint32_t u = 0; u < CountingProblem::kFeatures; ++u) {
                EXPECT_EQ(w[u], kEpochs * sum * 0.25) << name << ", batches of " << batch_size;
            }
        }
    }
}

TEST_F(StrategyTest, MetersApplyWhereTheyShould) {
    const data::Rows rows = reference::random_rows(200 * comms_.size(), 60, 8);
    const model::Objective o = make_objective(Regularizer::none, rows, 60);
    for (const std::string& name : strategies()) {
        train({.strategy = name, .batch_size = 2, .epochs = 20}, o, rows);
        EXPECT_EQ(meters_.contention.has_value(), strategy_info(name).shares_memory) << name;
        EXPECT_EQ(meters_.lock_wait_seconds.has_value(),
                  name == "locked" || name == "striped" || name == "round-robin")
            << name;
        ASSERT_EQ(meters_.staleness.has_value(), name != "sequential") << name;
        if (!meters_.staleness) continue;
        if (comms_.size() > 1) {
            EXPECT_GT(meters_.staleness->samples(), 0) << name;
        }
        if (comms_.size() == 1 || name == "round-robin" || name == "synchronous") {
            EXPECT_EQ(meters_.staleness->largest(), 0) << name;
        }
    }
}

TEST_F(StrategyTest, LockFreeLosesSomeWhenForcedToCollide) {
    const CountingProblem counting(comms_.size());
    constexpr std::int64_t kEpochs = 50'000;
    const auto sent = static_cast<double>(kEpochs * counting.rows.size());
    double lost = 0.0;
    // Ranks that never run at the same moment do not collide: a busy machine needs several
    // attempts.
    const int attempts = comms_.size() == 1 ? 1 : 200;
    for (int attempt = 0; attempt < attempts && lost == 0.0; ++attempt) {
        Setting s{.strategy = "lock-free",
                  .schedule = CountingProblem::kSchedule,
                  .batch_size = 1,
                  .epochs = kEpochs};
        const std::vector<double> w = train(s, counting.objective, counting.rows);
        for (std::uint32_t u = 0; u < CountingProblem::kFeatures; ++u) {
            EXPECT_LE(w[u], sent) << "more than was sent";
            EXPECT_GT(w[u], 0.0);
            lost += sent - w[u];
        }
    }
    if (comms_.size() == 1) {
        EXPECT_EQ(lost, 0.0);
    } else {
        EXPECT_GT(lost, 0.0);
    }
    if (comms_.rank() == 0) {
        std::cout << "lock-free, " << comms_.size() << " ranks: " << lost << " of "
                  << sent * CountingProblem::kFeatures << " updates lost ("
                  << 100.0 * lost / (sent * CountingProblem::kFeatures) << " %)\n";
    }
}

/// Without a loss, over whole epochs, the aggregated form decays each weight as the exact form
/// does.
TEST_F(StrategyTest, AggregatedEqualsPerDocumentOverWholeEpochs) {
    if (comms_.size() > 1) return;  // arithmetic, not parallelism
    const data::Rows some = reference::random_rows(400, 60, 5);
    data::Rows rows;  // feature 60 keeps every margin far above 1
    for (std::int64_t i = 0; i < some.size(); ++i) {
        const data::SparseRow x = some.row(i);
        std::vector<std::uint32_t> index(x.index.begin(), x.index.end());
        std::vector<float> value(x.value.begin(), x.value.end());
        index.push_back(60U);
        value.push_back(1000.0F * static_cast<float>(some.label(i)));
        rows.append({index, value}, some.label(i));
    }
    std::vector<std::uint32_t> batch(static_cast<std::size_t>(rows.size()));
    for (const Regularizer r : {Regularizer::seed, Regularizer::hogwild}) {
        const model::Objective o = make_objective(r, rows, 61);
        std::vector<double> exact(o.shape.size(), 0.5);
        exact[60] = 10.0;
        std::vector<double> aggregated = exact;
        model::BatchGradient<double> gradient(o, true);
        model::LazyWeightDecay shrink(
            0,
            RegularizationPlan(o, true, Precision::double_, model::TrainingRows(rows), rows.size(),
                               comms_.world())
                .rates(),
            model::LazyWeightDecay::Form::exponential);
        constexpr double kEta = 0.05;
        double exponent = 0.0;
        for (int epoch = 0; epoch < 5; ++epoch) {
            for (std::uint32_t i = 0; i < rows.size(); ++i) {
                const std::uint32_t one[] = {i};
                model::add(std::span<double>(exact),
                           gradient.step(rows, one, std::span<const double>(exact), kEta));
                shrink.advance(std::span<double>(aggregated), exponent += kEta, 0x1p-16);
            }
        }
        shrink.advance(std::span<double>(aggregated), exponent, 0.0);
        for (std::size_t u = 0; u < exact.size(); ++u) {
            EXPECT_NEAR(aggregated[u] / exact[u], 1.0, 1e-6) << "weight " << u;
        }
        EXPECT_LT(exact[0], 0.4999);
    }
}

/// Every document counts once for weight decay, whichever rank processes it or owns the weight.
TEST_F(StrategyTest, DecayChargesEachDocumentOnce) {
    const model::TrainingRows rows = reference::random_rows(10, 60, 5);
    model::Objective o = make_objective(Regularizer::l2, rows.plain(), 60);
    o.lambda = 0.01;
    Sampler sampler({Sampler::Kind::uniform, 1, 1, 1, 0, 1, 0});
    const TrainingContext context{o,
                                  rows,
                                  sampler,
                                  {},
                                  {o, true, Precision::double_, rows, rows.size(), comms_.world()},
                                  rows.size(),
                                  1.0};
    mpi::SharedWindow<double> w(comms_.group(), o.shape.size());
    mpi::SharedWindow<ProgressSlot> slots(comms_.group(), static_cast<std::size_t>(comms_.size()));
    if (comms_.rank() == 0) std::ranges::fill(w.span(), 1.0);
    w.sync();
    SharedWeightDecay decay =
        SharedWeightDecay::make_for_shared(context, slots.span(), comms_.rank());
    for (int k = 0; k < 100; ++k) decay.advance(w.span(), 0.25, 2);
    w.sync();
    decay.flush(w.span());
    w.sync();
    for (const double v : w.span()) EXPECT_NEAR(v, std::exp(-0.01 * 25.0 * comms_.size()), 1e-12);
    w.sync();
    slots.close();
    w.close();
}

/// With a decreasing step both forms reach the same objective, for a weak and for a dominant
/// regularizer.
TEST_F(StrategyTest, AggregatedReachesTheSameObjective) {
    if (comms_.size() > 1) return;  // on more ranks than cores tiny runs are mostly scheduling
    const data::Rows rows = reference::random_rows(1000, 60, 6);
    for (const Regularizer r : {Regularizer::seed, Regularizer::l2}) {
        for (const double lambda : {1e-4, 1.0}) {
            model::Objective o = make_objective(r, rows, 60);
            o.lambda = lambda;
            Setting s{.strategy = "lock-free",
                      .schedule = {model::StepSchedule::Kind::decay, 0.05, lambda, 0.93},
                      .batch_size = 1,
                      .epochs = 100};
            const auto reach = [&](bool aggregated, Precision precision) {
                s.aggregated = aggregated;
                s.precision = precision;
                return reference::objective(o, train(s, o, rows), rows);
            };
            const double exact = reach(false, Precision::double_);
            EXPECT_NEAR(reach(true, Precision::double_) / exact, 1.0, 1e-3) << "lambda " << lambda;
            EXPECT_NEAR(reach(true, Precision::single_) / exact, 1.0, 1e-3) << "lambda " << lambda;
            EXPECT_NEAR(reach(false, Precision::single_) / exact, 1.0, 1e-3)
                << "float with carry, lambda " << lambda;
            if (lambda == 1.0) {  // leaving the term out fails this test
                model::Objective without = o;
                without.regularizer = Regularizer::none;
                s.aggregated = false;
                s.precision = Precision::double_;
                const double missing = reference::objective(o, train(s, without, rows), rows);
                EXPECT_GT(missing / exact, 1.01);
            }
        }
    }
}

TEST_F(StrategyTest, OnOneRankAllStrategiesAreSequential) {
    if (comms_.size() > 1) return;  // says nothing about more ranks
    const data::Rows rows = reference::random_rows(300, 60, 8);
    for (const Regularizer r : {Regularizer::seed, Regularizer::l2}) {
        const model::Objective o = make_objective(r, rows, 60);
        const std::vector<double> sequential = train({.strategy = "sequential"}, o, rows);
        for (const std::string& name : strategies()) {
            EXPECT_EQ(train({.strategy = name}, o, rows), sequential) << name;
        }
    }
}

TEST_F(StrategyTest, TheReproducibleOnesGiveTheSameBits) {
    const data::Rows rows = reference::random_rows(301, 60, 8);  // ranks get unequal shares
    for (const std::string name : {"round-robin", "synchronous"}) {
        for (const Precision precision : {Precision::single_, Precision::double_}) {
            const model::Objective o = make_objective(Regularizer::l2, rows, 60);
            const Setting s{.strategy = name, .precision = precision, .aggregated = true};
            EXPECT_EQ(train(s, o, rows), train(s, o, rows)) << name;
        }
    }
}

/// Turns are sequential SGD over the batches of the ranks in their order.
TEST_F(StrategyTest, RoundRobinIsSequentialInTurns) {
    const data::Rows rows = reference::random_rows(120, 60, 8);
    const model::Objective o = make_objective(Regularizer::seed, rows, 60);
    const Setting s{.strategy = "round-robin", .batch_size = 4, .epochs = 2};
    const std::vector<double> got = train(s, o, rows);
    std::vector<double> w(o.shape.size());
    std::vector<Sampler> samplers;
    std::vector<data::Range> ranges;
    std::int64_t last = 0;
    for (int r = 0; r < comms_.size(); ++r) {
        ranges.push_back(data::equal_part(rows.size(), comms_.size(), r));
        samplers.emplace_back(
            Sampler::Plan{s.sampling, ranges.back().size(), s.batch_size, 0, s.epochs, 7, r});
        last = std::max(last, samplers.back().batches());
    }
    for (std::int64_t t = 0; t < last; ++t) {
        for (std::size_t r = 0; r < samplers.size(); ++r) {
            std::vector<std::uint32_t> batch;
            for (const std::uint32_t row : samplers[r].batch(t)) {
                batch.push_back(row + static_cast<std::uint32_t>(ranges[r].begin));
            }
            const std::vector<double> step = reference::step(o, rows, batch, w, s.schedule.eta);
            for (std::size_t u = 0; u < w.size(); ++u) w[u] += step[u];
        }
    }
    for (std::size_t u = 0; u < w.size(); ++u) EXPECT_NEAR(got[u], w[u], 1e-12) << u;
}

/// A step is the sum of the batches of all ranks, computed at the same weights.
TEST_F(StrategyTest, SynchronousIsOneLargeBatch) {
    const data::Rows rows = reference::random_rows(24 * comms_.size(), 60, 8);
    const model::Objective o = make_objective(Regularizer::seed, rows, 60);
    const Setting s{.strategy = "synchronous", .batch_size = 24, .epochs = 5};
    const std::vector<double> got = train(s, o, rows);
    std::vector<std::uint32_t> all(static_cast<std::size_t>(rows.size()));
    std::iota(all.begin(), all.end(), 0U);
    std::vector<double> w(o.shape.size());
    for (int t = 0; t < 5; ++t) {
        const std::vector<double> step = reference::step(o, rows, all, w, s.schedule.eta);
        for (std::size_t u = 0; u < w.size(); ++u) w[u] += step[u];
    }
    for (std::size_t u = 0; u < w.size(); ++u) EXPECT_NEAR(got[u], w[u], 1e-9) << u;
}

}  // namespace
}  // namespace hogwild::train
