// How groups combine weights, and when they exchange them: arithmetic without MPI.
#include <gtest/gtest.h>

#include <vector>

#include "train/exchange/combine_rule.hpp"
#include "train/exchange/exchange_interval.hpp"

namespace hogwild::train {
namespace {

TEST(CombineRule, MeanIsWeightedByDocuments) {
    const CombineRule rule({Combine::mean, 0.5, {}});
    double consensus = 7.0;                                        // of no meaning for a mean
    const double sum = rule.contribution(1.0, 100.0, consensus) +  //
                       rule.contribution(4.0, 300.0, consensus);
    EXPECT_DOUBLE_EQ(1.0 + rule.difference(1.0, sum, 400.0, consensus), 3.25);
    EXPECT_DOUBLE_EQ(4.0 + rule.difference(4.0, sum, 400.0, consensus), 3.25);
    EXPECT_DOUBLE_EQ(rule.consensus(sum, 400.0, consensus), 3.25);
    EXPECT_DOUBLE_EQ(rule.settled(1.0, 3.25), 3.25);
    EXPECT_EQ(rule.difference(1.0, 0.0, 0.0, consensus), 0.0) << "no node has processed anything";
    EXPECT_EQ(consensus, 7.0);
}

TEST(CombineRule, SumAddsEveryNodesChangeOnce) {
    const CombineRule rule({Combine::sum, 0.5, {}});
    const double before = 10.0;
    const double sum = rule.contribution(11.0, 1.0, before) + rule.contribution(9.5, 1.0, before);
    double first = before;
    double second = before;
    EXPECT_DOUBLE_EQ(11.0 + rule.difference(11.0, sum, 2.0, first), 10.5);
    EXPECT_DOUBLE_EQ(9.5 + rule.difference(9.5, sum, 2.0, second), 10.5);
    EXPECT_DOUBLE_EQ(first, 10.5);
    EXPECT_DOUBLE_EQ(second, 10.5);
    EXPECT_DOUBLE_EQ(rule.consensus(sum, 2.0, before), 10.5);
}

TEST(CombineRule, ElasticGoesAPartOfTheWay) {
    const CombineRule rule({Combine::elastic, 0.25, {}});
    double consensus = 0.0;
    EXPECT_DOUBLE_EQ(rule.difference(2.0, 60.0, 10.0, consensus), 1.0);  // a quarter of 6 - 2
    EXPECT_DOUBLE_EQ(rule.settled(2.0, 6.0), 3.0);
}

/// Two groups of two ranks, 1,000 documents a rank.
class ExchangeIntervalTest : public ::testing::Test {
protected:
    class NoBatches final : public BatchSource {
        std::span<const std::uint32_t> batch(std::int64_t /*iteration*/) override { return {}; }
        std::int64_t documents_before(std::int64_t /*iteration*/) const override { return 0; }
        std::int64_t batches() const override { return 0; }
    };
    ExchangeInterval interval(Combine combine, std::optional<std::int64_t> every, double eta) {
        TrainingContext context{
            objective_, rows_, batches_, {model::StepSchedule::Kind::constant, eta, 0.0, 0.9}, {}};
        context.training_documents = 4000;
        context.exchange = {combine, 0.5, every};
        return {context, {1000.0, 2000.0, 4000.0}, 2};
    }

    model::Objective objective_;
    model::TrainingRows rows_{[] {
        data::Rows rows;
        for (int i = 0; i < 1000; ++i) rows.append({}, 1);
        return rows;
    }()};
    NoBatches batches_;
};

TEST_F(ExchangeIntervalTest, FixedIsOfAllRanksAndStays) {
    ExchangeInterval every = interval(Combine::mean, 400, 0.1);
    EXPECT_EQ(every.documents(), 100);  // this rank's quarter
    every.begin(0, 0, 0.0);
    every.add_cost(0.9);
    every.plan_next(200, 100, 1.0);
    EXPECT_EQ(every.documents(), 100);
    EXPECT_EQ(interval(Combine::mean, 1, 0.1).documents(), 1) << "never 0";
}

TEST_F(ExchangeIntervalTest, AutoKeepsTheCostAtAShareOfTheTime) {
    ExchangeInterval automatic = interval(Combine::mean, {}, 0.1);
    EXPECT_EQ(automatic.documents(), 125);  // an eighth of an epoch
    // An exchange of 7 ms in 100 ms, in which the leader processes 125 documents: half as often.
    automatic.begin(0, 0, 0.0);
    automatic.add_cost(0.007);
    automatic.plan_next(250, 125, 0.1);
    EXPECT_NEAR(static_cast<double>(automatic.documents()), 250.0, 1.0);
}

TEST_F(ExchangeIntervalTest, AutoChangesByAFactorOfFourAtMost) {
    ExchangeInterval automatic = interval(Combine::mean, {}, 0.1);
    automatic.begin(0, 0, 0.0);
    automatic.add_cost(1.0);
    automatic.plan_next(250, 125, 1.1);
    EXPECT_EQ(automatic.documents(), 501);
    automatic.plan_next(1250, 626, 2000.0);
    EXPECT_GE(automatic.documents(), 125);
}

TEST_F(ExchangeIntervalTest, SumsAreLimitedByTheStepTheyTake) {
    // nodes * learning rate * documents of a node = 1/2, so 250 documents of the node at .001
    ExchangeInterval sums = interval(Combine::sum, {}, 0.001);
    sums.begin(0, 0, 0.0);
    EXPECT_EQ(sums.documents(), 125);
    ExchangeInterval large_steps = interval(Combine::sum, {}, 10.0);
    large_steps.begin(0, 0, 0.0);
    EXPECT_EQ(large_steps.documents(), 32) << "at least 64 documents of the node";
}

}  // namespace
}  // namespace hogwild::train
