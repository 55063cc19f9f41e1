#pragma once
// Random classifiers of several outputs, with documents, and the same one output at a time.
#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "data/random.hpp"
#include "model/matrix_evaluation.hpp"
#include "model/reference.hpp"

namespace hogwild::reference {

constexpr data::Numbering kListed = data::Numbering::listed;

/// @param weighted  documents have weights from 1 to 3.
struct MatrixProblem {
    static constexpr std::uint32_t kFeatures = 60;
    static constexpr std::size_t kOutputs = 21;  // of two groups, the second one padded

    explicit MatrixProblem(bool weighted = true, std::uint64_t seed = 8) : labels(kOutputs) {
        const data::Rows random = random_rows(300, kFeatures, seed);
        for (std::int64_t i = 0; i < random.size(); ++i) {
            const data::CounterRandom draw(seed + 1, i);
            rows.append(random.row(i), 1, weighted ? static_cast<float>(1 + i % 3) : 1.0F);
            std::vector<std::uint16_t> own;  // none of some documents, all of others
            const double share = 0.02 * static_cast<double>(i % 51);
            for (std::uint16_t o = 0; o < kOutputs; ++o) {
                if (o != kUnused && draw.unit(o) < share) own.push_back(o);
            }
            if (i % 7 == 0) own = {static_cast<std::uint16_t>(i % std::int64_t{kOutputs})};
            labels.append(own);
        }
        objective.regularizer = model::Regularizer::l2;
        objective.shape = {kFeatures, kOutputs};
        for (std::size_t k = 0; k < objective.shape.size(); ++k) {
            const double number = data::CounterRandom(seed + 2, k).unit(0) - 0.5;
            weights.push_back(static_cast<double>(static_cast<float>(number)));
        }
        for (std::size_t o = 0; o < kOutputs; ++o) {
            const auto number = static_cast<double>(o);
            outputs.push_back({0.001 * (number + 1), {1.0, 1.0 + number}, 0.02 * number - 0.3});
        }
        outputs[kUnused].threshold = 100.0;  // without labels and predictions
    }
    static constexpr std::uint16_t kUnused = 19;

    /// @param memory  takes the weights.
    model::MatrixModel<kListed> model(model::PaddedMatrix& memory) const {
        memory = model::padded(weights, objective.shape);
        return {objective, memory, outputs};
    }
    model::LinearModel<kListed> model_of(std::size_t output) const {
        model::LinearModel<kListed> one{objective, {}, outputs[output].threshold};
        one.objective.shape.outputs = 1;
        one.objective.lambda = outputs[output].lambda;
        for (std::size_t u = 0; u < objective.shape.inputs(); ++u) {
            one.weights.push_back(weights[u * kOutputs + output]);
        }
        return one;
    }
    data::NumberedRows<kListed> rows_of(std::size_t output) const {
        data::NumberedRows<kListed> own;
        for (std::int64_t i = 0; i < rows.size(); ++i) {
            own.append(rows.row(i), is_label(i, output) ? 1 : -1, rows.weight(i));
        }
        return own;
    }
    bool is_label(std::int64_t document, std::size_t output) const {
        const auto own = labels.of(document);
        return std::ranges::find(own, output) != own.end();
    }

    model::Objective objective;
    std::vector<double> weights;  ///< without padding
    std::vector<model::OutputModel> outputs;
    data::NumberedRows<kListed> rows;
    data::LabelSets labels;
};

}  // namespace hogwild::reference
