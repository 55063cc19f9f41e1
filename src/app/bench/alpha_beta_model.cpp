#include "app/bench/alpha_beta_model.hpp"

#include <algorithm>
#include <cmath>

namespace hogwild::app {
namespace {

/// Sums of the normal equations for alpha * u + beta * v = 1 with u = 1 / t and v = bytes / t.
struct Sums {
    double u = 0.0;
    double v = 0.0;
    double uu = 0.0;
    double uv = 0.0;
    double vv = 0.0;
};

Sums sums_of(std::span<const TimedBytes> measured) {
    Sums s;
    for (const auto& [bytes, seconds] : measured) {
        const double u = 1.0 / seconds;
        const double v = bytes / seconds;
        s.u += u;
        s.v += v;
        s.uu += u * u;
        s.uv += u * v;
        s.vv += v * v;
    }
    return s;
}

}  // namespace

AlphaBetaModel fit_alpha_beta_model(std::span<const TimedBytes> measured) {
    const Sums s = sums_of(measured);
    const double determinant = s.uu * s.vv - s.uv * s.uv;
    if (determinant > 1e-12 * s.uu * s.vv) {  // else all of one size: no slope to be seen
        const AlphaBetaModel both{(s.u * s.vv - s.v * s.uv) / determinant,
                                  (s.v * s.uu - s.u * s.uv) / determinant};
        if (both.alpha >= 0.0 && both.beta >= 0.0) return both;
        if (both.alpha < 0.0) return {0.0, s.v / s.vv};
    }
    return {s.u / s.uu, 0.0};
}

double largest_error(const AlphaBetaModel& cost, std::span<const TimedBytes> measured) {
    double largest = 0.0;
    for (const auto& [bytes, seconds] : measured) {
        largest = std::max(largest, std::abs(cost.seconds(bytes) / seconds - 1.0));
    }
    return largest;
}

}  // namespace hogwild::app
