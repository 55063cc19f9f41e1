#include <gtest/gtest.h>

#include <cmath>

#include "model/dual_loss.hpp"

namespace hogwild::model {
namespace {

template <class Loss>
class DualLosses : public ::testing::Test {};
using Losses = ::testing::Types<Hinge, SquaredHinge, Logistic, ModifiedHuber>;
TYPED_TEST_SUITE(DualLosses, Losses);

/// -phi*(-a) is the least of phi(m) + a m over all margins.
TYPED_TEST(DualLosses, ValueIsTheConjugates) {
    using Dual = DualLoss<TypeParam>;
    for (double a = 0.01; a < std::min(1.0, Dual::kLargest); a += 0.07) {
        double least = INFINITY;
        for (double m = -20.0; m <= 20.0; m += 1e-3) {
            least = std::min(least, TypeParam::value(m) + a * m);
        }
        EXPECT_NEAR(Dual::value(a), least, 1e-5) << a;
    }
}

TYPED_TEST(DualLosses, GapIsLossLessValuePlusProduct) {
    using Dual = DualLoss<TypeParam>;
    for (double a = 0.0; a <= 1.0; a += 0.125) {
        for (double m = -3.0; m <= 3.0; m += 0.25) {
            const double expected = TypeParam::value(m) - Dual::value(a) + a * m;
            EXPECT_NEAR(Dual::gap(m, a), expected, 1e-12) << a << " " << m;
            EXPECT_GE(Dual::gap(m, a), 0.0);
        }
    }
}

/// The step is the best of all that a fine search finds.
TYPED_TEST(DualLosses, StepMaximises) {
    using Dual = DualLoss<TypeParam>;
    const double most = std::min(6.0, Dual::kLargest);
    for (const double q : {1e-3, 0.1, 1.0, 30.0}) {
        for (const double a : {0.0, 1e-6, 0.3, 1.0}) {
            for (double m = -2.5; m <= 2.5; m += 0.5) {
                const auto gain = [&](double b) {
                    return Dual::value(b) - (b - a) * m - 0.5 * (b - a) * (b - a) / q;
                };
                const double best = Dual::step(m, a, q);
                ASSERT_GE(best, 0.0);
                ASSERT_LE(best, Dual::kLargest);
                for (double b = 0.0; b <= most; b += most / 1000.0) {
                    ASSERT_GE(gain(best), gain(b) - 1e-12) << q << " " << a << " " << m;
                }
            }
        }
    }
}

/// A document without features in a model without bias: its margin does not move.
TYPED_TEST(DualLosses, StepWhereTheMarginCannotMove) {
    using Dual = DualLoss<TypeParam>;
    for (const double m : {-1.5, 0.0, 0.5, 1.0, 2.0}) {
        const double a = Dual::step(m, 0.0, INFINITY);
        EXPECT_NEAR(Dual::gap(m, a), 0.0, 1e-9) << m;
    }
}

}  // namespace
}  // namespace hogwild::model
