#pragma once
#include <algorithm>
#include <cmath>

#include "model/loss.hpp"

/// The dual of each loss, for coordinate ascent. A document has one dual variable a in
/// [0, kLargest]; with the margin m = y (w . x) it has
///
///     value(a)       -phi*(-a), what it adds to the dual objective
///     gap(m, a)      phi(m) + phi*(-a) + a m >= 0, its share of the duality gap
///     step(m, a, q)  the a' that maximises -phi*(-a') - (a' - a) m - (a' - a)^2 / (2 q)
///
/// where q > 0 is the step for which the margin moves by 1; infinite if the margin does not move
/// (Shalev-Shwartz and Zhang 2013, arXiv:1209.1873; the logistic step: Yu, Huang, Lin 2011).
namespace hogwild::model {

template <class Loss>
struct DualLoss;

template <>
struct DualLoss<Hinge> {
    static constexpr double kLargest = 1.0;
    static double value(double a) noexcept { return a; }
    static double gap(double margin, double a) noexcept {
        return margin < 1.0 ? (1.0 - a) * (1.0 - margin) : a * (margin - 1.0);
    }
    static double step(double margin, double a, double q) noexcept {
        if (margin == 1.0) return a;  // where q may be infinite
        return std::clamp(a + (1.0 - margin) * q, 0.0, 1.0);
    }
};

/// max(0, 1 - m)^2, and with a bound on a the same with a tangent: modified Huber.
struct DualOfSquares {
    static double value(double a) noexcept { return a - 0.25 * a * a; }
    static double step(double margin, double a, double q) noexcept {
        return std::max(0.0, a + (1.0 - margin - 0.5 * a) / (1.0 / q + 0.5));
    }
};

template <>
struct DualLoss<SquaredHinge> : DualOfSquares {
    static constexpr double kLargest = INFINITY;
    static double gap(double margin, double a) noexcept {
        return SquaredHinge::value(margin) - value(a) + a * margin;
    }
};

template <>
struct DualLoss<ModifiedHuber> : DualOfSquares {
    static constexpr double kLargest = 4.0;  ///< the slope of the tangent
    static double gap(double margin, double a) noexcept {
        return ModifiedHuber::value(margin) - value(a) + a * margin;
    }
    static double step(double margin, double a, double q) noexcept {
        return std::min(kLargest, DualOfSquares::step(margin, a, q));
    }
};

template <>
struct DualLoss<Logistic> {
    static constexpr double kLargest = 1.0;
    static double value(double a) noexcept { return -x_log_x(a) - x_log_x(1.0 - a); }
    static double gap(double margin, double a) noexcept {
        return std::max(0.0, Logistic::value(margin) - value(a) + a * margin);
    }
    /// Solves t + (sigma(t) - a) / q + m = 0, whose left side rises with a slope between 1 and
    /// 1 + 1/(4q), by Newton's method inside a bracket; a' = sigma(t).
    static double step(double margin, double a, double q) noexcept {
        double low = -margin - (1.0 - a) / q;
        double high = -margin + a / q;
        double t = a > 0.0 && a < 1.0 ? std::clamp(std::log(a / (1.0 - a)), low, high)
                                      : 0.5 * (low + high);
        constexpr int kMost = 60;  // that many halvings exhaust a double
        for (int k = 0; k < kMost; ++k) {
            const double s = sigma(t);
            const double residual = t + (s - a) / q + margin;
            (residual > 0.0 ? high : low) = t;
            const double newton = t - residual / (1.0 + s * (1.0 - s) / q);
            const double next = newton > low && newton < high ? newton : 0.5 * (low + high);
            const bool close = std::abs(next - t) <= 1e-12 * (1.0 + std::abs(t));
            t = next;
            if (close) break;
        }
        return sigma(t);
    }

private:
    static double sigma(double t) noexcept { return 1.0 / (1.0 + std::exp(-t)); }
    static double x_log_x(double x) noexcept { return x > 0.0 ? x * std::log(x) : 0.0; }
};

}  // namespace hogwild::model
