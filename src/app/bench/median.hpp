#pragma once
#include <algorithm>
#include <limits>
#include <vector>

namespace hogwild::app {

/// The mean of the two in the middle if their number is even; not a number if there are none.
/// @param values  none of them is not a number.
inline double median(std::vector<double> values) {
    if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
    const auto middle = values.begin() + std::ssize(values) / 2;
    std::ranges::nth_element(values, middle);
    if (values.size() % 2 == 1) return *middle;
    return 0.5 * (*std::max_element(values.begin(), middle) + *middle);
}

}  // namespace hogwild::app
