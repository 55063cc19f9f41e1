#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "model/class_confusion.hpp"
#include "model/matrix_problem.hpp"

namespace hogwild::model {
namespace {

using Cell = ClassConfusion::Cell;
constexpr std::uint32_t kOther = ClassConfusion::kOther;

TEST(ClassConfusion, CountsPairsInOrder) {
    ClassConfusion counts;
    EXPECT_TRUE(counts.empty());
    counts.add(kOther, 0);
    counts.add(2, 1);
    counts.add(0, 0, 5);
    counts.add(2, 1);
    EXPECT_EQ(counts.cells(), (std::vector<Cell>{{0, 0, 5}, {2, 1, 2}, {kOther, 0, 1}}));
    EXPECT_EQ(counts.documents(), 8);
}

TEST(ClassConfusion, MistakesComeByFrequency) {
    ClassConfusion counts;
    counts.add(0, 0, 100);
    counts.add(0, 1, 2);
    counts.add(1, 0, 7);
    counts.add(kOther, 1, 2);
    EXPECT_EQ(counts.mistakes(), (std::vector<Cell>{{1, 0, 7}, {0, 1, 2}, {kOther, 1, 2}}));
}

TEST(ClassConfusion, SumsAreThoseOfAllDocuments) {
    ClassConfusion a;
    ClassConfusion b;
    a.add(0, 1, 3);
    b.add(0, 1, 2);
    b.add(4, 4);
    a += b;
    EXPECT_EQ(a.cells(), (std::vector<Cell>{{0, 1, 5}, {4, 4, 1}}));
}

/// Documents of one class each; some of another class than the outputs, and some without a label.
class DecisionByTheHighestScore : public testing::Test {
protected:
    DecisionByTheHighestScore() : labels(problem.kOutputs) {
        for (std::int64_t i = 0; i < problem.rows.size(); ++i) {
            if (i % 11 == 0) {
                labels.append_unknown();
            } else if (i % 11 == 1) {
                labels.append({});
            } else {
                labels.append(std::vector{static_cast<std::uint16_t>(i % kClasses)});
            }
        }
        model.decision = data::Decision::highest;
    }
    static constexpr std::int64_t kClasses = 5;  // of the 21 outputs

    reference::MatrixProblem problem;
    PaddedMatrix memory;
    MatrixModel<reference::kListed> model = problem.model(memory);
    data::LabelSets labels;
};

TEST_F(DecisionByTheHighestScore, CountsTheFirstOutputAlone) {
    MatrixTally tally(problem.kOutputs);
    ScoreTable scores(problem.kOutputs);
    evaluate(model, problem.rows, labels, 0, tally, &scores);
    ClassConfusion expected;
    double right = 0.0;
    double weight = 0.0;
    for (std::int64_t i = 0; i < problem.rows.size(); ++i) {
        EXPECT_EQ(scores.labels().is_known(i), i % 11 != 0);
        if (i % 11 == 0) continue;
        std::uint32_t first = 0;
        for (std::uint32_t o = 1; o < problem.kOutputs; ++o) {
            if (scores.scores(i)[o] > scores.scores(i)[first]) first = o;
        }
        const std::uint32_t label = i % 11 == 1 ? kOther : static_cast<std::uint32_t>(i % kClasses);
        expected.add(label, first);
        weight += static_cast<double>(problem.rows.weight(i));
        if (label == first) right += static_cast<double>(problem.rows.weight(i));
    }
    EXPECT_EQ(tally.confusion, expected);
    EXPECT_EQ(tally.documents, expected.documents());
    EXPECT_EQ(tally.exact_matches, right);
    EXPECT_EQ(tally.weight, weight);
    for (std::uint32_t o = 0; o < problem.kOutputs; ++o) {
        std::int64_t labelled = 0;
        std::int64_t predicted = 0;
        std::int64_t hits = 0;
        for (const Cell& cell : expected.cells()) {
            if (cell.label == o) labelled += cell.documents;
            if (cell.predicted == o) predicted += cell.documents;
            if (cell.label == o && cell.right()) hits += cell.documents;
        }
        EXPECT_EQ(tally.outputs[o].positives, labelled);
        EXPECT_EQ(tally.outputs[o].predicted_positives, predicted);
        EXPECT_EQ(tally.outputs[o].true_positives, hits);
    }
}

TEST_F(DecisionByTheHighestScore, AccuracyIsTheShareOfRightClasses) {
    MatrixTally tally(problem.kOutputs);
    evaluate(model, problem.rows, labels, 0, tally);
    const auto norms = squared_norms(model, 0, model.objective.shape.inputs());
    const MatrixMetrics metrics = metrics_of(model, tally, norms);
    EXPECT_EQ(metrics.confusion, tally.confusion);
    const Metrics all = metrics.summary();
    EXPECT_DOUBLE_EQ(all.accuracy, tally.exact_matches / tally.weight);
    EXPECT_DOUBLE_EQ(all.f1, metrics.macro.f1);
    // each document is predicted once: of all that is predicted this share is right
    EXPECT_NEAR(metrics.micro.precision, all.accuracy, 1e-12);
    // and losses are those of the other decision
    auto by_threshold = model;
    by_threshold.decision = data::Decision::threshold;
    MatrixTally other(problem.kOutputs);
    evaluate(by_threshold, problem.rows, labels, 0, other);
    EXPECT_TRUE(other.confusion.empty());
    EXPECT_EQ(metrics.mean_loss, metrics_of(by_threshold, other, norms).mean_loss);
}

TEST(FirstOutput, OfEqualScoresIsTheOneWithTheLowestNumber) {
    const std::vector<float> scores{-1.0F, 2.0F, 2.0F, 0.0F};
    EXPECT_EQ(first_output(scores), 1U);
}

TEST(ScoreTable, LeavesOutDocumentsWithoutLabels) {
    ScoreTable table(2);
    table.append(std::vector{0.5F, 1.5F}, std::vector<std::uint16_t>{1}, 2.0F);
    table.append_unknown(std::vector{7.0F, 8.0F});
    std::vector<LabelledScore> scores;
    table.copy_output(1, scores);
    ASSERT_EQ(scores.size(), 1U);
    EXPECT_EQ(scores[0].score, 1.5);
    EXPECT_EQ(table.documents(), 2);
    EXPECT_EQ(table.scores(1)[0], 7.0F);
}

TEST(LabelSets, KeepWhichLabelsAreNotKnown) {
    data::LabelSets sets(3);
    sets.append(std::vector<std::uint16_t>{2});
    sets.append_unknown();
    sets.append({});
    const data::LabelSets fewer = sets.renumbered(std::vector<std::int32_t>{-1, -1, 0}, 1);
    for (const data::LabelSets& labels : {sets, fewer}) {
        EXPECT_TRUE(labels.is_known(0));
        EXPECT_FALSE(labels.is_known(1));
        EXPECT_TRUE(labels.is_known(2));
        EXPECT_EQ(labels.size(), 3);
    }
}

}  // namespace
}  // namespace hogwild::model
