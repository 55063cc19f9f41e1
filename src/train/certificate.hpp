#pragma once

namespace hogwild::train {

/// How far a model is from the optimum, at most: any value of the dual objective is below all
/// values of the primal one.
struct Certificate {
    double primal = 0.0;  ///< objective of the model on the training documents
    double dual = 0.0;    ///< a lower bound of the optimum

    /// Of the optimum, at most; relative to the model's objective.
    double relative_gap() const noexcept { return (primal - dual) / primal; }
};

}  // namespace hogwild::train
