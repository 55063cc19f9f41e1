// What a group has changed since the last exchange, and what an exchange makes of the weights of
// all groups: against the rules applied to all weights. And when changes alone are sent.
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "train/exchange/consensus.hpp"
#include "train/exchange/format_choice.hpp"

namespace hogwild::train {
namespace {

constexpr std::size_t kModelWeights = 2 * WeightBlocks::kSize + 5;

/// Groups that train some weights at random and decay all of them, without MPI.
class Groups {
public:
    Groups(Combine combine, std::size_t groups, bool bfloat16 = false)
        : rule_({combine, 0.5, {}}), bfloat16_(bfloat16) {
        std::normal_distribution<double> value;
        std::vector<double> start(kModelWeights);
        for (double& w : start) w = value(random_);
        for (std::size_t k = 0; k < groups; ++k) {
            groups_.push_back({Consensus<double>(rule_, blocks_), start, 0.0,
                               100.0 + 50.0 * static_cast<double>(k)});
            groups_.back().consensus.restart(start, 0.0);
        }
        consensus_ = start;
    }

    std::vector<double>& weights(std::size_t group) { return groups_[group].w; }
    const std::vector<double>& consensus() const { return consensus_; }
    std::vector<double>& consensus_of(std::size_t group) {
        return groups_[group].consensus.values();
    }
    /// Weights of the last exchange with a change.
    std::size_t changed() const { return changed_; }

    void train(double decay, std::size_t changes) {
        std::normal_distribution<double> value;
        for (Group& group : groups_) {
            for (double& w : group.w) w *= decay;
            group.log_decay += std::log(decay);
            for (std::size_t k = 0; k < changes; ++k) {
                group.w[random_() % kModelWeights] += value(random_);
            }
        }
    }
    void round(bool to_bfloat16) { bfloat16_ = to_bfloat16; }
    void exchange(bool exactly) {
        std::vector<GroupShare> shares;
        std::vector<std::vector<double>> changes;
        for (Group& group : groups_) {
            changes.push_back(group.w);
            const double decay =
                group.consensus.find_changes(changes.back(), group.log_decay, bfloat16_);
            shares.push_back({group.documents, decay});
        }
        const GroupTotals totals = GroupTotals::of(rule_.sums(), shares);
        std::vector<double> sums(kModelWeights);
        for (std::size_t k = 0; k < groups_.size(); ++k) {
            for (std::size_t u = 0; u < kModelWeights; ++u) {
                sums[u] += totals.factors[k] * changes[k][u];
            }
        }
        changed_ = 0;
        std::vector<bool> in_sums(blocks_.count());
        for (std::size_t u = 0; u < kModelWeights; ++u) {
            if (sums[u] == 0.0) continue;
            in_sums[u / WeightBlocks::kSize] = true;
            ++changed_;
        }
        expect_rule(totals);
        for (std::size_t k = 0; k < groups_.size(); ++k) {
            Group& group = groups_[k];
            group.consensus.land(changes[k], sums, in_sums, totals, exactly);
            for (std::size_t u = 0; u < kModelWeights; ++u) group.w[u] += changes[k][u];
        }
    }

private:
    struct Group {
        Consensus<double> consensus;
        std::vector<double> w;
        double log_decay;
        double documents;
    };
    /// The next consensus, from all weights.
    void expect_rule(const GroupTotals& totals) {
        for (std::size_t u = 0; u < kModelWeights; ++u) {
            double mean = 0.0;
            for (std::size_t k = 0; k < groups_.size(); ++k) {
                mean += totals.factors[k] * groups_[k].w[u];
            }
            if (!rule_.sums()) consensus_[u] = mean;
        }
    }

    CombineRule rule_;
    bool bfloat16_;
    WeightBlocks blocks_{kModelWeights, 1};
    std::mt19937 random_{11};
    std::vector<Group> groups_;
    std::vector<double> consensus_;
    std::size_t changed_ = 0;
};

void expect_near(const std::vector<double>& a, const std::vector<double>& b, double close,
                 const char* what) {
    double most = 0.0;
    for (std::size_t u = 0; u < a.size(); ++u) most = std::max(most, std::abs(a[u] - b[u]));
    EXPECT_LE(most, close) << what;
}

TEST(Consensus, OfMeansIsTheMeanOfAllWeights) {
    for (const double decay : {1.0, 0.99}) {
        for (const bool exactly : {false, true}) {
            Groups groups(Combine::mean, 3);
            for (int k = 0; k < 20; ++k) {
                groups.train(decay, 100);
                groups.exchange(exactly);
                for (std::size_t group = 0; group < 3; ++group) {
                    expect_near(groups.consensus_of(group), groups.consensus(), 1e-12, "consensus");
                    expect_near(groups.weights(group), groups.consensus(), 1e-11, "weights");
                }
            }
        }
    }
}

// Weight decay, the same everywhere, and rounding are no changes: only what documents have changed
// is sent.
TEST(Consensus, DecayIsNoChange) {
    for (const Combine combine : {Combine::mean, Combine::sum}) {
        Groups groups(combine, 2);
        for (int k = 0; k < 20; ++k) {
            groups.train(0.999, 50);
            groups.exchange(false);
            EXPECT_GT(groups.changed(), 50U);
            EXPECT_LE(groups.changed(), 100U);
        }
    }
}

TEST(Consensus, OfSumsHasAllChangesAndAllDecay) {
    Groups groups(Combine::sum, 2);
    std::vector<double> expected = groups.consensus();
    for (int k = 0; k < 20; ++k) {
        const std::vector<double> before = expected;
        groups.train(0.99, 100);
        for (std::size_t u = 0; u < kModelWeights; ++u) {
            expected[u] = 0.99 * 0.99 * before[u] + (groups.weights(0)[u] - 0.99 * before[u]) +
                          (groups.weights(1)[u] - 0.99 * before[u]);
        }
        groups.exchange(k % 2 == 0);
        expect_near(groups.consensus_of(0), expected, 1e-12, "consensus");
        expect_near(groups.consensus_of(1), expected, 1e-12, "consensus");
        if (k % 2 == 0) expect_near(groups.weights(0), expected, 1e-12, "weights");
        expected = groups.consensus_of(0);
        if (k % 2 == 0) continue;
        groups.train(1.0, 0);
        groups.exchange(true);  // groups follow the decay of all
        expect_near(groups.weights(0), groups.consensus_of(0), 1e-12, "weights");
        expected = groups.consensus_of(0);
    }
}

TEST(Consensus, ElasticComesNearer) {
    Groups groups(Combine::elastic, 2);
    groups.train(1.0, 1000);
    const std::vector<double> before = groups.weights(0);
    groups.exchange(false);
    for (std::size_t u = 0; u < kModelWeights; ++u) {
        EXPECT_NEAR(groups.weights(0)[u], 0.5 * (before[u] + groups.consensus()[u]), 1e-12);
    }
    for (int k = 0; k < 60; ++k) groups.exchange(false);
    EXPECT_EQ(groups.changed(), 0U) << "groups that are as near as rounding allows have no change";
    expect_near(groups.weights(0), groups.consensus(), 1e-11, "weights");
}

// What is not sent stays with the group, and is sent later.
TEST(Consensus, RoundingToBfloat16LosesNothing) {
    Groups groups(Combine::mean, 2, true);
    groups.train(1.0, 5000);
    std::vector<double> mean(kModelWeights);
    for (std::size_t u = 0; u < kModelWeights; ++u) {
        mean[u] = (100.0 * groups.weights(0)[u] + 150.0 * groups.weights(1)[u]) / 250.0;
    }
    groups.exchange(false);
    double most = 0.0;
    for (std::size_t u = 0; u < kModelWeights; ++u) {
        most = std::max(most, std::abs(groups.consensus_of(0)[u] - mean[u]));
    }
    EXPECT_GT(most, 1e-4) << "it was not rounded";
    const std::size_t at_first = groups.changed();
    groups.exchange(false);
    EXPECT_LT(groups.changed(), at_first / 3) << "most of what is left is small, and waits";
    groups.round(false);
    groups.exchange(true);
    expect_near(groups.consensus_of(0), mean, 1e-11, "consensus");
    expect_near(groups.weights(0), mean, 1e-11, "weights");
}

TEST(FormatChoice, AutomaticFollowsTheShareOfChanges) {
    FormatChoice choice(ExchangeFormat::automatic, FormatChoice::kSmall);
    EXPECT_TRUE(choice.may_be_sparse());
    EXPECT_TRUE(choice.is_sparse());
    choice.after_sparse(0.4);
    EXPECT_TRUE(choice.is_sparse());
    choice.after_sparse(0.6);
    for (int k = 0; k < FormatChoice::kDenseInARow; ++k) {
        EXPECT_FALSE(choice.is_sparse());
        choice.after_dense();
    }
    EXPECT_TRUE(choice.is_sparse()) << "once in a while, to see";
}

TEST(FormatChoice, SmallModelsAreSentWhole) {
    EXPECT_FALSE(FormatChoice(ExchangeFormat::automatic, FormatChoice::kSmall - 1).may_be_sparse());
    FormatChoice sparse(ExchangeFormat::sparse, 1);
    sparse.after_sparse(1.0);
    EXPECT_TRUE(sparse.is_sparse());
    EXPECT_FALSE(FormatChoice(ExchangeFormat::dense, std::size_t{1} << 30U).may_be_sparse());
}

}  // namespace
}  // namespace hogwild::train
