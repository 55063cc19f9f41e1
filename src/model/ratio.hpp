#pragma once
#include <limits>

namespace hogwild::model {

/// A share or a mean; not a number where there is nothing to divide by.
inline double ratio(double part, double whole) noexcept {
    return whole > 0.0 ? part / whole : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace hogwild::model
