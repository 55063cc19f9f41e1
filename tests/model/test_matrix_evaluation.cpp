#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "model/matrix_problem.hpp"

namespace hogwild::model {
namespace {

using data::NumberedRows;
using data::Numbering;
using reference::kListed;
using reference::MatrixProblem;

/// Rows in another numbering than the model do not compile.
template <Numbering kModel, Numbering kRows>
constexpr bool kEvaluatesMatrix = requires(const MatrixModel<kModel>& model,
                                           const NumberedRows<kRows>& rows,
                                           const data::LabelSets& labels, MatrixTally& tally) {
    evaluate(model, rows, labels, 0, tally);
};
static_assert(kEvaluatesMatrix<Numbering::listed, Numbering::listed>);
static_assert(kEvaluatesMatrix<Numbering::training, Numbering::training>);
static_assert(!kEvaluatesMatrix<Numbering::listed, Numbering::training>);
static_assert(!kEvaluatesMatrix<Numbering::listed, Numbering::file>);

MatrixTally tally_of(const MatrixModel<kListed>& model, const MatrixProblem& p,
                     ScoreTable* scores = nullptr) {
    MatrixTally tally(p.kOutputs);
    evaluate(model, p.rows, p.labels, 0, tally, scores);
    return tally;
}

MatrixMetrics measure(const MatrixModel<kListed>& model, const MatrixTally& tally,
                      ClassWeighting weighting = ClassWeighting::no) {
    return metrics_of(model, tally, squared_norms(model, 0, model.objective.shape.inputs()),
                      weighting);
}

void expect_near_or_none(double a, double b, double tolerance) {
    if (std::isnan(b)) {
        EXPECT_TRUE(std::isnan(a)) << a;
    } else {
        EXPECT_NEAR(a, b, tolerance);
    }
}

/// Sums in double of scores in float.
void expect_same(const Metrics& a, const Metrics& b) {
    EXPECT_NEAR(a.loss, b.loss, 1e-5);
    EXPECT_NEAR(a.objective, b.objective, 1e-5);
    EXPECT_NEAR(a.objective - a.loss, b.objective - b.loss, 1e-12);
    EXPECT_NEAR(a.accuracy, b.accuracy, 1e-12);
    expect_near_or_none(a.accuracy_positive, b.accuracy_positive, 1e-12);
    expect_near_or_none(a.accuracy_negative, b.accuracy_negative, 1e-12);
    expect_near_or_none(a.precision, b.precision, 1e-12);
    expect_near_or_none(a.f1, b.f1, 1e-12);
    EXPECT_EQ(a.documents, b.documents);
    EXPECT_EQ(a.positives, b.positives);
    EXPECT_EQ(a.predicted_positives, b.predicted_positives);
    EXPECT_EQ(a.predicted_negatives, b.predicted_negatives);
}

TEST(MatrixEvaluation, EachOutputHasTheMetricsOfAModelOfItsOwn) {
    for (const LossKind loss :
         {LossKind::hinge, LossKind::squared_hinge, LossKind::logistic, LossKind::modified_huber}) {
        for (const bool weighted : {false, true}) {
            MatrixProblem p(weighted);
            p.objective.loss = loss;
            for (std::size_t u = 0; u <= p.kFeatures && weighted; ++u) {
                p.objective.norm_factors.push_back(1.0 + 0.1 * static_cast<double>(u));
            }
            PaddedMatrix memory;
            const auto model = p.model(memory);
            const MatrixTally tally = tally_of(model, p);
            for (const ClassWeighting by_class : {ClassWeighting::no, ClassWeighting::yes}) {
                const MatrixMetrics all = measure(model, tally, by_class);
                for (std::size_t o = 0; o < p.kOutputs; ++o) {
                    SCOPED_TRACE(testing::Message()
                                 << "loss " << static_cast<int>(loss) << ", output " << o);
                    const LinearModel<kListed> one = p.model_of(o);
                    Tally own;
                    evaluate(one, p.rows_of(o), own);
                    expect_same(all.outputs[o], metrics_of(one, own,
                                                           by_class == ClassWeighting::yes
                                                               ? p.outputs[o].class_weights
                                                               : ClassWeights{}));
                    EXPECT_EQ(tally.of(o).correct_negatives, own.correct_negatives);
                }
            }
        }
    }
}

TEST(MatrixEvaluation, RegularizersOfDocumentsCountAsInModelsOfOneOutput) {
    for (const Regularizer kind :
         {Regularizer::none, Regularizer::seed, Regularizer::scalar, Regularizer::hogwild}) {
        for (const bool bias : {true, false}) {
            MatrixProblem p;
            p.objective.regularizer = kind;
            p.objective.bias = bias;
            for (std::size_t u = 0; u <= p.kFeatures; ++u) {
                p.objective.inverse_degree.push_back(1.0 / static_cast<double>(1 + u % 9));
            }
            PaddedMatrix memory;
            const auto model = p.model(memory);
            const MatrixTally tally = MatrixTally::unpack(tally_of(model, p).pack());
            const MatrixMetrics all = metrics_of(model, tally, {}, ClassWeighting::yes);
            for (std::size_t o = 0; o < p.kOutputs; ++o) {
                SCOPED_TRACE(testing::Message() << static_cast<int>(kind) << ", output " << o);
                const LinearModel<kListed> one = p.model_of(o);
                Tally own;
                evaluate(one, p.rows_of(o), own);
                const Metrics expected = metrics_of(one, own, p.outputs[o].class_weights);
                EXPECT_NEAR(all.outputs[o].objective - all.outputs[o].loss,
                            expected.objective - expected.loss, 1e-12);
                EXPECT_EQ(kind != Regularizer::none, expected.objective > expected.loss);
            }
        }
    }
}

TEST(MatrixEvaluation, AveragesAreThoseOfPlainSums) {
    const MatrixProblem p;
    PaddedMatrix memory;
    const auto model = p.model(memory);
    const MatrixMetrics m = measure(model, tally_of(model, p));
    double correct = 0.0;
    double predicted = 0.0;
    double labelled = 0.0;
    MatrixMetrics::Average macro{0.0, 0.0, 0.0};
    double objective = 0.0;
    for (std::size_t o = 0; o < p.kOutputs; ++o) {
        Tally own;
        evaluate(p.model_of(o), p.rows_of(o), own);
        correct += own.positive.above;
        predicted += own.all.above;
        labelled += own.positive.documents;
        objective += m.outputs[o].objective / p.kOutputs;
        if (o == p.kUnused) continue;  // has no part in macro averages
        ASSERT_GT(own.all.above, 0.0);
        const double precision = own.positive.above / own.all.above;
        const double recall = own.positive.above / own.positive.documents;
        macro.precision += precision / (p.kOutputs - 1);
        macro.recall += recall / (p.kOutputs - 1);
        if (own.positive.above > 0.0) {
            macro.f1 += 2.0 * precision * recall / (precision + recall) / (p.kOutputs - 1);
        }
    }
    EXPECT_NEAR(m.micro.precision, correct / predicted, 1e-12);
    EXPECT_NEAR(m.micro.recall, correct / labelled, 1e-12);
    EXPECT_NEAR(m.micro.f1, 2.0 * correct / (predicted + labelled), 1e-12);
    EXPECT_NEAR(m.macro.precision, macro.precision, 1e-12);
    EXPECT_NEAR(m.macro.recall, macro.recall, 1e-12);
    EXPECT_NEAR(m.macro.f1, macro.f1, 1e-12);
    EXPECT_NEAR(m.mean_objective, objective, 1e-12);
    EXPECT_TRUE(std::isnan(m.outputs[p.kUnused].f1));
    EXPECT_TRUE(m.finite());
}

TEST(MatrixEvaluation, ExactMatchIsOfWholeSets) {
    MatrixProblem p;
    PaddedMatrix memory;
    const auto model = p.model(memory);
    ScoreTable scores(p.kOutputs);
    tally_of(model, p, &scores);
    // a third of the documents has the labels that are predicted for them
    data::LabelSets labels(p.kOutputs);
    double matches = 0.0;
    double all = 0.0;
    for (std::int64_t i = 0; i < p.rows.size(); ++i) {
        std::vector<std::uint16_t> own;
        for (std::uint16_t o = 0; o < p.kOutputs; ++o) {
            const auto score = static_cast<double>(scores.scores(i)[o]);
            if (predicts_positive(score, p.outputs[o].threshold)) own.push_back(o);
        }
        if (i % 3 == 1 && !own.empty()) {
            own.pop_back();
        } else if (i % 3 == 2) {
            own.push_back(p.kUnused);
        } else {
            matches += static_cast<double>(p.rows.weight(i));
        }
        all += static_cast<double>(p.rows.weight(i));
        labels.append(own);
    }
    p.labels = labels;
    EXPECT_NEAR(measure(model, tally_of(model, p)).exact_match, matches / all, 1e-12);
    EXPECT_GT(matches, 0.0);
}

/// Score equal to the threshold: not predicted. A float is not above a double that is the next
/// larger number.
TEST(MatrixEvaluation, ThresholdsAreNotRounded) {
    Objective objective;
    objective.shape = {0, 2};
    const float score = 0.1F;
    const std::vector<double> bias(2, static_cast<double>(score));
    const PaddedMatrix memory = padded(bias, objective.shape);
    data::NumberedRows<kListed> rows;
    rows.append({{}, {}}, 1);
    data::LabelSets labels(2);
    labels.append({});
    const double exact = static_cast<double>(score);
    for (const double threshold :
         {exact, std::nextafter(exact, 1.0), std::nextafter(exact, 0.0), 0.1, 0.0, -0.0}) {
        const MatrixModel<kListed> model{objective, memory, {{0.0, {}, threshold}, {}}};
        MatrixTally tally(2);
        evaluate(model, rows, labels, 0, tally);
        EXPECT_EQ(tally.outputs[0].predicted_positives, exact > threshold ? 1 : 0) << threshold;
        EXPECT_EQ(tally.outputs[1].predicted_positives, 1);
    }
}

TEST(MatrixEvaluation, TalliesOfBlocksAddUp) {
    const MatrixProblem p;
    PaddedMatrix memory;
    const auto model = p.model(memory);
    const MatrixTally whole = tally_of(model, p);
    MatrixTally sum(p.kOutputs);
    for (std::int64_t first = 0; first < p.rows.size(); first += 70) {
        data::NumberedRows<kListed> block;
        block.append(p.rows, first, std::min(first + 70, p.rows.size()));
        MatrixTally own(p.kOutputs);
        evaluate(model, block, p.labels, first, own);
        sum += MatrixTally::unpack(own.pack());
    }
    const std::vector<double> a = sum.pack();
    const std::vector<double> b = whole.pack();
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t k = 0; k < a.size(); ++k) EXPECT_NEAR(a[k], b[k], 1e-10 * (1.0 + b[k])) << k;
}

TEST(MatrixEvaluation, NormsOfRangesAddUp) {
    MatrixProblem p;
    PaddedMatrix memory;
    const auto model = p.model(memory);
    const std::vector<double> whole = squared_norms(model, 0, p.kFeatures + 1);
    const std::vector<double> first = squared_norms(model, 0, 13);
    const std::vector<double> rest = squared_norms(model, 13, p.kFeatures + 1);
    for (std::size_t o = 0; o < p.kOutputs; ++o) {
        EXPECT_NEAR(first[o] + rest[o], whole[o], 1e-12);
    }
}

TEST(MatrixEvaluation, TheTableKeepsScoresLabelsAndWeights) {
    const MatrixProblem p;
    PaddedMatrix memory;
    ScoreTable table(p.kOutputs);
    tally_of(p.model(memory), p, &table);
    ASSERT_EQ(table.documents(), p.rows.size());
    for (std::size_t o = 0; o < p.kOutputs; ++o) {
        std::vector<LabelledScore> scores;
        table.copy_output(o, scores);
        std::vector<LabelledScore> expected;
        Tally own;
        evaluate(p.model_of(o), p.rows_of(o), own, &expected);
        ASSERT_EQ(scores.size(), expected.size());
        for (std::size_t i = 0; i < scores.size(); ++i) {
            EXPECT_NEAR(scores[i].score, expected[i].score, 1e-5);
            EXPECT_EQ(scores[i].positive, expected[i].positive);
            EXPECT_EQ(scores[i].weight, expected[i].weight);
        }
    }
}

TEST(MatrixEvaluation, KnownScoresCountAsThoseOfTheModel) {
    for (const bool weighted : {false, true}) {
        const MatrixProblem p(weighted);
        PaddedMatrix memory;
        ScoreTable table(p.kOutputs);
        MatrixTally right = tally_of(p.model(memory), p, &table);
        for (OutputTally& output : right.outputs) output.loss = output.positive_loss = 0.0;
        // the documents from the last to the first, in two parts
        std::vector<std::int64_t> documents;
        std::vector<float> scores;
        std::vector<float> weights;
        for (std::int64_t i = 0; i < p.rows.size(); ++i) {
            weights.push_back(p.rows.weight(i));
            documents.push_back(p.rows.size() - 1 - i);
            const auto of_document = table.scores(documents.back());
            scores.insert(scores.end(), of_document.begin(), of_document.end());
        }
        if (!weighted) weights.clear();
        MatrixTally found(p.kOutputs);
        const auto all = std::span<const std::int64_t>(documents);
        const auto all_scores = std::span<const float>(scores);
        constexpr std::size_t kFirst = 113;
        evaluate_scores(p.outputs, all_scores.first(kFirst * p.kOutputs), p.labels,
                        all.first(kFirst), weights, found);
        evaluate_scores(p.outputs, all_scores.subspan(kFirst * p.kOutputs), p.labels,
                        all.subspan(kFirst), weights, found);
        const std::vector<double> numbers = found.pack();
        const std::vector<double> expected = right.pack();
        ASSERT_EQ(numbers.size(), expected.size());
        for (std::size_t k = 0; k < numbers.size(); ++k) {
            EXPECT_NEAR(numbers[k], expected[k], 1e-9) << k;
        }
    }
}

TEST(MatrixEvaluation, WithoutDocumentsThereIsNoNumber) {
    const MatrixProblem p;
    PaddedMatrix memory;
    const MatrixMetrics m = measure(p.model(memory), MatrixTally(p.kOutputs));
    EXPECT_TRUE(std::isnan(m.micro.f1));
    EXPECT_TRUE(std::isnan(m.mean_loss));
    EXPECT_TRUE(std::isnan(m.exact_match));
    EXPECT_TRUE(std::isnan(m.ranking.coverage));
    EXPECT_TRUE(m.finite());
}

TEST(MatrixMetrics, AveragesOfRankingsLeaveOutWhatIsNotDefined) {
    MatrixMetrics m;
    m.outputs.resize(3);
    m.outputs[0].auc = 0.5;
    m.outputs[2].auc = 0.75;
    m.average_rankings();
    EXPECT_EQ(m.macro_auc, 0.625);
    EXPECT_TRUE(std::isnan(m.macro_average_precision));
}

}  // namespace
}  // namespace hogwild::model
