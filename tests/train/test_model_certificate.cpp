// The certificate of a model that was not trained by its dual.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "data/random.hpp"
#include "train/model_certificate.hpp"
#include "train/strategies/dual_test.hpp"

namespace hogwild::train {
namespace {

class ModelCertificate : public DualTest {
protected:
    using Layout = model::TrainingRows::Layout;

    Certificate certify(const DualSetting& s, const data::Rows& all, std::vector<double> weights,
                        Layout layout = Layout::narrow) const {
        const std::size_t features = weights.size() - 1;
        const data::Rows part = own_part(all, comms_.size());
        const bool plain = layout == Layout::plain;
        model::TrainingRows own =
            plain ? model::TrainingRows(part) : model::TrainingRows(layout, s.head);
        if (!plain) own.append(part, 0, part.size());
        return certify_model({objective_of(s, all, features), std::move(weights)}, own, all.size(),
                             comms_.world());
    }
    /// Some weights, of features and bias.
    static std::vector<double> drawn(const data::CounterRandom& draw, const DualSetting& s) {
        std::vector<double> w(61);
        for (std::uint64_t u = 0; u < w.size(); ++u) w[u] = draw.unit(100 + u) - 0.5;
        if (!s.bias) w.back() = 0.0;
        return w;
    }
    static DualSetting setting(std::uint64_t k) {
        const data::CounterRandom draw(31, k);
        return {.loss = kLosses[k % 4],
                .lambda = std::pow(10.0, -3.0 + 2.0 * draw.unit(3)),
                .bias = k % 3 != 0,
                .dual = {.gap = 1e-7},
                .epochs = 20'000,
                .class_weights = {1.0, 0.5 + 3.0 * draw.unit(6)}};
    }
    static data::Rows rows_of(std::uint64_t k) {
        const data::Rows random = reference::random_rows(150, 60, 300 + k);
        data::Rows weighted;
        for (std::int64_t i = 0; i < random.size(); ++i) {
            weighted.append(random.row(i), random.label(i), i % 2 == 0 ? 1.0F : 2.5F);
        }
        return k % 2 == 0 ? random : weighted;
    }
};

TEST_F(ModelCertificate, IsTrueOfAnyModel) {
    for (std::uint64_t k = 0; k < 24; ++k) {
        const DualSetting s = setting(k);
        const data::Rows rows = rows_of(k);
        const std::vector<double> w = drawn(data::CounterRandom(37, k), s);
        const Certificate found = certify(s, rows, w);
        EXPECT_NEAR(found.primal, primal(s, w, rows), 1e-9 * found.primal);
        const Certificate best = solve(s, rows, 60).certificate;
        EXPECT_LE(found.dual, best.primal * (1.0 + 1e-12)) << "a lower bound, setting " << k;
        EXPECT_GT(found.dual, 0.0) << "that of variables 0, setting " << k;
    }
}

/// However many ranks: what they change together is kept as far as it is good.
TEST_F(ModelCertificate, SaysThatAGoodModelIsGood) {
    for (std::uint64_t k = 0; k < 12; ++k) {
        const DualSetting s = setting(k);
        const data::Rows rows = rows_of(k);
        const Outcome best = solve(s, rows, 60);
        const Certificate found = certify(s, rows, best.weights);
        EXPECT_GE(found.relative_gap(), -1e-12);
        EXPECT_LT(found.relative_gap(), comms_.size() > 3 ? 0.2 : 0.02) << "setting " << k;
        std::vector<double> none(61);
        EXPECT_GT(certify(s, rows, none).relative_gap(), found.relative_gap());
    }
}

/// The way from variables 0 to those of a model can be so long that nothing of it is any good, and
/// squares can overflow: the bound is 0 then, or better.
TEST_F(ModelCertificate, IsABoundOfModelsThatHaveDiverged) {
    const data::Rows rows = rows_of(1);
    for (const model::LossKind loss : kLosses) {
        for (const double lambda : {1e-12, 0.1}) {
            for (const double size : {1.0, 1e9, 1e150}) {
                const std::vector<double> w(61, size);
                const Certificate found = certify({.loss = loss, .lambda = lambda}, rows, w);
                EXPECT_GE(found.dual, 0.0) << static_cast<int>(loss) << " " << lambda;
                EXPECT_LE(found.dual, 1.0) << "the objective of weights 0 is at most";
            }
        }
    }
}

TEST_F(ModelCertificate, LayoutsOfTheRowsMakeNoDifference) {
    DualSetting s = setting(5);
    const data::Rows rows = rows_of(5);
    const std::vector<double> w = drawn(data::CounterRandom(37, 5), s);
    const Certificate narrow = certify(s, rows, w);
    for (const Layout layout : {Layout::plain, Layout::wide}) {
        for (const std::size_t head : {0U, 20U, 60U}) {
            s.head = head;
            const Certificate other = certify(s, rows, w, layout);
            EXPECT_NEAR(other.dual, narrow.dual, 1e-9);
            EXPECT_NEAR(other.primal, narrow.primal, 1e-9);
        }
    }
}

}  // namespace
}  // namespace hogwild::train
