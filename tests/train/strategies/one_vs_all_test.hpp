#pragma once
// What the tests of several outputs share.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "model/bfloat16.hpp"
#include "mpi/collectives.hpp"
#include "train/strategy_test.hpp"
#include "train/weights/matrix_weights.hpp"

namespace hogwild::train {

constexpr std::size_t kMatrixFeatures = 40;
constexpr std::size_t kOutputs = 37;  // three groups, the last one with padding
constexpr std::int64_t kExamples = 300;

/// Documents of several outputs: whether document i is an example of output o depends on the
/// features of i, and the outputs are of very different sizes.
struct Documents {
    data::Rows rows;
    std::vector<std::vector<std::uint16_t>> labels;

    Documents() {
        const data::CounterRandom random(4, 8);
        std::uint64_t drawn = 0;
        for (std::int64_t i = 0; i < kExamples; ++i) {
            std::vector<std::uint32_t> index;
            for (std::uint32_t u = 0; u < kMatrixFeatures; ++u) {
                if (random.unit(drawn++) < 0.2) index.push_back(u);
            }
            const std::vector<float> value(index.size(), 0.4F);
            std::vector<std::uint16_t> own;
            for (std::uint16_t o = 0; o < kOutputs; ++o) {
                const auto hits = std::ranges::count_if(
                    index, [o](std::uint32_t u) { return (u + o) % 7 == 0 || u == o; });
                if (hits > 1 + o % 3) own.push_back(o);
            }
            rows.append({index, value}, 1, i % 5 == 0 ? 2.0F : 1.0F);
            labels.push_back(own);
        }
    }
    /// As a problem of one output.
    data::Rows with_labels_of(std::uint16_t output) const {
        data::Rows own;
        for (std::int64_t i = 0; i < rows.size(); ++i) {
            const auto& set = labels[static_cast<std::size_t>(i)];
            const bool is_one = std::ranges::find(set, output) != set.end();
            own.append(rows.row(i), is_one ? 1 : -1, rows.weight(i));
        }
        return own;
    }
};

class OneVsAllTest : public StrategyTest {
protected:
    explicit OneVsAllTest(int replicas = 1) : StrategyTest(replicas) {}
    static OutputSetting setting_of(std::size_t output, bool same) {
        if (same) return {1e-2, {}};
        return {output % 4 == 3 ? 0.0 : 1e-2 / static_cast<double>(1 + output % 4),
                {1.0, 1.0 + static_cast<double>(output % 3)}};
    }
    static model::Objective objective(model::LossKind loss, const OutputSetting& setting,
                                      std::size_t outputs, bool bias) {
        model::Objective o;
        o.loss = loss;
        o.regularizer = model::Regularizer::l2;
        o.lambda = setting.lambda;
        o.step_weights = setting.step_weights;
        o.bias = bias;
        o.shape = {kMatrixFeatures, outputs};
        return o;
    }
    Setting run(std::int64_t epochs) const {
        Setting s;
        s.strategy = "lock-free";
        s.precision = precision_;
        s.schedule = {model::StepSchedule::Kind::decay, 0.3, 0.0, 0.8};
        s.aggregated = true;
        s.batch_size = 1;
        s.epochs = epochs;
        s.hot_head_plan = {true, head_, 32};
        return s;
    }

    /// Of this rank's documents.
    Outputs outputs_of(const Documents& all, bool same) const {
        Outputs outputs{data::LabelSets(kOutputs), {}};
        const data::Range own = data::equal_part(kExamples, comms_.size(), comms_.rank());
        for (std::int64_t i = own.begin; i < own.end; ++i) {
            outputs.labels.append(all.labels[static_cast<std::size_t>(i)]);
        }
        for (std::size_t o = 0; o < kOutputs; ++o) outputs.settings.push_back(setting_of(o, same));
        return outputs;
    }
    /// All outputs at once. @return shape.size() weights.
    std::vector<double> train_all(const Documents& all, model::LossKind loss, bool same, bool bias,
                                  Setting s) {
        const Outputs outputs = outputs_of(all, same);
        s.outputs = &outputs;
        return train(s, objective(loss, {1e-2, {}}, kOutputs, bias), all.rows);
    }
    std::vector<double> train_one(const Documents& all, model::LossKind loss, std::uint16_t output,
                                  bool same, bool bias, const Setting& s) {
        const OutputSetting setting = setting_of(output, same);
        model::Objective one = objective(loss, setting, 1, bias);
        if (setting.lambda == 0.0) one.regularizer = model::Regularizer::none;
        return train(s, one, all.with_labels_of(output));
    }
    /// Mean over the outputs of the hinge loss with l2.
    static double mean_objective(const Documents& all, std::span<const double> w) {
        double sum = 0.0;
        for (std::uint16_t o = 0; o < kOutputs; ++o) {
            const data::Rows rows = all.with_labels_of(o);
            double squares = 0.0;
            double loss = 0.0;
            double documents = 0.0;
            for (std::size_t u = 0; u <= kMatrixFeatures; ++u)
                squares += std::pow(w[u * kOutputs + o], 2);
            for (std::int64_t i = 0; i < rows.size(); ++i) {
                const data::SparseRow x = rows.row(i);
                double score = w[kMatrixFeatures * kOutputs + o];
                for (std::size_t k = 0; k < x.size(); ++k) {
                    score += static_cast<double>(x.value[k]) * w[x.index[k] * kOutputs + o];
                }
                const auto weight = static_cast<double>(rows.weight(i));
                loss += weight * model::Hinge::value(rows.label(i) * score);
                documents += weight;
            }
            sum += loss / documents + 0.5e-2 * squares;
        }
        return sum / static_cast<double>(kOutputs);
    }

    Precision precision_ = Precision::single_;
    std::size_t head_ = 0;  ///< features with a private row
};

}  // namespace hogwild::train
