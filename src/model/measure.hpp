#pragma once
#include "model/evaluation.hpp"

namespace hogwild::model {

/// A figure of held-out documents by which models are compared.
enum class Measure { objective, loss, accuracy, f1, auc, average_precision };

/// Whether it needs the order of all scores, not only sums over documents.
constexpr bool needs_ranking(Measure measure) {
    return measure == Measure::auc || measure == Measure::average_precision;
}

/// Whether a larger value is a better model.
constexpr bool larger_is_better(Measure measure) {
    return measure != Measure::objective && measure != Measure::loss;
}

inline double value_of(const Metrics& metrics, Measure measure) {
    switch (measure) {
        case Measure::loss:
            return metrics.loss;
        case Measure::accuracy:
            return metrics.accuracy;
        case Measure::f1:
            return metrics.f1;
        case Measure::auc:
            return metrics.auc;
        case Measure::average_precision:
            return metrics.average_precision;
        case Measure::objective:
            break;
    }
    return metrics.objective;
}

/// The value, negative where larger is better: what is to be minimised.
inline double cost_of(double value, Measure measure) {
    return larger_is_better(measure) ? -value : value;
}

}  // namespace hogwild::model
