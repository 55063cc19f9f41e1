#include "model/matrix_evaluation.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "model/ratio.hpp"

namespace hogwild::model {
namespace {

/// The largest float that is at most this number: a float is above both or above none.
float at_most(double number) noexcept {
    const auto nearest = static_cast<float>(number);
    constexpr float kBelow = -std::numeric_limits<float>::infinity();
    return static_cast<double>(nearest) > number ? std::nextafter(nearest, kBelow) : nearest;
}

/// The loss of scores of which no loss is asked for.
struct NoLoss {
    static double value(double /*margin*/) noexcept { return 0.0; }
};

/// What the sweeps over the outputs add up, in arrays of their own, so that vectors take them.
struct Sweep {
    Sweep(std::span<const OutputModel> outputs, data::Decision how)
        : decision(how),
          loss(outputs.size()),
          predicted_weight(outputs.size()),
          predicted(outputs.size()) {
        // no score is above infinity: what is predicted is counted in decide() instead
        constexpr float kNever = std::numeric_limits<float>::infinity();
        const bool by_threshold = decision == data::Decision::threshold;
        for (const OutputModel& output : outputs) {
            threshold.push_back(by_threshold ? at_most(output.threshold) : kNever);
        }
    }

    void add_to(MatrixTally& tally) const noexcept {
        for (std::size_t o = 0; o < loss.size(); ++o) {
            tally.outputs[o].loss += loss[o];
            tally.outputs[o].predicted_weight += predicted_weight[o];
            tally.outputs[o].predicted_positives += predicted[o];
        }
    }

    data::Decision decision;

    std::vector<float> threshold;
    std::vector<double> loss;
    std::vector<double> predicted_weight;
    std::vector<std::int32_t> predicted;
};

// Loops of one kind of number each: GCC 12 makes no vectors of what mixes counts and doubles.

template <class Loss>
void add_losses(std::span<const float> scores, double weight, double* __restrict loss) noexcept {
    const float* __restrict z = scores.data();
    for (std::size_t o = 0; o < scores.size(); ++o) {
        loss[o] += weight * Loss::value(-static_cast<double>(z[o]));
    }
}

/// @return the number of outputs above their thresholds.
std::int32_t count_predicted(std::span<const float> scores, const float* __restrict threshold,
                             std::int32_t* __restrict predicted) noexcept {
    const float* __restrict z = scores.data();
    std::int32_t all = 0;
    for (std::size_t o = 0; o < scores.size(); ++o) {
        const std::int32_t above = z[o] > threshold[o] ? 1 : 0;
        predicted[o] += above;
        all += above;
    }
    return all;
}

void add_predicted(std::span<const float> scores, double weight, const float* __restrict threshold,
                   double* __restrict predicted_weight) noexcept {
    const float* __restrict z = scores.data();
    for (std::size_t o = 0; o < scores.size(); ++o) {
        predicted_weight[o] += z[o] > threshold[o] ? weight : 0.0;
    }
}

/// Counts a document as labelled -1 for all outputs.
/// @return the number of outputs that predict +1.
template <class Loss>
std::int32_t add_negatives(std::span<const float> scores, double weight, Sweep& sums) noexcept {
    add_losses<Loss>(scores, weight, sums.loss.data());
    add_predicted(scores, weight, sums.threshold.data(), sums.predicted_weight.data());
    return count_predicted(scores, sums.threshold.data(), sums.predicted.data());
}

/// Counts a document for an output that it has the label of. @return whether that is predicted.
template <class Loss>
bool add_positive(double score, double threshold, double weight, OutputTally& tally) noexcept {
    const bool above = predicts_positive(score, threshold);
    const double loss = weight * Loss::value(score);
    ++tally.positives;
    tally.positive_weight += weight;
    tally.loss += loss;
    tally.positive_loss += loss;
    if (!above) return false;
    ++tally.predicted_positives;
    ++tally.true_positives;
    tally.predicted_weight += weight;
    tally.true_positive_weight += weight;
    return true;
}

/// Counts the prediction of a document by Decision::highest. @return whether it is right.
bool decide(std::span<const float> scores, std::span<const std::uint16_t> labels, double weight,
            MatrixTally& tally) {
    assert(labels.size() <= 1);
    const std::size_t first = first_output(scores);
    const std::uint32_t label = labels.empty() ? ClassConfusion::kOther : labels.front();
    tally.confusion.add(label, static_cast<std::uint32_t>(first));
    OutputTally& output = tally.outputs[first];
    ++output.predicted_positives;
    output.predicted_weight += weight;
    if (label != first) return false;
    ++output.true_positives;
    output.true_positive_weight += weight;
    return true;
}

/// Counts a document. @param z  its scores, which it destroys.
template <class Loss>
void add_document(std::span<float> z, std::span<const std::uint16_t> labels, double weight,
                  Sweep& sums, MatrixTally& tally) {
    tally.ranking.add(z, labels, weight);
    const bool by_threshold = sums.decision == data::Decision::threshold;
    bool exact = by_threshold || decide(z, labels, weight, tally);
    for (const std::uint16_t label : labels) {
        const auto score = static_cast<double>(z[label]);
        const bool above =
            add_positive<Loss>(score, sums.threshold[label], weight, tally.outputs[label]);
        if (by_threshold && !above) exact = false;
        // as a negative one with this score, it has no loss and is not predicted
        z[label] = -std::numeric_limits<float>::infinity();
    }
    if (add_negatives<Loss>(z, weight, sums) > 0) exact = false;
    if (exact) tally.exact_matches += weight;
    ++tally.documents;
    tally.weight += weight;
}

double or_zero(double value) noexcept { return std::isnan(value) ? 0.0 : value; }

/// The mean over outputs of a number of each.
template <class NumberOf>
double mean_of(const std::vector<Metrics>& outputs, const NumberOf& number_of) {
    double sum = 0.0;
    for (const Metrics& output : outputs) sum += number_of(output);
    return ratio(sum, static_cast<double>(outputs.size()));
}

/// The same over outputs whose number is defined.
double mean_of_defined(const std::vector<Metrics>& outputs, double Metrics::*number) noexcept {
    double sum = 0.0;
    double defined = 0.0;
    for (const Metrics& output : outputs) {
        if (std::isnan(output.*number)) continue;
        sum += output.*number;
        defined += 1.0;
    }
    return ratio(sum, defined);
}

MatrixMetrics::Average micro_of(const MatrixTally& tally) noexcept {
    OutputTally sum;
    for (const OutputTally& output : tally.outputs) sum += output;
    const double correct = sum.true_positive_weight;
    return {or_zero(ratio(correct, sum.predicted_weight)),
            or_zero(ratio(correct, sum.positive_weight)),
            or_zero(ratio(2.0 * correct, sum.predicted_weight + sum.positive_weight))};
}

MatrixMetrics::Average macro_of(std::vector<Metrics> outputs) {
    std::erase_if(outputs, [](const Metrics& m) { return m.positives == 0; });
    return {mean_of(outputs, [](const Metrics& m) { return or_zero(m.precision); }),
            mean_of(outputs, [](const Metrics& m) { return or_zero(m.accuracy_positive); }),
            mean_of(outputs, [](const Metrics& m) { return or_zero(m.f1); })};
}

/// Adds the regularizer's terms of one document, lambda left out, to each output, as evaluate() of
/// one output does. Slow: only for regularizers that have such terms.
template <data::Numbering kNumbering>
void add_penalties(const MatrixModel<kNumbering>& model, data::SparseRow x, double weight,
                   std::span<const std::uint16_t> labels, std::vector<double>& terms,
                   MatrixTally& tally) {
    const Objective& objective = model.objective;
    const Regularizer kind = objective.regularizer;
    terms.assign(model.outputs.size(), 0.0);
    const auto add_input = [&](std::size_t input) {
        const std::span<const float> row = model.row(input);
        for (std::size_t o = 0; o < terms.size(); ++o) {
            const auto w = static_cast<double>(row[o]);
            terms[o] += kind == Regularizer::scalar    ? w
                        : kind == Regularizer::hogwild ? w * w * objective.inverse_degree[input]
                                                       : w * w;
        }
    };
    for (const std::uint32_t u : x.index) add_input(u);
    if (objective.bias) add_input(objective.shape.features);
    for (std::size_t o = 0; o < terms.size(); ++o) {
        if (kind == Regularizer::scalar) terms[o] *= terms[o];
        // a norm of the features, in which no document counts
        if (kind != Regularizer::hogwild) terms[o] *= weight * objective.inverse_length(x);
        tally.outputs[o].penalty += terms[o];
    }
    for (const std::uint16_t o : labels) tally.outputs[o].positive_penalty += terms[o];
}

bool has_terms_of_documents(Regularizer regularizer) noexcept {
    return regularizer != Regularizer::none && regularizer != Regularizer::l2;
}

}  // namespace

template <data::Numbering kNumbering>
void evaluate(const MatrixModel<kNumbering>& model, const data::NumberedRows<kNumbering>& rows,
              const data::LabelSets& labels, std::int64_t first_document, MatrixTally& tally,
              ScoreTable* scores) {
    const std::size_t outputs = model.outputs.size();
    assert(tally.outputs.size() == outputs && labels.outputs() == outputs);
    PaddedMatrix memory(model.stride());
    const std::span<float> z = std::span(memory).first(outputs);
    Sweep sums(model.outputs, model.decision);
    std::vector<double> terms;
    with_loss(model.objective.loss, [&]<class Loss>(Loss) {
        for (std::int64_t i = 0; i < rows.size(); ++i) {
            const auto own_labels = labels.of(first_document + i);
            model.scores(rows.row(i), memory);
            if (!labels.is_known(first_document + i)) {
                if (scores != nullptr) scores->append_unknown(z);
                continue;
            }
            if (scores != nullptr) scores->append(z, own_labels, rows.weight(i));
            const auto weight = static_cast<double>(rows.weight(i));
            add_document<Loss>(z, own_labels, weight, sums, tally);
            if (has_terms_of_documents(model.objective.regularizer)) {
                add_penalties(model, rows.row(i), weight, own_labels, terms, tally);
            }
        }
    });
    sums.add_to(tally);
}

void evaluate_scores(std::span<const OutputModel> outputs, std::span<const float> scores,
                     const data::LabelSets& labels, std::span<const std::int64_t> documents,
                     std::span<const float> weights, MatrixTally& tally) {
    assert(scores.size() == documents.size() * outputs.size());
    std::vector<float> z(outputs.size());
    Sweep sums(outputs, data::Decision::threshold);
    for (std::size_t i = 0; i < documents.size(); ++i) {
        std::ranges::copy(scores.subspan(i * z.size(), z.size()), z.begin());
        const auto place = static_cast<std::size_t>(documents[i]);
        const double weight = weights.empty() ? 1.0 : static_cast<double>(weights[place]);
        add_document<NoLoss>(z, labels.of(documents[i]), weight, sums, tally);
    }
    sums.add_to(tally);
}

template <data::Numbering kNumbering>
std::vector<double> squared_norms(const MatrixModel<kNumbering>& model, std::size_t first,
                                  std::size_t end) {
    const std::vector<double>& factors = model.objective.norm_factors;
    std::vector<double> sums(model.objective.shape.outputs);
    for (std::size_t u = first; u < end; ++u) {
        const std::span<const float> row = model.row(u);
        const double scale = factors.empty() ? 1.0 : 1.0 / (factors[u] * factors[u]);
        for (std::size_t o = 0; o < sums.size(); ++o) {
            const auto weight = static_cast<double>(row[o]);
            sums[o] += scale * (weight * weight);
        }
    }
    return sums;
}

void MatrixMetrics::average_rankings() noexcept {
    macro_auc = mean_of_defined(outputs, &Metrics::auc);
    macro_average_precision = mean_of_defined(outputs, &Metrics::average_precision);
}

Metrics MatrixMetrics::summary() const {
    Metrics m{.objective = mean_objective,
              .loss = mean_loss,
              .accuracy = mean_accuracy,
              .accuracy_positive = micro.recall,
              .accuracy_negative = kNone,
              .precision = micro.precision,
              .f1 = micro.f1,
              .auc = macro_auc,
              .average_precision = macro_average_precision,
              .documents = documents};
    if (decision == data::Decision::highest) {
        m.accuracy = exact_match;
        m.accuracy_positive = macro.recall;
        m.precision = macro.precision;
        m.f1 = macro.f1;
    }
    for (const Metrics& output : outputs) {
        m.positives += output.positives;
        m.predicted_positives += output.predicted_positives;
        m.predicted_negatives += output.predicted_negatives;
    }
    return m;
}

bool MatrixMetrics::finite() const noexcept {
    return std::ranges::all_of(outputs, &Metrics::finite);
}

template <data::Numbering kNumbering>
MatrixMetrics metrics_of(const MatrixModel<kNumbering>& model, const MatrixTally& tally,
                         std::span<const double> squared_norms, ClassWeighting weighting) {
    const Regularizer regularizer = model.objective.regularizer;
    assert(regularizer != Regularizer::l2 || squared_norms.size() == model.outputs.size());
    MatrixMetrics m;
    for (std::size_t o = 0; o < model.outputs.size(); ++o) {
        const OutputModel& own = model.outputs[o];
        const ClassWeights weights =
            weighting == ClassWeighting::yes ? own.class_weights : ClassWeights{};
        const Tally of_output = tally.of(o);
        m.outputs.push_back(
            metrics_of(of_output, weights,
                       regularizer_of(of_output, weights, regularizer, own.lambda,
                                      regularizer == Regularizer::l2 ? squared_norms[o] : 0.0)));
    }
    m.documents = tally.documents;
    m.decision = model.decision;
    m.confusion = tally.confusion;
    if (tally.documents == 0) return m;
    m.micro = micro_of(tally);
    m.macro = macro_of(m.outputs);
    m.mean_objective = mean_of(m.outputs, [](const Metrics& own) { return own.objective; });
    m.mean_loss = mean_of(m.outputs, [](const Metrics& own) { return own.loss; });
    m.mean_accuracy = mean_of(m.outputs, [](const Metrics& own) { return own.accuracy; });
    m.exact_match = ratio(tally.exact_matches, tally.weight);
    m.ranking = label_ranking_of(tally.ranking);
    return m;
}

using data::Numbering;
template void evaluate(const MatrixModel<Numbering::listed>&,
                       const data::NumberedRows<Numbering::listed>&, const data::LabelSets&,
                       std::int64_t, MatrixTally&, ScoreTable*);
template void evaluate(const MatrixModel<Numbering::training>&,
                       const data::NumberedRows<Numbering::training>&, const data::LabelSets&,
                       std::int64_t, MatrixTally&, ScoreTable*);
template std::vector<double> squared_norms(const MatrixModel<Numbering::listed>&, std::size_t,
                                           std::size_t);
template std::vector<double> squared_norms(const MatrixModel<Numbering::training>&, std::size_t,
                                           std::size_t);
template MatrixMetrics metrics_of(const MatrixModel<Numbering::listed>&, const MatrixTally&,
                                  std::span<const double>, ClassWeighting);
template MatrixMetrics metrics_of(const MatrixModel<Numbering::training>&, const MatrixTally&,
                                  std::span<const double>, ClassWeighting);

}  // namespace hogwild::model
