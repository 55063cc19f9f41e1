#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string_view>

#include "model/loss.hpp"

namespace hogwild::model {
namespace {

template <class Loss>
class LossTest : public testing::Test {};
using Losses = testing::Types<Hinge, SquaredHinge, Logistic, ModifiedHuber>;
TYPED_TEST_SUITE(LossTest, Losses);

TYPED_TEST(LossTest, SlopeIsTheDerivative) {
    constexpr double kStep = 1e-6;
    for (double m = -6.03; m < 6.0; m += 0.1) {  // beside the kinks at 1 and -1
        const double numeric =
            (TypeParam::value(m - kStep) - TypeParam::value(m + kStep)) / (2.0 * kStep);
        EXPECT_NEAR(TypeParam::slope(m), numeric, 1e-7) << m;
        EXPECT_GE(TypeParam::value(m), 0.0) << m;
        EXPECT_GE(TypeParam::slope(m), 0.0) << m;
    }
}

TYPED_TEST(LossTest, IsConvex) {
    for (double m = -4.0; m < 4.0; m += 0.05) {
        EXPECT_GE(TypeParam::slope(m) + 1e-12, TypeParam::slope(m + 0.05)) << m;
    }
}

TYPED_TEST(LossTest, HoldsAtTheEdges) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    EXPECT_EQ(TypeParam::value(kInfinity), 0.0);
    EXPECT_EQ(TypeParam::value(-kInfinity), kInfinity);
    EXPECT_EQ(TypeParam::slope(kInfinity), 0.0);
    EXPECT_TRUE(std::isnan(TypeParam::value(std::nan("")))) << "it must not pass for 0";
}

TYPED_TEST(LossTest, IsFoundByItsKind) {
    const std::string_view name =
        with_loss(TypeParam::kKind, []<class Loss>(Loss) { return Loss::kName; });
    EXPECT_EQ(name, TypeParam::kName);
}

// Values by hand, as scikit-learn defines hinge, squared_hinge, log_loss and modified_huber.
TEST(Losses, Values) {
    EXPECT_EQ(Hinge::value(-2.0), 3.0);
    EXPECT_EQ(SquaredHinge::value(-2.0), 9.0);
    EXPECT_EQ(SquaredHinge::value(0.5), 0.25);
    EXPECT_EQ(SquaredHinge::slope(0.5), 1.0);
    EXPECT_EQ(ModifiedHuber::value(-2.0), 8.0);
    EXPECT_EQ(ModifiedHuber::value(-1.0), 4.0);
    EXPECT_EQ(ModifiedHuber::slope(-3.0), 4.0);
    EXPECT_EQ(ModifiedHuber::value(0.0), 1.0);
    EXPECT_NEAR(Logistic::value(0.0), std::log(2.0), 1e-15);
}

}  // namespace
}  // namespace hogwild::model
