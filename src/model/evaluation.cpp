#include "model/evaluation.hpp"

#include <cmath>
#include <limits>

namespace hogwild::model {
namespace {

double ratio(std::int64_t part, std::int64_t whole) {
    return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole)
                     : std::numeric_limits<double>::quiet_NaN();
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
void evaluate_as(const Objective& o, std::span<const double> w, const data::Rows& rows,
                 Tally& tally, std::vector<LabelledScore>* scores) {
    const double bias = o.bias ? w[o.shape.bias()] : 0.0;
    for (std::int64_t i = 0; i < rows.size(); ++i) {
        const data::SparseRow x = rows.row(i);
        const int y = rows.label(i);
        if (y == 0) continue;  // nothing to compare with
        const Sums sums = sum_up<kRegularizer>(o, w, x);
        const double margin = y * (sums.dot + bias);
        const std::int64_t correct = margin > 0.0 ? 1 : 0;
        (y > 0 ? tally.positives : tally.negatives) += 1;
        (y > 0 ? tally.correct_positives : tally.correct_negatives) += correct;
        const double score = y * margin;
        tally.predicted_positives += score > 0.0 ? 1 : 0;
        tally.predicted_negatives += score < 0.0 ? 1 : 0;
        if (scores != nullptr) scores->push_back({score, 1.0F, y > 0});
        tally.loss += Loss::value(margin);
        tally.penalty += penalty<kRegularizer>(o, sums.penalty, bias, x);
    }
}

}  // namespace

std::array<double, Tally::kNumbers> Tally::pack() const noexcept {
    return {static_cast<double>(positives),
            static_cast<double>(negatives),
            static_cast<double>(correct_positives),
            static_cast<double>(correct_negatives),
            static_cast<double>(predicted_positives),
            static_cast<double>(predicted_negatives),
            loss,
            penalty};
}

Tally Tally::unpack(std::span<const double, kNumbers> n) noexcept {
    return {static_cast<std::int64_t>(n[0]),
            static_cast<std::int64_t>(n[1]),
            static_cast<std::int64_t>(n[2]),
            static_cast<std::int64_t>(n[3]),
            static_cast<std::int64_t>(n[4]),
            static_cast<std::int64_t>(n[5]),
            n[6],
            n[7]};
}

Tally& Tally::operator+=(const Tally& other) noexcept {
    positives += other.positives;
    negatives += other.negatives;
    correct_positives += other.correct_positives;
    correct_negatives += other.correct_negatives;
    predicted_positives += other.predicted_positives;
    predicted_negatives += other.predicted_negatives;
    loss += other.loss;
    penalty += other.penalty;
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
                return evaluate_as<Loss, Regularizer::seed>(objective, w, rows, tally, scores);
            case Regularizer::scalar:
                return evaluate_as<Loss, Regularizer::scalar>(objective, w, rows, tally, scores);
            case Regularizer::hogwild:
                return evaluate_as<Loss, Regularizer::hogwild>(objective, w, rows, tally, scores);
            case Regularizer::l2:
            case Regularizer::none:
                break;
        }
        evaluate_as<Loss, Regularizer::none>(objective, w, rows, tally, scores);
    });
}

bool Metrics::finite() const noexcept {
    return documents == 0 || (std::isfinite(objective) && std::isfinite(loss));
}

template <data::Numbering kNumbering>
Metrics metrics_of(const LinearModel<kNumbering>& model, const Tally& tally) {
    const Objective& objective = model.objective;
    const double n = tally.documents() > 0 ? static_cast<double>(tally.documents())
                                           : std::numeric_limits<double>::quiet_NaN();
    double regularizer = objective.lambda * tally.penalty / n;
    if (objective.regularizer == Regularizer::l2) {
        double norm2 = 0.0;
        for (const double v : model.weights) norm2 += v * v;
        regularizer = 0.5 * objective.lambda * norm2;
    }
    Metrics m;
    m.loss = tally.loss / n;
    m.objective = m.loss + regularizer;
    m.accuracy = ratio(tally.correct_positives + tally.correct_negatives, tally.documents());
    m.accuracy_positive = ratio(tally.correct_positives, tally.positives);
    m.accuracy_negative = ratio(tally.correct_negatives, tally.negatives);
    m.precision = ratio(tally.correct_positives, tally.predicted_positives);
    m.f1 = ratio(2 * tally.correct_positives, tally.predicted_positives + tally.positives);
    m.documents = tally.documents();
    m.positives = tally.positives;
    m.predicted_positives = tally.predicted_positives;
    m.predicted_negatives = tally.predicted_negatives;
    return m;
}

using data::Numbering;
template void evaluate(const LinearModel<Numbering::file>&,
                       const data::NumberedRows<Numbering::file>&, Tally&,
                       std::vector<LabelledScore>*);
template void evaluate(const LinearModel<Numbering::training>&,
                       const data::NumberedRows<Numbering::training>&, Tally&,
                       std::vector<LabelledScore>*);
template Metrics metrics_of(const LinearModel<Numbering::file>&, const Tally&);
template Metrics metrics_of(const LinearModel<Numbering::training>&, const Tally&);

}  // namespace hogwild::model
