#pragma once
#include <algorithm>

namespace hogwild::train {

/// How far a model is from the optimum, at most: any value of the dual objective is below all
/// values of the primal one. With several outputs the objectives are means over them.
struct Certificate {
    double primal = 0.0;        ///< objective of the model on the training documents
    double dual = 0.0;          ///< a lower bound of the optimum
    double worst_output = 0.0;  ///< with several outputs the largest relative gap of all

    /// Of the optimum, at most; relative to the model's objective. Of several outputs the largest.
    double relative_gap() const noexcept {
        return std::max((primal - dual) / primal, worst_output);
    }
};

}  // namespace hogwild::train
