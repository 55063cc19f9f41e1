// Outputs dealt to ranks are ranked as one by one.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "app/common/evaluate.hpp"
#include "app/common/matrix_measures.hpp"
#include "app/common/ranking.hpp"
#include "model/matrix_problem.hpp"
#include "mpi/collectives.hpp"
#include "mpi/communicators.hpp"

namespace hogwild::app {
namespace {

using reference::kListed;
using reference::MatrixProblem;

class MatrixMeasuresTest : public testing::Test {
protected:
    void TearDown() override { comms_.close(); }

    /// This rank's documents of the problem; the last one of three ranks has none.
    model::MatrixTally evaluate_own(model::ScoreTable* scores) {
        model::MatrixTally tally(MatrixProblem::kOutputs);
        for (std::int64_t first = 0; first < problem_.rows.size(); first += 100) {
            const bool mine = first / 200 % comms_.size() == comms_.rank();
            if (!mine) continue;
            data::NumberedRows<kListed> rows;
            rows.append(problem_.rows, first, first + 100);
            model::evaluate(model_, rows, problem_.labels, first, tally, scores);
        }
        return tally;
    }

    MatrixProblem problem_;
    model::PaddedMatrix memory_;
    model::MatrixModel<kListed> model_ = problem_.model(memory_);
    mpi::Communicators comms_{MPI_COMM_WORLD};
};

void expect_same_or_none(double a, double b, double tolerance) {
    EXPECT_EQ(std::isnan(a), std::isnan(b));
    if (!std::isnan(b)) {
        EXPECT_NEAR(a, b, tolerance);
    }
}

TEST_F(MatrixMeasuresTest, MetricsAreThoseOfAllDocuments) {
    const model::MatrixTally own = evaluate_own(nullptr);
    model::MatrixTally whole(problem_.kOutputs);
    model::evaluate(model_, problem_.rows, problem_.labels, 0, whole);
    const std::vector<double> sum = sum_tallies(own, comms_.world()).pack();
    const std::vector<double> right = whole.pack();
    EXPECT_EQ(sum.size(), right.size());
    for (std::size_t k = 0; k < std::min(sum.size(), right.size()); ++k)
        EXPECT_NEAR(sum[k], right[k], 1e-9);

    const auto norms = model::squared_norms(model_, 0, problem_.kFeatures + 1);
    const auto m = metrics_of_all(model_, own, comms_.world(), model::ClassWeighting::yes);
    const auto expected = model::metrics_of(model_, whole, norms, model::ClassWeighting::yes);
    EXPECT_NEAR(m.mean_objective, expected.mean_objective, 1e-12);
    EXPECT_NEAR(m.macro.f1, expected.macro.f1, 1e-12);
    EXPECT_NEAR(m.ranking.ranking_loss, expected.ranking.ranking_loss, 1e-12);
}

TEST_F(MatrixMeasuresTest, RankingsAreThoseOfEachOutput) {
    model::ScoreTable scores(problem_.kOutputs);
    const model::MatrixTally own = evaluate_own(&scores);
    constexpr double kFbr = 0.64;
    const auto rankings = rank_outputs(scores, kFbr, comms_.world());
    EXPECT_EQ(rankings.size(), problem_.kOutputs);
    model::MatrixMetrics metrics = metrics_of_all(model_, own, comms_.world());
    set_rankings(rankings, metrics);
    double auc = 0.0;
    int replaced = 0;
    for (std::size_t o = 0; o < rankings.size(); ++o) {
        SCOPED_TRACE(o);
        std::vector<model::LabelledScore> mine;
        scores.copy_output(o, mine);
        const model::RankingSums sums = rank_all(mine, comms_.world());
        expect_same_or_none(rankings[o].auc, sums.auc(), 1e-13);
        expect_same_or_none(rankings[o].average_precision, sums.average_precision(), 1e-13);
        const auto best = best_threshold(mine, comms_.world());
        const bool kept = best && best->f1 >= kFbr;
        replaced += kept ? 0 : 1;
        double highest = -std::numeric_limits<double>::infinity();
        for (const model::LabelledScore& score : mine) highest = std::max(highest, score.score);
        highest = mpi::max(comms_.world(), highest);
        const auto threshold = rankings[o].threshold.value_or(model::BestThreshold{});
        EXPECT_EQ(threshold.threshold, kept ? best->threshold : highest);
        EXPECT_NEAR(threshold.f1, kept ? best->f1 : 0.0, 1e-13);
        if (!std::isnan(sums.auc())) auc += sums.auc() / (problem_.kOutputs - 1);
        expect_same_or_none(metrics.outputs[o].auc, sums.auc(), 1e-13);
    }
    EXPECT_GT(replaced, 1) << "only the output without labels";
    EXPECT_LT(replaced, 20);
    EXPECT_NEAR(metrics.macro_auc, auc, 1e-12);  // one output has no label
    EXPECT_FALSE(std::isnan(metrics.macro_average_precision));
}

/// The same scores as a model of one output has, but for the rounding to floats.
TEST_F(MatrixMeasuresTest, RankingIsThatOfAModelOfOneOutput) {
    model::ScoreTable scores(problem_.kOutputs);
    evaluate_own(&scores);
    const auto rankings = rank_outputs(scores, std::nullopt, comms_.world());
    for (const std::size_t o : {std::size_t{0}, std::size_t{17}}) {
        model::Tally tally;
        std::vector<model::LabelledScore> all;
        model::evaluate(problem_.model_of(o), problem_.rows_of(o), tally, &all);
        std::ranges::sort(all, std::greater<>{}, &model::LabelledScore::score);
        EXPECT_NEAR(rankings[o].auc, model::sum_ranking(all).auc(), 1e-4);
        EXPECT_FALSE(rankings[o].threshold.has_value());
    }
}

TEST_F(MatrixMeasuresTest, ScoresThatAreNoNumbersHaveNoRanking) {
    model::ScoreTable scores(2);
    const float number = comms_.rank() == 0 ? std::numeric_limits<float>::quiet_NaN() : 1.0F;
    const std::vector<std::uint16_t> label{1};
    scores.append(std::vector{number, 2.0F}, label, 1.0F);
    scores.append(std::vector{0.5F, -1.0F}, {}, 1.0F);
    const auto rankings = rank_outputs(scores, 0.0, comms_.world());
    EXPECT_TRUE(std::isnan(rankings[0].auc));
    EXPECT_FALSE(rankings[0].threshold.has_value());
    EXPECT_EQ(rankings[1].auc, 1.0);
    EXPECT_EQ(rankings[1].threshold.value_or(model::BestThreshold{}).threshold, 0.5);
}

TEST_F(MatrixMeasuresTest, NoDocumentsAtAll) {
    const auto rankings = rank_outputs(model::ScoreTable(5), 0.5, comms_.world());
    EXPECT_EQ(rankings.size(), 5U);
    for (const OutputRanking& ranking : rankings) EXPECT_TRUE(std::isnan(ranking.auc));
}

}  // namespace
}  // namespace hogwild::app
