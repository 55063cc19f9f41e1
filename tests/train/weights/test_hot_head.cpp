// lock-free document by document, with and without a hot head.
#include <cmath>

#include "model/evaluation.hpp"
#include "train/strategy_test.hpp"
#include "train/weights/hot_head.hpp"

namespace hogwild::train {
namespace {

using model::Regularizer;

class HotHeadTest : public StrategyTest {
protected:
    static constexpr std::size_t kFeatures = 60;
    static HotHeadPlan plan(std::size_t features, std::int64_t merge_every = 16) {
        return {true, features, merge_every};
    }
    static double accuracy(const model::Objective& o, const std::vector<double>& w,
                           const data::Rows& rows) {
        return reference::metrics(o, w, rows).accuracy;
    }
};

/// On one rank, lock-free is sequential SGD for any size of the head and any merge interval.
TEST_F(HotHeadTest, OnOneRankItIsSequential) {
    if (comms_.size() > 1) return;
    const data::Rows rows = reference::random_rows(300, kFeatures, 8);
    const model::Objective o = make_objective(Regularizer::none, rows, kFeatures);
    for (const std::int64_t batch : {1, 5}) {
        for (const auto sampling : {Sampler::Kind::uniform, Sampler::Kind::permutation}) {
            Setting s{.strategy = "sequential", .batch_size = batch, .sampling = sampling};
            const std::vector<double> expected = train(s, o, rows);
            s.strategy = "lock-free";
            for (const std::size_t features : {0U, 20U, 60U}) {
                for (const std::int64_t every : {1, 7, 1'000'000}) {
                    s.hot_head_plan = plan(features, every);
                    const std::vector<double> got = train(s, o, rows);
                    for (std::size_t u = 0; u < got.size(); ++u) {
                        EXPECT_NEAR(got[u], expected[u], 1e-12) << features << " private";
                    }
                }
            }
        }
    }
}

/// Merges lose no change, and the final weights contain all changes.
TEST_F(HotHeadTest, MergesLoseNothing) {
    const CountingProblem counting(comms_.size());
    constexpr std::int64_t kEpochs = 500;
    const auto sent = static_cast<double>(kEpochs * counting.rows.size());
    for (const std::int64_t every : {1, 3, 64, 1'000'000}) {
        for (const std::size_t features : {10U, CountingProblem::kFeatures}) {
            const std::vector<double> w = train({.strategy = "lock-free",
                                                 .schedule = CountingProblem::kSchedule,
                                                 .batch_size = 1,
                                                 .epochs = kEpochs,
                                                 .hot_head_plan = plan(features, every)},
                                                counting.objective, counting.rows);
            for (std::size_t u = 0; u < features; ++u) {
                EXPECT_EQ(w[u], sent) << "weight " << u << ", merged every " << every;
            }
            for (std::size_t u = features; u < CountingProblem::kFeatures; ++u) {
                EXPECT_LE(w[u], sent);
            }
        }
    }
}

/// No rank waits for a rank whose round is over, even if that rank has done little of its work.
TEST_F(HotHeadTest, RanksWithMoreDocumentsHoldUpNobody) {
    const CountingProblem counting(8 * comms_.size());
    constexpr std::int64_t kEpochs = 60;
    const std::vector<double> w = train({.strategy = "lock-free",
                                         .schedule = CountingProblem::kSchedule,
                                         .batch_size = 1,
                                         .epochs = kEpochs,
                                         .hot_head_plan = plan(CountingProblem::kFeatures, 8),
                                         .unequal_parts = true},
                                        counting.objective, counting.rows);
    EXPECT_EQ(w.front(), static_cast<double>(kEpochs * counting.rows.size()));
}

/// Merges of the bias, which take no lock, lose no change, and flush() merges the last changes.
TEST_F(HotHeadTest, BiasesLoseNothing) {
    const CountingProblem counting(comms_.size());
    Sampler batches({.rows = 1, .epochs = 1});
    const model::TrainingRows rows = counting.rows;
    TrainingContext context{counting.objective, rows, batches, CountingProblem::kSchedule};
    context.hot_head_plan = plan(10);
    mpi::SharedWindow<float> shared(comms_.group(), counting.objective.shape.size());
    HotHead<float> mine(context, false, comms_);
    constexpr int kTimes = 20'000;
    for (int k = 0; k < kTimes; ++k) {
        mine.bias() += 1.0F;
        if (k % 3 == 0) mine.merge_bias(shared.span()[counting.objective.shape.bias()]);
        if (k % 100 == 0) mine.merge(shared.span(), 0.0);
    }
    shared.sync();
    mine.flush(shared.span(), 0.0);
    shared.sync();
    EXPECT_EQ(shared.span()[counting.objective.shape.bias()],
              static_cast<float>(kTimes * comms_.size()));
    mine.close();
    shared.close();
}

TEST_F(HotHeadTest, LearnsWithEveryRegularizer) {
    const data::Rows rows = reference::random_rows(1200, 80, 21);
    for (const Regularizer r :
         {Regularizer::none, Regularizer::seed, Regularizer::hogwild, Regularizer::l2}) {
        for (const Precision precision : {Precision::single_, Precision::double_}) {
            for (const std::size_t features : {0U, 30U, 80U}) {
                for (const std::int64_t batch : {1, 5}) {
                    const model::Objective o = make_objective(r, rows, 80);
                    const std::vector<double> w = train({.strategy = "lock-free",
                                                         .precision = precision,
                                                         .aggregated = true,
                                                         .batch_size = batch,
                                                         .hot_head_plan = plan(features, 32)},
                                                        o, rows);
                    EXPECT_GT(accuracy(o, w, rows), 0.8)
                        << "regularizer " << static_cast<int>(r) << ", " << features;
                }
            }
        }
    }
}

/// Weight decay counts once per document in the head, in the shared weights, and in the common
/// scale.
TEST_F(HotHeadTest, ReachesTheSameObjectiveAsTheExactForm) {
    if (comms_.size() > 1) return;  // on more ranks than cores tiny runs are mostly scheduling
    const data::Rows rows = reference::random_rows(1000, kFeatures, 6);
    for (const Regularizer r : {Regularizer::seed, Regularizer::hogwild, Regularizer::l2}) {
        for (const double lambda : {1e-4, 1.0}) {
            model::Objective o = make_objective(r, rows, kFeatures);
            o.lambda = lambda;
            Setting s{.strategy = "sequential",
                      .schedule = {model::StepSchedule::Kind::decay, 0.05, lambda, 0.97},
                      .batch_size = 1,
                      .epochs = 250};
            const double exact = reference::objective(o, train(s, o, rows), rows);
            s.strategy = "lock-free";
            s.aggregated = true;
            for (const Precision precision : {Precision::single_, Precision::double_}) {
                for (const std::size_t features : {0U, 20U, 60U}) {
                    s.precision = precision;
                    s.hot_head_plan = plan(features, 64);
                    const double got = reference::objective(o, train(s, o, rows), rows);
                    EXPECT_NEAR(got / exact, 1.0, 1e-3)
                        << "regularizer " << static_cast<int>(r) << ", lambda " << lambda << ", "
                        << features << " private";
                }
            }
        }
    }
}

/// Without a loss every weight decays by the step sum of the documents of all ranks.
TEST_F(HotHeadTest, ShrinksByWhatAllRanksCharge) {
    data::Rows rows;  // feature 0 keeps every margin far above 1, once it has a weight
    for (int i = 0; i < 20 * comms_.size(); ++i) {
        const std::uint32_t index[] = {0, 1, 2};
        const float value[] = {1000.0F, 1.0F, 1.0F};
        rows.append({index, value}, 1);
    }
    model::Objective o = make_objective(Regularizer::l2, rows, 3);
    o.bias = false;
    o.lambda = 1e-4;
    for (const std::size_t features : {0U, 2U, 3U}) {
        Setting s{.strategy = "lock-free",
                  .schedule = {model::StepSchedule::Kind::constant, 0.5, o.lambda},
                  .aggregated = true,
                  .batch_size = 1,
                  .epochs = 100,
                  .hot_head_plan = plan(features)};
        const std::vector<double> w = train(s, o, rows);
        // the first document of one rank pulls, and of every rank that has not seen it by then
        const double documents = 100.0 * static_cast<double>(rows.size());
        const double one = 0.5 * std::exp(-o.lambda * 0.5 * documents);
        for (std::size_t u = 1; u < 3; ++u) {
            const double pulls = std::max(1.0, std::round(w[u] / one));
            EXPECT_LE(pulls, comms_.size());
            EXPECT_NEAR(w[u] / (one * pulls), 1.0, 1e-2) << u;
        }
    }
}

/// Changes are summed, so more ranks must merge more often. With the default merge interval many
/// ranks still learn.
TEST_F(HotHeadTest, ManyRanksConverge) {
    const data::Rows rows = reference::random_rows(4000, 80, 21);
    const model::Objective o = make_objective(Regularizer::l2, rows, 80);
    const std::vector<std::int64_t> counts(80, 100);
    Setting s{.strategy = "lock-free",
              .precision = Precision::single_,
              .schedule = {model::StepSchedule::Kind::decay, 0.1, o.lambda, 0.8},
              .aggregated = true,
              .batch_size = 1,
              .epochs = 20};
    s.hot_head_plan =
        choose_hot_head({1, comms_.size(), sizeof(float)}, counts, std::nullopt, std::nullopt);
    EXPECT_TRUE(s.hot_head_plan.by_document);
    EXPECT_GT(s.hot_head_plan.size, 0U);
    s.hot_head_plan.size = std::min<std::size_t>(s.hot_head_plan.size, 80);
    EXPECT_GT(accuracy(o, train(s, o, rows), rows), 0.85);
}

TEST(HotHeadPlan, WhatIsGivenCounts) {
    const std::vector<std::int64_t> counts(100, 5);
    const HotHeadPlan given = choose_hot_head({1, 4, 4}, counts, 17, 99);
    EXPECT_EQ(given.size, 17U);
    EXPECT_EQ(given.merge_every, 99);
    EXPECT_TRUE(given.by_document);
    const HotHeadPlan none = choose_hot_head({1, 4, 4}, counts, 0, std::nullopt);
    EXPECT_EQ(none.size, 0U);
    EXPECT_TRUE(none.by_document) << "one document a batch";
    EXPECT_FALSE(choose_hot_head({100, 4, 4}, counts, std::nullopt, std::nullopt).by_document);
}

/// Of long rows more than the cache holds, but none of features that do not occur.
TEST(HotHeadPlan, AMostCanBeGivenInThePlaceOfTheCache) {
    std::vector<std::int64_t> counts(3000, 1);
    HotHeadSetting setting{.ranks = 2, .weight_bytes = 1 << 20};
    EXPECT_LT(choose_hot_head(setting, counts, std::nullopt, std::nullopt).size, 1024U);
    setting.most_features = 1024;
    EXPECT_EQ(choose_hot_head(setting, counts, std::nullopt, std::nullopt).size, 1024U);
    EXPECT_EQ(choose_hot_head(setting, counts, 2000, std::nullopt).size, 2000U);
    counts.assign(3000, 0);
    counts.front() = 7;
    EXPECT_EQ(choose_hot_head(setting, counts, std::nullopt, std::nullopt).size, 1U);
}

/// As `dual` needs it: outside the head several ranks' steps are not damped.
TEST(HotHeadPlan, WhatIsTooFrequentIsInTheHeadWhateverIsGiven) {
    std::vector<std::int64_t> counts(100, 5);
    for (std::size_t u = 0; u < 30; ++u) counts[u] = 50;
    HotHeadSetting setting{.ranks = 4, .weight_bytes = 4, .together = 128, .too_frequent = 49};
    EXPECT_EQ(choose_hot_head(setting, counts, 0, std::nullopt).size, 30U);
    EXPECT_EQ(choose_hot_head(setting, counts, 40, std::nullopt).size, 40U);
    EXPECT_EQ(choose_hot_head(setting, counts, 0, std::nullopt).merge_every, 32);
    setting.ranks = 32;
    EXPECT_EQ(choose_hot_head(setting, counts, 0, std::nullopt).merge_every, 16);
    setting.too_frequent = 50;
    EXPECT_EQ(choose_hot_head(setting, counts, 0, std::nullopt).size, 0U);
}

/// The head holds all features that occur, if their weights fit in the cache.
TEST(HotHeadPlan, ByTheCounts) {
    std::vector<std::int64_t> counts(10'000'000);
    for (std::size_t u = 0; u < 50; ++u) counts[7 * u] = 1;
    const auto choose = [&](int ranks, std::size_t bytes) {
        return choose_hot_head({1, ranks, bytes}, counts, std::nullopt, std::nullopt);
    };
    EXPECT_EQ(choose(4, 4).size, 50U);
    counts.assign(counts.size(), 7);
    EXPECT_EQ(choose(4, 4).size, 2 * choose(4, 8).size);
    EXPECT_LT(choose(4, 4).size, counts.size());
    EXPECT_GE(choose(2, 4).merge_every, 4 * choose(8, 4).merge_every);
}

}  // namespace
}  // namespace hogwild::train
