#pragma once
#include <span>

namespace hogwild::app {

/// One measurement of something that takes the longer the more bytes there are.
struct TimedBytes {
    double bytes = 0.0;
    double seconds = 0.0;
};

/// The usual model of a message: alpha + beta * bytes.
struct AlphaBetaModel {
    double alpha = 0.0;  ///< s
    double beta = 0.0;   ///< s per byte

    double seconds(double bytes) const noexcept { return alpha + beta * bytes; }
};

/// Least squares of the relative errors, so that messages of a few bytes, which say what alpha is,
/// count as much as long ones. Neither coefficient is negative.
/// @param measured  at least one; all times positive.
AlphaBetaModel fit_alpha_beta_model(std::span<const TimedBytes> measured);

/// The largest relative error of the fit.
double largest_error(const AlphaBetaModel& cost, std::span<const TimedBytes> measured);

}  // namespace hogwild::app
