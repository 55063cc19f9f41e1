// The calibration of the learning rate.
#include <cmath>
#include <numeric>

#include "train/calibration.hpp"
#include "train/strategy_test.hpp"

namespace hogwild::train {
namespace {

/// The calibrated rate for rows in their order.
double calibrated(const model::Objective& objective, const data::Rows& rows,
                  std::int64_t batch_size) {
    std::vector<std::uint32_t> order(static_cast<std::size_t>(rows.size()));
    std::iota(order.begin(), order.end(), 0U);
    return calibrate_learning_rate(objective, rows, order, batch_size);
}

TEST(Calibration, ScalesWithTheData) {
    const data::Rows rows = reference::random_rows(2000, 60, 5);
    const model::Objective o = make_objective(model::Regularizer::none, rows, 60);
    model::Objective without_bias = o;
    without_bias.bias = false;
    data::Rows larger;
    for (std::int64_t i = 0; i < rows.size(); ++i) {
        const data::SparseRow x = rows.row(i);
        std::vector<float> value(x.value.begin(), x.value.end());
        for (float& v : value) v *= 8.0F;
        larger.append({x.index, value}, rows.label(i));
    }
    const double eta = calibrated(without_bias, rows, 1);
    EXPECT_GT(eta, 0.0);
    EXPECT_NEAR(calibrated(without_bias, larger, 1) / eta, 1.0 / 64.0, 1e-3);
    EXPECT_LT(calibrated(o, rows, 50), calibrated(o, rows, 1))
        << "an update is a sum over its batch";
}

TEST(Calibration, AnyNumberOfDocuments) {
    const data::Rows rows = reference::random_rows(3, 60, 5);
    const model::Objective o = make_objective(model::Regularizer::l2, rows, 60);
    for (const std::int64_t batch : {1, 2, 1000}) {
        const double eta = calibrated(o, rows, batch);
        EXPECT_TRUE(std::isfinite(eta) && eta > 0.0);
    }
}

TEST(Calibration, FollowsTheOrder) {
    const data::Rows rows = reference::random_rows(300, 60, 5);
    const model::Objective o = make_objective(model::Regularizer::l2, rows, 60);
    data::Rows backwards;
    std::vector<std::uint32_t> order;
    for (std::int64_t i = rows.size(); i-- > 0;) {
        backwards.append(rows.row(i), rows.label(i));
        order.push_back(static_cast<std::uint32_t>(i));
    }
    EXPECT_EQ(calibrate_learning_rate(o, rows, order, 1), calibrated(o, backwards, 1));
}

/// The features that do not occur change nothing: neither the result, nor the memory (at 2^31
/// columns a weight for each would take 16 GiB per trial).
TEST(Calibration, FarApartFeatures) {
    const data::Rows rows = reference::random_rows(300, 60, 5);
    for (const auto regularizer : {model::Regularizer::l2, model::Regularizer::hogwild}) {
        const model::Objective near = make_objective(regularizer, rows, 60);
        constexpr std::uint32_t kApart = 30'000'000;
        data::Rows spread = rows;
        for (std::uint32_t& u : spread.arrays().index) u *= kApart;
        model::Objective far = near;
        far.inverse_degree.clear();
        far.shape.features = std::size_t{60} * kApart;
        if (regularizer == model::Regularizer::hogwild) {
            constexpr std::uint32_t kLess = 1000;
            spread = rows;
            for (std::uint32_t& u : spread.arrays().index) u *= kLess;
            far.shape.features = 60 * kLess;
            far.inverse_degree.assign(far.shape.inputs(), 0.0);
            for (std::size_t u = 0; u <= 60; ++u) {
                far.inverse_degree[u * kLess] = near.inverse_degree[u];
            }
        }
        EXPECT_EQ(calibrated(far, spread, 1), calibrated(near, rows, 1));
    }
}

/// No rate that is some factors of two away reaches a lower objective in one pass than the
/// calibrated rate, except for noise.
TEST_F(StrategyTest, CalibratedRateIsGood) {
    if (comms_.size() > 1) return;
    const data::Rows rows = reference::random_rows(4000, 80, 21);
    const model::Objective o = make_objective(model::Regularizer::none, rows, 80);
    const auto reach = [&](double eta) {
        const Setting s{.strategy = "sequential",
                        .schedule = {model::StepSchedule::Kind::constant, eta, 0.0, 0.9},
                        .batch_size = 1,
                        .epochs = 1};
        return reference::objective(o, train(s, o, rows), rows);
    };
    const double eta = calibrated(o, rows, 1);
    const double chosen = reach(eta);
    for (const double factor : {1.0 / 64.0, 1.0 / 16.0, 16.0, 64.0}) {
        EXPECT_LT(chosen, 1.1 * reach(factor * eta)) << factor;
    }
}

}  // namespace
}  // namespace hogwild::train
