#include "model/matrix_metrics.hpp"

#include <cmath>
#include <limits>

namespace hogwild::model {
namespace {

double share(double part, double whole) {
    return whole > 0.0 ? part / whole : std::numeric_limits<double>::quiet_NaN();
}
double or_zero(double value) { return std::isnan(value) ? 0.0 : value; }

/// Mean of the values that are numbers.
class Mean {
public:
    void add(double value) {
        if (std::isnan(value)) return;
        sum_ += value;
        count_ += 1.0;
    }
    double value() const { return share(sum_, count_); }

private:
    double sum_ = 0.0;
    double count_ = 0.0;
};

/// |w|^2 of every output, bias included.
template <data::Numbering kNumbering>
std::vector<double> norms(const MatrixModel<kNumbering>& model) {
    const std::vector<double>& factors = model.objective.norm_factors;
    std::vector<double> sums(model.outputs.size());
    for (std::size_t input = 0; input < model.objective.shape.inputs(); ++input) {
        const float* const row = model.weights.data() + input * model.stride();
        const double factor = factors.empty() ? 1.0 : factors[input];
        for (std::size_t o = 0; o < sums.size(); ++o) {
            const double v = static_cast<double>(row[o]) / factor;
            sums[o] += v * v;
        }
    }
    return sums;
}

Averages micro_of(const MatrixTally& tally) {
    double hits = 0.0;
    double predicted = 0.0;
    double labelled = 0.0;
    for (const Tally& output : tally.outputs()) {
        hits += output.positive.above;
        predicted += output.all.above;
        labelled += output.positive.documents;
    }
    return {share(hits, predicted), share(hits, labelled), share(2.0 * hits, predicted + labelled)};
}

void take_order(const LabelOrder& order, double documents, MatrixMetrics& m) {
    m.exact_match = share(order.exact, documents);
    m.coverage = share(order.coverage, order.labelled);
    m.ranking_loss = share(order.ranking_loss, order.ordered);
    m.one_error = 1.0 - share(order.best_is_label, order.labelled);
    m.best_accuracy = share(order.best_of_single, order.single);
}

}  // namespace

Metrics MatrixMetrics::summary() const {
    Metrics m;
    m.objective = objective;
    m.loss = loss;
    m.accuracy = accuracy;
    m.precision = micro.precision;
    m.accuracy_positive = micro.recall;
    m.f1 = micro.f1;
    m.auc = auc;
    m.average_precision = average_precision;
    m.accuracy_negative = std::numeric_limits<double>::quiet_NaN();
    m.documents = documents;
    for (const Metrics& output : outputs) {
        m.positives += output.positives;
        m.predicted_positives += output.predicted_positives;
        m.predicted_negatives += output.predicted_negatives;
    }
    return m;
}

template <data::Numbering kNumbering>
MatrixMetrics metrics_of(const MatrixModel<kNumbering>& model, const MatrixTally& tally,
                         CountClasses classes, std::span<const RankingMeasures> ranking) {
    const std::vector<double> norm2 = norms(model);
    MatrixMetrics all;
    all.micro = micro_of(tally);
    Mean auc;
    Mean average_precision;
    const auto n = static_cast<double>(tally.outputs().size());
    for (std::size_t o = 0; o < tally.outputs().size(); ++o) {
        const Output& output = model.outputs[o];
        Metrics m =
            metrics_of(tally.outputs()[o], {model.objective.regularizer, output.lambda, norm2[o]},
                       classes == CountClasses::yes ? output.class_weights : ClassWeights{});
        if (!ranking.empty()) {
            m.auc = ranking[o].auc;
            m.average_precision = ranking[o].average_precision;
        }
        all.objective += m.objective / n;
        all.loss += m.loss / n;
        all.accuracy += m.accuracy / n;
        all.macro.precision += or_zero(m.precision) / n;
        all.macro.recall += or_zero(m.accuracy_positive) / n;
        all.macro.f1 += or_zero(m.f1) / n;
        auc.add(m.auc);
        average_precision.add(m.average_precision);
        all.outputs.push_back(m);
    }
    all.auc = auc.value();
    all.average_precision = average_precision.value();
    if (!all.outputs.empty()) {
        all.documents = all.outputs.front().documents;
        take_order(tally.order(), tally.outputs().front().all.documents, all);
    }
    return all;
}

using data::Numbering;
template MatrixMetrics metrics_of(const MatrixModel<Numbering::listed>&, const MatrixTally&,
                                  CountClasses, std::span<const RankingMeasures>);
template MatrixMetrics metrics_of(const MatrixModel<Numbering::training>&, const MatrixTally&,
                                  CountClasses, std::span<const RankingMeasures>);

}  // namespace hogwild::model
