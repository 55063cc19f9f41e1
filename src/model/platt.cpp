#include "model/platt.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace hogwild::model {
namespace {

/// The negative log-likelihood of all documents and its derivatives.
struct Likelihood {
    double cost = 0.0;
    double gradient_a = 0.0;
    double gradient_b = 0.0;
    double hessian_aa = 0.0;
    double hessian_ab = 0.0;
    double hessian_bb = 0.0;
};

/// The problem with scores divided by their root mean square, which keeps the Hessian well
/// conditioned whatever the scale of the scores is.
class Problem {
public:
    Problem(std::span<const LabelledScore> own, const SumOverRanks& sum) : own_(own), sum_(sum) {
        std::array<double, 3> sums{};  // weights by label, squares
        for (const auto& [score, weight, positive] : own) {
            sums[positive ? 0 : 1] += static_cast<double>(weight);
            sums[2] += static_cast<double>(weight) * score * score;
        }
        sum(sums);
        positives_ = sums[0];
        negatives_ = sums[1];
        const double scale = std::sqrt(sums[2] / (positives_ + negatives_));
        if (scale > 0.0 && std::isfinite(scale)) scale_ = scale;
    }

    bool has_both_labels() const noexcept { return positives_ > 0.0 && negatives_ > 0.0; }
    double documents() const noexcept { return positives_ + negatives_; }
    /// Where Newton's method begins: the share of positive documents, whatever the score.
    Platt start() const { return {0.0, std::log((negatives_ + 1.0) / (positives_ + 1.0))}; }
    /// For scores as they are.
    Platt unscaled(const Platt& platt) const { return {platt.a / scale_, platt.b}; }

    Likelihood at(const Platt& platt) const {
        const double high = (positives_ + 1.0) / (positives_ + 2.0);
        const double low = 1.0 / (negatives_ + 2.0);
        std::array<double, 6> sums{};
        for (const auto& [score, own_weight, positive] : own_) {
            const auto weight = static_cast<double>(own_weight);
            const double target = positive ? high : low;
            const double f = score / scale_;
            const double exponent = platt.a * f + platt.b;
            const auto [p, q] = chances(exponent);
            const double residual = weight * (target - p);
            const double curvature = weight * p * q;
            sums[0] += weight * ((exponent >= 0.0 ? target : target - 1.0) * exponent +
                                 std::log1p(std::exp(-std::abs(exponent))));
            sums[1] += f * residual;
            sums[2] += residual;
            sums[3] += f * f * curvature;
            sums[4] += f * curvature;
            sums[5] += curvature;
        }
        sum_(sums);
        return {sums[0], sums[1], sums[2], sums[3], sums[4], sums[5]};
    }

private:
    std::span<const LabelledScore> own_;
    const SumOverRanks& sum_;
    double positives_ = 0.0;
    double negatives_ = 0.0;
    double scale_ = 1.0;
};

}  // namespace

std::optional<Platt> fit_platt(std::span<const LabelledScore> own, const SumOverRanks& sum) {
    constexpr int kMostSteps = 100;
    constexpr double kRidge = 1e-12;  // makes the Hessian positive definite
    constexpr double kSmallestStep = 1e-10;
    constexpr double kSufficient = 1e-4;  // of the decrease that the gradient promises
    constexpr double kConverged = 1e-12;  // gradient per document
    const Problem problem(own, sum);
    if (!problem.has_both_labels()) return std::nullopt;
    Platt best = problem.start();
    Likelihood now = problem.at(best);
    for (int k = 0; k < kMostSteps; ++k) {
        const double largest = std::max(std::abs(now.gradient_a), std::abs(now.gradient_b));
        if (largest <= kConverged * problem.documents()) break;
        const double aa = now.hessian_aa + kRidge;
        const double bb = now.hessian_bb + kRidge;
        const double determinant = aa * bb - now.hessian_ab * now.hessian_ab;
        const double step_a =
            -(bb * now.gradient_a - now.hessian_ab * now.gradient_b) / determinant;
        const double step_b =
            -(aa * now.gradient_b - now.hessian_ab * now.gradient_a) / determinant;
        const double slope = now.gradient_a * step_a + now.gradient_b * step_b;
        bool improved = false;
        for (double step = 1.0; step >= kSmallestStep && !improved; step *= 0.5) {
            const Platt next{best.a + step * step_a, best.b + step * step_b};
            const Likelihood there = problem.at(next);
            if (!(there.cost < now.cost + kSufficient * step * slope)) continue;
            best = next;
            now = there;
            improved = true;
        }
        if (!improved) break;  // rounding hides what is left
    }
    return problem.unscaled(best);
}

}  // namespace hogwild::model
