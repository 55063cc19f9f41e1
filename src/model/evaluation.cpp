#include "hogwild/model/evaluation.hpp"

#include <limits>

namespace hogwild::model {
namespace {

double ratio(std::int64_t part, std::int64_t whole) {
    return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole)
                     : std::numeric_limits<double>::quiet_NaN();
}

/// The per-document term of the objective, without lambda; 0 where there is none.
template <Regularizer kRegularizer>
double penalty(const Objective& o, std::span<const double> w, data::SparseRow x) noexcept {
    const double bias = o.bias ? w[o.n_features] : 0.0;
    double sum = 0.0;
    if constexpr (kRegularizer == Regularizer::seed) {
        for (const std::uint32_t u : x.index) sum += w[u] * w[u];
        return (sum + bias * bias) * o.inverse_length(x);
    } else if constexpr (kRegularizer == Regularizer::scalar) {
        for (const std::uint32_t u : x.index) sum += w[u];
        return (sum + bias) * (sum + bias) * o.inverse_length(x);
    } else if constexpr (kRegularizer == Regularizer::hogwild) {
        for (const std::uint32_t u : x.index) sum += w[u] * w[u] * o.inverse_degree[u];
        return sum + bias * bias * o.inverse_degree[o.n_features];
    } else {
        return sum;
    }
}

template <class Loss, Regularizer kRegularizer>
void evaluate_as(const Objective& o, std::span<const double> w, const data::Rows& rows,
                 Tally& tally) {
    const double bias = o.bias ? w[o.n_features] : 0.0;
    for (std::int64_t i = 0; i < rows.size(); ++i) {
        const data::SparseRow x = rows.row(i);
        const int y = rows.label(i);
        const double margin = y * (dot(w, x) + bias);
        const std::int64_t correct = margin > 0.0 ? 1 : 0;
        (y > 0 ? tally.positives : tally.negatives) += 1;
        (y > 0 ? tally.correct_positives : tally.correct_negatives) += correct;
        tally.loss += Loss::value(margin);
        tally.penalty += penalty<kRegularizer>(o, w, x);
    }
}

}  // namespace

std::array<double, Tally::kNumbers> Tally::pack() const noexcept {
    return {static_cast<double>(positives),
            static_cast<double>(negatives),
            static_cast<double>(correct_positives),
            static_cast<double>(correct_negatives),
            loss,
            penalty};
}

Tally Tally::unpack(std::span<const double, kNumbers> n) noexcept {
    return {static_cast<std::int64_t>(n[0]),
            static_cast<std::int64_t>(n[1]),
            static_cast<std::int64_t>(n[2]),
            static_cast<std::int64_t>(n[3]),
            n[4],
            n[5]};
}

Tally& Tally::operator+=(const Tally& other) noexcept {
    positives += other.positives;
    negatives += other.negatives;
    correct_positives += other.correct_positives;
    correct_negatives += other.correct_negatives;
    loss += other.loss;
    penalty += other.penalty;
    return *this;
}

void evaluate(const Objective& objective, std::span<const double> w, const data::Rows& rows,
              Tally& tally) {
    with_loss(objective.loss, [&]<class Loss>(Loss) {
        switch (objective.regularizer) {
            case Regularizer::seed:
                return evaluate_as<Loss, Regularizer::seed>(objective, w, rows, tally);
            case Regularizer::scalar:
                return evaluate_as<Loss, Regularizer::scalar>(objective, w, rows, tally);
            case Regularizer::hogwild:
                return evaluate_as<Loss, Regularizer::hogwild>(objective, w, rows, tally);
            case Regularizer::l2:
            case Regularizer::none:
                break;
        }
        evaluate_as<Loss, Regularizer::none>(objective, w, rows, tally);
    });
}

Metrics metrics_of(const Objective& objective, std::span<const double> w, const Tally& tally) {
    const double n = tally.documents() > 0 ? static_cast<double>(tally.documents())
                                           : std::numeric_limits<double>::quiet_NaN();
    double regularizer = objective.lambda * tally.penalty / n;
    if (objective.regularizer == Regularizer::l2) {
        double norm2 = 0.0;
        for (const double v : w) norm2 += v * v;
        regularizer = 0.5 * objective.lambda * norm2;
    }
    Metrics m;
    m.loss = tally.loss / n;
    m.objective = m.loss + regularizer;
    m.accuracy = ratio(tally.correct_positives + tally.correct_negatives, tally.documents());
    m.accuracy_positive = ratio(tally.correct_positives, tally.positives);
    m.accuracy_negative = ratio(tally.correct_negatives, tally.negatives);
    m.documents = tally.documents();
    return m;
}

}  // namespace hogwild::model
