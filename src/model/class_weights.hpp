#pragma once

namespace hogwild::model {

/// What documents of each class count, times their own weights. Relative: only ratios matter.
struct ClassWeights {
    double negative = 1.0;  ///< > 0
    double positive = 1.0;  ///< > 0

    /// @param y  -1 or +1.
    double of(int y) const noexcept { return y > 0 ? positive : negative; }
    bool equal() const noexcept { return negative == positive; }
};

}  // namespace hogwild::model
