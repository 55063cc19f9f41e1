#include <gtest/gtest.h>

#include <cstdint>
#include <numeric>
#include <vector>

#include "model/matrix_problem.hpp"

namespace hogwild::model {
namespace {

using data::NumberedRows;
using data::Numbering;
using reference::MatrixProblem;

TEST(MatrixModel, ScoresAreThoseOfTheOutputs) {
    MatrixProblem p;
    PaddedMatrix memory;
    for (const bool bias : {true, false}) {
        p.objective.bias = bias;
        const auto model = p.model(memory);
        PaddedMatrix z(model.stride());
        for (std::int64_t i = 0; i < 20; ++i) {
            model.scores(p.rows.row(i), z);
            for (std::size_t o = 0; o < p.kOutputs; ++o) {
                const LinearModel<Numbering::listed> one = p.model_of(o);
                EXPECT_NEAR(z[o], reference::margin(one.objective, one.weights, p.rows.row(i), 1),
                            1e-5);
            }
        }
    }
}

/// In the listed numbering documents may have features that training has not seen.
TEST(MatrixModel, HasTheSameMetricsInBothNumberings) {
    MatrixProblem p;
    std::vector<std::int64_t> counts(p.kFeatures);
    for (std::size_t u = 0; u < counts.size(); ++u) {  // frequent ones all over the place
        counts[u] = static_cast<std::int64_t>(1 + (u * 37) % counts.size());
    }
    std::vector<std::uint32_t> columns(p.kFeatures);
    std::iota(columns.begin(), columns.end(), 0U);
    data::FeatureOrder order(data::FeatureSet(columns), counts, 20);
    const NumberedRows<Numbering::file> rows{data::Rows(p.rows)};
    NumberedRows<Numbering::training> renumbered;
    order.append(renumbered, rows, 0, rows.size());

    for (std::size_t u = 0; u <= p.kFeatures; ++u) {
        p.objective.norm_factors.push_back(1.0 + static_cast<double>(u));
    }
    const PaddedMatrix trained = padded(p.weights, p.objective.shape);
    const MatrixModel<Numbering::training> training{p.objective, trained, p.outputs};
    PaddedMatrix memory;
    const MatrixModel<Numbering::listed> listed = in_listed_numbering(training, order, memory);
    EXPECT_EQ(listed.objective.shape, (WeightShape{p.kFeatures + 1, p.kOutputs}));
    MatrixTally a(p.kOutputs);
    MatrixTally b(p.kOutputs);
    evaluate(training, renumbered, p.labels, 0, a);
    evaluate(listed, in_listed_numbering(rows, order.columns()), p.labels, 0, b);
    const std::vector<double> norms = squared_norms(training, 0, p.kFeatures + 1);
    const std::vector<double> listed_norms = squared_norms(listed, 0, p.kFeatures + 2);
    for (std::size_t o = 0; o < p.kOutputs; ++o) {
        EXPECT_NEAR(a.outputs[o].loss, b.outputs[o].loss, 1e-3);
        EXPECT_EQ(a.outputs[o].true_positives, b.outputs[o].true_positives);
        EXPECT_NEAR(norms[o], listed_norms[o], 1e-12);
    }

    PaddedMatrix z(listed.stride());
    const std::vector<std::uint32_t> unseen{p.kFeatures};
    const std::vector<float> value{5.0F};
    listed.scores({unseen, value}, z);
    for (std::size_t o = 0; o < p.kOutputs; ++o) {
        EXPECT_EQ(z[o], static_cast<float>(p.weights[p.objective.shape.bias(o)]));
    }
}

}  // namespace
}  // namespace hogwild::model
