// Documents on several ranks are ranked as on one.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <vector>

#include "app/common/ranking.hpp"
#include "mpi/communicators.hpp"

namespace hogwild::app {
namespace {

using model::LabelledScore;
using model::RankingSums;

class RankingTest : public testing::Test {
protected:
    void TearDown() override { comms_.close(); }

    /// Compares with one rank. @param owner  of a document by its number.
    void expect_as_on_one(const std::vector<LabelledScore>& all,
                          const std::function<int(std::size_t)>& owner) {
        std::vector<LabelledScore> own;
        for (std::size_t k = 0; k < all.size(); ++k) {
            if (owner(k) % comms_.size() == comms_.rank()) own.push_back(all[k]);
        }
        std::vector<LabelledScore> sorted = all;
        std::ranges::sort(sorted, std::greater<>{}, &LabelledScore::score);
        const RankingSums one = model::sum_ranking(sorted);
        const RankingSums many = rank_all(own, comms_.world());
        EXPECT_EQ(many.positives, one.positives);
        EXPECT_EQ(many.negatives, one.negatives);
        if (one.positives * one.negatives > 0.0) {
            EXPECT_NEAR(many.auc(), one.auc(), 1e-13);
            EXPECT_NEAR(many.average_precision(), one.average_precision(), 1e-13);
        } else {
            EXPECT_TRUE(std::isnan(many.auc()));
        }
        const auto alone = model::best_f1(sorted, {}, one.positives, std::nullopt);
        const auto together = best_threshold(own, comms_.world());
        EXPECT_EQ(together.has_value(), alone.has_value());
        if (alone && together) {
            EXPECT_NEAR(together->f1, alone->f1, 1e-13);
            EXPECT_EQ(together->threshold, alone->threshold);
        }
        const auto isotonic = fit_isotonic(own, comms_.world());
        EXPECT_EQ(isotonic.has_value(), one.positives * one.negatives > 0.0);
        if (!isotonic) return;
        const model::Isotonic right = model::isotonic_of(model::pool_violators(sorted));
        EXPECT_EQ(isotonic->scores, right.scores);
        EXPECT_EQ(isotonic->probabilities, right.probabilities);
    }

    mpi::Communicators comms_{MPI_COMM_WORLD};
};

std::vector<LabelledScore> documents(unsigned seed, int count, int distinct) {
    std::mt19937 engine(seed);
    std::vector<LabelledScore> all;
    for (int k = 0; k < count; ++k) {
        const bool positive = engine() % 3 == 0;
        all.push_back({static_cast<double>(static_cast<int>(engine() % 1000) % distinct) +
                           (positive ? 0.5 : 0.0),
                       1.0F + static_cast<float>(engine() % 2), positive});
    }
    return all;
}

TEST_F(RankingTest, DocumentsDealtOut) {
    for (unsigned seed = 0; seed < 10; ++seed) {
        expect_as_on_one(documents(seed, 1000, seed % 2 == 0 ? 1000 : 5),
                         [](std::size_t k) { return static_cast<int>(k); });
    }
}

TEST_F(RankingTest, OneRankHasAll) {
    expect_as_on_one(documents(3, 500, 100), [](std::size_t) { return 1; });
}

TEST_F(RankingTest, RanksHaveScoresOfTheirOwn) {
    std::vector<LabelledScore> all = documents(4, 600, 50);
    for (std::size_t k = 0; k < all.size(); ++k)
        all[k].score += 1000.0 * static_cast<double>(k / 200);
    expect_as_on_one(all, [](std::size_t k) { return static_cast<int>(k / 200); });
}

TEST_F(RankingTest, AllScoresTheSameOrNoneAtAll) {
    std::vector<LabelledScore> same = documents(5, 300, 10);
    for (LabelledScore& document : same) document.score = 0.25;
    expect_as_on_one(same, [](std::size_t k) { return static_cast<int>(k); });
    expect_as_on_one({}, [](std::size_t) { return 0; });
    expect_as_on_one({{1.0, 1.0F, true}}, [](std::size_t) { return 2; });
}

}  // namespace
}  // namespace hogwild::app
