// Ranks in two groups, as on two nodes: changes that leaders exchange are neither lost nor counted
// twice, all groups end with the same weights, and every strategy learns across them.
#include <gtest/gtest.h>

#include <algorithm>

#include "model/evaluation.hpp"
#include "train/strategy_test.hpp"

namespace hogwild::train {
namespace {

using model::Regularizer;

constexpr std::array kCombines{Combine::mean, Combine::sum, Combine::elastic};
constexpr std::array kFormats{ExchangeFormat::dense, ExchangeFormat::sparse};

class NodeExchangeTest : public StrategyTest {
protected:
    NodeExchangeTest() : StrategyTest(2) {}

    std::vector<std::string> sharing() const {
        std::vector<std::string> names;
        std::ranges::copy_if(strategies(), std::back_inserter(names), [](const std::string& name) {
            return strategy_info(name).shares_memory;
        });
        return names;
    }
    /// The strategies that lose no update within a group.
    std::vector<std::string> exact() const {
        std::vector<std::string> names = sharing();
        std::erase(names, "lock-free");
        return names;
    }
    void expect_sum(const std::string& name, std::int64_t every, const CountingProblem& counting,
                    std::int64_t epochs) {
        for (const ExchangeFormat format : kFormats) {
            expect_sum(name, {Combine::sum, 0.5, every, format}, counting, epochs);
        }
        expect_sum(name, {Combine::sum, 0.5, every, ExchangeFormat::sparse, true}, counting,
                   epochs);
    }
    void expect_sum(const std::string& name, const ExchangePlan& plan,
                    const CountingProblem& counting, std::int64_t epochs) {
        std::vector<double> w = train({.strategy = name,
                                       .schedule = CountingProblem::kSchedule,
                                       .batch_size = 1,
                                       .epochs = epochs,
                                       .exchange = plan},
                                      counting.objective, counting.rows);
        expect_same_everywhere(w, name);
        w.resize(counting.objective.shape.features);  // without the bias
        const auto sent = static_cast<double>(epochs * counting.holders);
        EXPECT_EQ(w, std::vector<double>(w.size(), sent)) << name << ", every " << *plan.every;
    }
    void expect_same_everywhere(const std::vector<double>& w, const std::string& name) {
        std::vector<double> first = w;
        mpi::broadcast(comms_.world(), 0, std::span<double>(first));
        EXPECT_EQ(w, first) << name;
    }
};

TEST_F(NodeExchangeTest, ThereAreTwoWindowsOnOneNode) {
    EXPECT_EQ(comms_.nodes(), 1);
    EXPECT_EQ(comms_.replicas(), std::min(2, comms_.size()));
    EXPECT_EQ(comms_.is_leader(), comms_.leaders() != MPI_COMM_NULL);
    EXPECT_EQ(mpi::sum(comms_.world(), comms_.is_leader() ? 1 : 0), comms_.replicas());
}

// Every document adds one to each of its weights: a sum counts all documents, a mean those of an
// average group.
TEST_F(NodeExchangeTest, SumCountsEveryDocumentOnce) {
    for (const std::string& name : exact()) {
        for (const std::int64_t every : {1, 7, 100}) {
            expect_sum(name, every, CountingProblem(comms_.size()), 500);
        }
    }
}

// The same holds for weights that do not occur in the batch at which an exchange happens: other
// ranks change them and lock other stripes.
TEST_F(NodeExchangeTest, SumCountsWhatOthersChangeMeanwhile) {
    expect_sum("striped", 7, CountingProblem(comms_.size(), 2, 4096), 5000);
}

TEST_F(NodeExchangeTest, MeanOfEqualWindowsIsTheirShare) {
    if (comms_.size() % 2 != 0) return;  // groups of different sizes
    const CountingProblem counting(comms_.size());
    constexpr std::int64_t kEpochs = 200;
    const auto share = static_cast<double>(kEpochs * counting.rows.size()) / comms_.replicas();
    for (const std::string& name : exact()) {
        // no exchange but at the boundaries, where both have processed the same
        for (const ExchangeFormat format : kFormats) {
            const std::vector<double> w = train({.strategy = name,
                                                 .schedule = CountingProblem::kSchedule,
                                                 .batch_size = 1,
                                                 .epochs = kEpochs,
                                                 .exchange = {Combine::mean, 0.5, 1 << 30, format}},
                                                counting.objective, counting.rows);
            for (std::uint32_t u = 0; u < CountingProblem::kFeatures; ++u) {
                EXPECT_NEAR(w[u], share, 1e-9 * share) << name;
            }
        }
    }
}

TEST_F(NodeExchangeTest, EveryStrategyLearnsHoweverWindowsCombine) {
    const data::Rows rows = reference::random_rows(1200, 80, 21);
    for (const std::string& name : sharing()) {
        for (const Combine combine : kCombines) {
            for (const Precision precision : {Precision::single_, Precision::double_}) {
                for (const bool hot_features : {false, true}) {
                    if (hot_features && name != "lock-free") continue;
                    const model::Objective o = make_objective(Regularizer::l2, rows, 80);
                    // falling: with a constant step summed changes overshoot on and on
                    Setting s{.strategy = name,
                              .precision = precision,
                              .schedule = {model::StepSchedule::Kind::decay, 0.05, 0.0, 0.6},
                              .aggregated = true,
                              .batch_size = 2,
                              .exchange = {combine, 0.5, 50}};
                    if (hot_features) s.hot_head_plan = {true, 20, 16};
                    for (const ExchangeFormat format : kFormats) {
                        s.exchange.format = format;
                        s.exchange.bfloat16 = format == ExchangeFormat::sparse && hot_features;
                        const std::vector<double> w = train(s, o, rows);
                        expect_same_everywhere(w, name);
                        EXPECT_GT(reference::metrics(o, w, rows).accuracy, 0.8)
                            << name << ", combine " << static_cast<int>(combine);
                    }
                }
            }
        }
    }
}

TEST_F(NodeExchangeTest, MetersCountExchanges) {
    const data::Rows rows = reference::random_rows(400 * comms_.size(), 60, 8);
    const model::Objective o = make_objective(Regularizer::none, rows, 60);
    for (const std::string& name : sharing()) {
        for (const ExchangeFormat format : kFormats) {
            train(
                {.strategy = name, .batch_size = 1, .exchange = {Combine::mean, 0.5, 200, format}},
                o, rows);
            ASSERT_EQ(meters_.exchange.has_value(), comms_.replicas() > 1) << name;
            if (!meters_.exchange) continue;
            EXPECT_GT(meters_.exchange->exchanges, 0.0) << name;
            EXPECT_GT(meters_.exchange->visible_seconds, 0.0) << name;
            EXPECT_GT(meters_.exchange->bytes, 0.0) << name;
            EXPECT_GE(meters_.exchange->most_meanwhile_documents, 0.0) << name;
            const bool sparse = format == ExchangeFormat::sparse;
            EXPECT_EQ(meters_.exchange->sparse_exchanges,
                      sparse ? meters_.exchange->exchanges : 0.0);
            EXPECT_EQ(meters_.exchange->changed_share > 0.0, sparse) << name;
            EXPECT_LE(meters_.exchange->changed_share, meters_.exchange->sparse_exchanges) << name;
        }
    }
}

// In both forms every batch reaches every rank once. The node-aware form sends it once to the other
// group, the direct form once to every rank there.
TEST_F(NodeExchangeTest, NodeAwareMessagesCrossOnce) {
    const CountingProblem counting(comms_.size());
    constexpr std::int64_t kEpochs = 100;
    const auto sent = static_cast<double>(kEpochs * counting.rows.size());
    for (const bool node_aware : {false, true}) {
        const std::vector<double> w = train({.strategy = "asynchronous",
                                             .schedule = CountingProblem::kSchedule,
                                             .batch_size = 1,
                                             .epochs = kEpochs,
                                             .node_aware = node_aware},
                                            counting.objective, counting.rows);
        for (std::uint32_t u = 0; u < CountingProblem::kFeatures; ++u) EXPECT_EQ(w[u], sent);
        ASSERT_EQ(meters_.traffic.has_value(), comms_.replicas() > 1);
        if (!meters_.traffic) continue;
        const int first = comms_.size() / 2 + comms_.size() % 2;  // ranks of the first group
        const int second = comms_.size() - first;
        const double each = sent / comms_.size();
        EXPECT_EQ(meters_.traffic->messages, node_aware ? sent : 2.0 * each * first * second);
    }
}

// In both forms the servers end with every change. The node-aware form sends one message for all
// servers in each direction, the direct form one for each server.
TEST_F(NodeExchangeTest, NodeAwareDownpourSpeaksThroughOneServer) {
    const CountingProblem counting(comms_.size());
    constexpr std::int64_t kEpochs = 100;
    const auto sent = static_cast<double>(kEpochs * counting.rows.size());
    const int servers = std::max(1, comms_.size() / 2);  // those of the second group
    double direct = 0.0;
    for (const bool node_aware : {false, true}) {
        for (const std::int64_t every : {1, 3}) {
            std::vector<double> w = train({.strategy = "downpour",
                                           .schedule = CountingProblem::kSchedule,
                                           .batch_size = 1,
                                           .epochs = kEpochs,
                                           .downpour = {servers, every, 2 * every},
                                           .node_aware = node_aware},
                                          counting.objective, counting.rows);
            w.resize(counting.objective.shape.features);  // without the bias
            EXPECT_EQ(w, std::vector<double>(w.size(), sent)) << node_aware << ", every " << every;
            ASSERT_EQ(meters_.traffic.has_value(), comms_.replicas() > 1);
            if (!meters_.traffic || every != 1) continue;
            if (!node_aware) direct = meters_.traffic->messages;
            if (node_aware) {
                EXPECT_EQ(servers * meters_.traffic->messages, direct);
            }
        }
    }
}

TEST_F(NodeExchangeTest, NodeAwareDownpourLearns) {
    const data::Rows rows = reference::random_rows(1200, 80, 21);
    for (const bool adagrad : {false, true}) {
        const model::Objective o = make_objective(Regularizer::l2, rows, 80);
        const Setting s{.strategy = "downpour",
                        .schedule = {model::StepSchedule::Kind::decay, 0.05, 0.0, 0.6},
                        .aggregated = true,
                        .batch_size = 2,
                        .downpour = {std::max(1, comms_.size() / 2), 2, 4, adagrad, 20},
                        .node_aware = true};
        const std::vector<double> w = train(s, o, rows);
        EXPECT_GT(reference::metrics(o, w, rows).accuracy, 0.8) << adagrad;
    }
}

}  // namespace
}  // namespace hogwild::train
