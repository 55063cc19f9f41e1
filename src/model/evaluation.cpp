#include "model/evaluation.hpp"

#include <cmath>

#include "model/ratio.hpp"

namespace hogwild::model {
namespace {

void append(const Tally::Weighted& sums, double*& to) noexcept {
    for (const double number : {sums.documents, sums.above, sums.below, sums.loss, sums.penalty}) {
        *to++ = number;
    }
}

Tally::Weighted weighted_of(std::span<const double, 5> n) noexcept {
    return {n[0], n[1], n[2], n[3], n[4]};
}

/// Sums of both classes, each times its weight. Equal weights give the sum of all to the last bit.
double combine(double all, double positive, const ClassWeights& weights) {
    if (weights.equal()) return weights.positive * all;
    return weights.negative * (all - positive) + weights.positive * positive;
}

/// @param factors  see Objective::norm_factors.
double norm2(std::span<const double> weights, std::span<const double> factors) {
    double sum = 0.0;
    for (std::size_t u = 0; u < weights.size(); ++u) {
        const double v = factors.empty() ? weights[u] : weights[u] / factors[u];
        sum += v * v;
    }
    return sum;
}

/// w . x, and the sum that the regularizer takes over the entries of x.
struct Sums {
    double dot = 0.0;
    double penalty = 0.0;
};

template <Regularizer kRegularizer>
void add_entry(const Objective& o, std::span<const double> w, data::SparseRow x, std::size_t k,
               Sums& sums) noexcept {
    const std::uint32_t u = x.index[k];
    const double weight = w[u];
    sums.dot += weight * static_cast<double>(x.value[k]);
    if constexpr (kRegularizer == Regularizer::seed) {
        sums.penalty += weight * weight;
    } else if constexpr (kRegularizer == Regularizer::scalar) {
        sums.penalty += weight;
    } else if constexpr (kRegularizer == Regularizer::hogwild) {
        sums.penalty += weight * weight * o.inverse_degree[u];
    }
}

/// One pass over the document. Four chains, since an addition takes four cycles; the dot product
/// adds up as model::dot does.
template <Regularizer kRegularizer>
Sums sum_up(const Objective& o, std::span<const double> w, data::SparseRow x) noexcept {
    Sums sums[4];
    const std::size_t n = x.size();
    std::size_t k = 0;
    for (; k + 4 <= n; k += 4) {
        for (std::size_t lane = 0; lane < 4; ++lane) {
            add_entry<kRegularizer>(o, w, x, k + lane, sums[lane]);
        }
    }
    for (; k < n; ++k) add_entry<kRegularizer>(o, w, x, k, sums[0]);
    return {(sums[0].dot + sums[1].dot) + (sums[2].dot + sums[3].dot),
            (sums[0].penalty + sums[1].penalty) + (sums[2].penalty + sums[3].penalty)};
}

/// The per-document term of the objective, without lambda; 0 where there is none.
template <Regularizer kRegularizer>
double penalty(const Objective& o, double sum, double bias, data::SparseRow x) noexcept {
    if constexpr (kRegularizer == Regularizer::seed) {
        return (sum + bias * bias) * o.inverse_length(x);
    } else if constexpr (kRegularizer == Regularizer::scalar) {
        return (sum + bias) * (sum + bias) * o.inverse_length(x);
    } else if constexpr (kRegularizer == Regularizer::hogwild) {
        return sum + bias * bias * o.inverse_degree[o.shape.bias()];
    } else {
        return 0.0;
    }
}

template <class Loss, Regularizer kRegularizer>
void evaluate_as(const Objective& o, std::span<const double> w, double threshold,
                 const data::Rows& rows, Tally& tally, std::vector<LabelledScore>* scores) {
    const double bias = o.bias ? w[o.shape.bias()] : 0.0;
    for (std::int64_t i = 0; i < rows.size(); ++i) {
        const data::SparseRow x = rows.row(i);
        const int y = rows.label(i);
        if (y == 0) continue;  // nothing to compare with
        const Sums sums = sum_up<kRegularizer>(o, w, x);
        const double margin = y * (sums.dot + bias);
        const double score = y * margin;
        const bool above = predicts_positive(score, threshold);
        const std::int64_t correct = above == (y > 0) ? 1 : 0;
        (y > 0 ? tally.positives : tally.negatives) += 1;
        (y > 0 ? tally.correct_positives : tally.correct_negatives) += correct;
        tally.predicted_positives += above ? 1 : 0;
        tally.predicted_negatives += above ? 0 : 1;
        const float own_weight = rows.weight(i);
        if (scores != nullptr) scores->push_back({score, own_weight, y > 0});

        const auto weight = static_cast<double>(own_weight);
        // the terms of features with their degrees add up to a norm, in which no document counts
        const double term = penalty<kRegularizer>(o, sums.penalty, bias, x);
        const Tally::Weighted one{weight, above ? weight : 0.0, above ? 0.0 : weight,
                                  weight * Loss::value(margin),
                                  kRegularizer == Regularizer::hogwild ? term : weight * term};
        tally.all += one;
        if (y > 0) tally.positive += one;
    }
}

}  // namespace

std::array<double, Tally::kNumbers> Tally::pack() const noexcept {
    std::array<double, kNumbers> numbers{
        static_cast<double>(positives),           static_cast<double>(negatives),
        static_cast<double>(correct_positives),   static_cast<double>(correct_negatives),
        static_cast<double>(predicted_positives), static_cast<double>(predicted_negatives)};
    double* to = numbers.data() + 6;
    append(all, to);
    append(positive, to);
    return numbers;
}

Tally Tally::unpack(std::span<const double, kNumbers> n) noexcept {
    return {static_cast<std::int64_t>(n[0]), static_cast<std::int64_t>(n[1]),
            static_cast<std::int64_t>(n[2]), static_cast<std::int64_t>(n[3]),
            static_cast<std::int64_t>(n[4]), static_cast<std::int64_t>(n[5]),
            weighted_of(n.subspan<6, 5>()),  weighted_of(n.subspan<11, 5>())};
}

Tally::Weighted& Tally::Weighted::operator+=(const Weighted& other) noexcept {
    documents += other.documents;
    above += other.above;
    below += other.below;
    loss += other.loss;
    penalty += other.penalty;
    return *this;
}

Tally& Tally::operator+=(const Tally& other) noexcept {
    positives += other.positives;
    negatives += other.negatives;
    correct_positives += other.correct_positives;
    correct_negatives += other.correct_negatives;
    predicted_positives += other.predicted_positives;
    predicted_negatives += other.predicted_negatives;
    all += other.all;
    positive += other.positive;
    return *this;
}

template <data::Numbering kNumbering>
void evaluate(const LinearModel<kNumbering>& model, const data::NumberedRows<kNumbering>& rows,
              Tally& tally, std::vector<LabelledScore>* scores) {
    const Objective& objective = model.objective;
    const std::span<const double> w(model.weights);
    with_loss(objective.loss, [&]<class Loss>(Loss) {
        switch (objective.regularizer) {
            case Regularizer::seed:
                return evaluate_as<Loss, Regularizer::seed>(objective, w, model.threshold, rows,
                                                            tally, scores);
            case Regularizer::scalar:
                return evaluate_as<Loss, Regularizer::scalar>(objective, w, model.threshold, rows,
                                                              tally, scores);
            case Regularizer::hogwild:
                return evaluate_as<Loss, Regularizer::hogwild>(objective, w, model.threshold, rows,
                                                               tally, scores);
            case Regularizer::l2:
            case Regularizer::none:
                break;
        }
        evaluate_as<Loss, Regularizer::none>(objective, w, model.threshold, rows, tally, scores);
    });
}

bool Metrics::finite() const noexcept {
    return documents == 0 || (std::isfinite(objective) && std::isfinite(loss));
}

Metrics metrics_of(const Tally& tally, const ClassWeights& class_weights, double regularizer) {
    const Tally::Weighted& all = tally.all;
    const Tally::Weighted& positive = tally.positive;
    const double n = combine(all.documents, positive.documents, class_weights);
    const double negatives = all.documents - positive.documents;
    Metrics m;
    m.loss = ratio(combine(all.loss, positive.loss, class_weights), n);
    m.objective = m.loss + regularizer;
    const double correct_negatives = all.below - positive.below;
    m.accuracy = ratio(positive.above + correct_negatives, all.documents);
    m.accuracy_positive = ratio(positive.above, positive.documents);
    m.accuracy_negative = ratio(correct_negatives, negatives);
    m.precision = ratio(positive.above, all.above);
    m.f1 = ratio(2.0 * positive.above, all.above + positive.documents);
    m.documents = tally.documents();
    m.positives = tally.positives;
    m.predicted_positives = tally.predicted_positives;
    m.predicted_negatives = tally.predicted_negatives;
    return m;
}

double regularizer_of(const Tally& tally, const ClassWeights& class_weights,
                      Regularizer regularizer, double lambda, double norm2) {
    const Tally::Weighted& all = tally.all;
    if (regularizer == Regularizer::none) return 0.0;
    if (regularizer == Regularizer::l2) return 0.5 * lambda * norm2;
    if (regularizer == Regularizer::hogwild) {
        return lambda * ratio(all.penalty, static_cast<double>(tally.documents()));
    }
    const double n = combine(all.documents, tally.positive.documents, class_weights);
    return lambda * ratio(combine(all.penalty, tally.positive.penalty, class_weights), n);
}

template <data::Numbering kNumbering>
Metrics metrics_of(const LinearModel<kNumbering>& model, const Tally& tally,
                   const ClassWeights& class_weights) {
    const Objective& o = model.objective;
    const double squares =
        o.regularizer == Regularizer::l2 ? norm2(model.weights, o.norm_factors) : 0.0;
    return metrics_of(tally, class_weights,
                      regularizer_of(tally, class_weights, o.regularizer, o.lambda, squares));
}

using data::Numbering;
template void evaluate(const LinearModel<Numbering::listed>&,
                       const data::NumberedRows<Numbering::listed>&, Tally&,
                       std::vector<LabelledScore>*);
template void evaluate(const LinearModel<Numbering::training>&,
                       const data::NumberedRows<Numbering::training>&, Tally&,
                       std::vector<LabelledScore>*);
template Metrics metrics_of(const LinearModel<Numbering::listed>&, const Tally&,
                            const ClassWeights&);
template Metrics metrics_of(const LinearModel<Numbering::training>&, const Tally&,
                            const ClassWeights&);

}  // namespace hogwild::model
