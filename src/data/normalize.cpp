#include "data/normalize.hpp"

#include <algorithm>
#include <cmath>

#include "data/error.hpp"

namespace hogwild::data {
namespace {

/// In double, where the squares of all floats fit.
double norm_of(std::span<const float> values, Norm norm) {
    double sum = 0.0;
    double largest = 0.0;
    for (const float value : values) {
        const double magnitude = std::abs(static_cast<double>(value));
        sum += norm == Norm::l2 ? magnitude * magnitude : magnitude;
        largest = std::max(largest, magnitude);
    }
    switch (norm) {
        case Norm::none:
            return 1.0;
        case Norm::l2:
            return std::sqrt(sum);
        case Norm::l1:
            return sum;
        case Norm::max:
            return largest;
    }
    return 1.0;
}

}  // namespace

Norm read_norm(const std::string& name, const std::string& file) {
    if (name.empty()) return Norm::none;
    const std::optional<Norm> norm = EnumNames<Norm>::find(name);
    if (!norm) {
        throw Error(ExitCode::bad_data, file + ": its values are normalized by '" + name +
                                            "', which this program does not know");
    }
    return *norm;
}

void normalize(std::span<float> values, Norm norm) {
    const double divisor = norm_of(values, norm);
    if (divisor == 0.0) return;
    for (float& value : values) value = static_cast<float>(static_cast<double>(value) / divisor);
}

}  // namespace hogwild::data
