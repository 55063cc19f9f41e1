// Dual coordinate ascent: certificates that hold, and ranks that cannot make each other stuck.
#include <chrono>
#include <cmath>
#include <thread>

#include "data/random.hpp"
#include "train/certifier.hpp"
#include "train/sampling/due_documents.hpp"
#include "train/strategy_test.hpp"
#include "train/weights/dual_weights.hpp"

namespace hogwild::train {
namespace {

struct DualSetting {
    model::LossKind loss = model::LossKind::hinge;
    double lambda = 1e-2;
    Precision precision = Precision::double_;
    bool bias = true;
    DualPlan dual = {};
    std::int64_t epochs = 400;
    std::size_t head = 60;
    std::int64_t merge_every = 16;
    model::ClassWeights class_weights = {};
};

class DualTest : public StrategyTest {
protected:
    struct Outcome {
        Certificate certificate;
        std::vector<double> weights;
        std::vector<double> uncertified;  ///< those before the last certificate
        std::int64_t epochs = 0;
        Meters meters;
    };

    static model::Objective objective_of(const DualSetting& s, const data::Rows& rows,
                                         std::size_t features) {
        model::Objective o = make_objective(model::Regularizer::l2, rows, features);
        o.lambda = s.lambda;
        o.loss = s.loss;
        o.bias = s.bias;
        const model::DocumentWeights sums = model::weights_of(rows);
        const double mean =
            (sums.positive * s.class_weights.positive + sums.negative * s.class_weights.negative) /
            static_cast<double>(rows.size());
        o.class_weights = s.class_weights;
        o.step_weights = {s.class_weights.negative / mean, s.class_weights.positive / mean};
        return o;
    }

    /// Trains until the gap is reached, or for all epochs.
    /// @param at_end  called on every rank after each epoch.
    Outcome solve(const DualSetting& s, const data::Rows& all, std::size_t features,
                  const std::function<void(std::int64_t)>& at_end = {}) {
        const StrategyInfo& info = strategy_info("dual");
        const model::Objective objective = objective_of(s, all, features);
        const HotHeadPlan head{true, std::min(s.head, features), s.merge_every};
        const data::Rows part = own_part(all, comms_.size());
        model::TrainingRows own(info.row_layout(head, true, objective.shape), head.size);
        own.append(part, 0, part.size());
        const std::int64_t per_epoch = mpi::max(comms_.world(), own.size());
        const auto batches =
            info.batches({Sampler::Kind::permutation, own.size(), 1, 0, s.epochs, 3, comms_.rank()},
                         s.dual, per_epoch);
        TrainingContext context{objective, own, *batches, {}, {}, all.size()};
        context.oversubscribed = comms_.size() > 2;
        context.hot_head_plan = head;
        context.dual = s.dual;
        const auto trainer = info.make(s.precision, context, comms_);
        Outcome out;
        out.weights.resize(objective.shape.size());
        out.uncertified.resize(objective.shape.size());
        std::optional<Certificate> now;
        while (out.epochs < s.epochs) {
            trainer->run(++out.epochs * per_epoch);
            trainer->quiesce();
            if (at_end) at_end(out.epochs);
            trainer->weights(out.uncertified);
            now = trainer->certify(out.epochs == s.epochs);
            if (now && s.dual.gap && now->relative_gap() <= *s.dual.gap) break;
        }
        out.certificate = *now;
        trainer->weights(out.weights);
        out.meters = trainer->meters().summed(comms_.world());
        mpi::barrier(comms_.world());
        trainer->close();
        return out;
    }

    /// What the certificate says of the primal objective, computed plainly.
    static double primal(const DualSetting& s, const std::vector<double>& w,
                         const data::Rows& rows) {
        const model::Objective o = objective_of(s, rows, w.size() - 1);
        double loss = 0.0;
        for (std::int64_t i = 0; i < rows.size(); ++i) {
            const data::SparseRow x = rows.row(i);
            double score = s.bias ? w.back() : 0.0;
            for (std::size_t k = 0; k < x.size(); ++k) {
                score += w[x.index[k]] * static_cast<double>(x.value[k]);
            }
            const double c = o.step_weights.of(rows.label(i)) * static_cast<double>(rows.weight(i));
            loss += c * model::with_loss(s.loss, [&]<class Loss>(Loss) {
                        return Loss::value(rows.label(i) * score);
                    });
        }
        double norm2 = 0.0;
        for (const double v : w) norm2 += v * v;
        return loss / static_cast<double>(rows.size()) + 0.5 * s.lambda * norm2;
    }
};

constexpr model::LossKind kLosses[] = {model::LossKind::hinge, model::LossKind::squared_hinge,
                                       model::LossKind::logistic, model::LossKind::modified_huber};

TEST_F(DualTest, ReachesTheGapForEveryLossAndItsCertificateIsTrue) {
    const data::Rows rows = reference::random_rows(300, 60, 8);
    for (const model::LossKind loss : kLosses) {
        for (const bool bias : {true, false}) {
            DualSetting s{.loss = loss, .bias = bias, .dual = {.gap = 1e-6}, .epochs = 4000};
            const Outcome out = solve(s, rows, 60);
            EXPECT_LE(out.certificate.relative_gap(), 1e-6) << static_cast<int>(loss) << bias;
            EXPECT_GE(out.certificate.relative_gap(), -1e-12);
            EXPECT_NEAR(out.certificate.primal, primal(s, out.weights, rows), 1e-9);
            if (!bias) {
                EXPECT_EQ(out.weights.back(), 0.0);
            }
        }
    }
}

/// The gap is never below the distance to the optimum, which a longer run certifies to 1e-8.
TEST_F(DualTest, TheGapIsNeverBelowTheTrueDistance) {
    const std::uint64_t settings = comms_.size() > 2 ? 25 : 200;  // which takes a few seconds
    for (std::uint64_t k = 0; k < settings; ++k) {
        const data::CounterRandom draw(11, k);
        const auto documents = static_cast<std::int64_t>(40 + draw.below(0, 160));
        const data::Rows rows = reference::random_rows(documents, 60, 100 + k);
        DualSetting s{.loss = kLosses[draw.below(2, 4)],
                      .lambda = std::pow(10.0, -3.0 + 2.0 * draw.unit(3)),
                      .bias = draw.below(4, 4) != 0,
                      .dual = {.gap = 1e-8},
                      .epochs = 20'000,
                      .head = comms_.size() == 1 ? draw.below(5, 61) : 60,
                      .class_weights = {1.0, 0.5 + 3.0 * draw.unit(6)}};
        const Certificate best = solve(s, rows, 60).certificate;
        EXPECT_LE(best.relative_gap(), 1e-8) << "setting " << k;
        const double optimum = best.dual;
        s.dual.gap.reset();
        s.precision = draw.below(7, 2) == 0 ? Precision::single_ : Precision::double_;
        for (const std::int64_t epochs : {1, 3, 9}) {
            s.epochs = epochs;
            const Outcome out = solve(s, rows, 60);
            const double above = out.certificate.primal - optimum;
            // "optimum" is a lower bound of the true one, by 1e-8 of it at most
            const double unknown = 2e-8 * std::abs(optimum) + 1e-12;
            EXPECT_GE(above, -1e-12) << "setting " << k;
            EXPECT_GE(out.certificate.primal - out.certificate.dual, above - unknown)
                << "setting " << k << ", " << epochs << " epochs";
        }
    }
}

/// Steps keep the weights equal to what the dual variables say, which a certificate computes anew.
TEST_F(DualTest, WeightsFollowTheVariables) {
    data::Rows rows = reference::random_rows(300, 60, 8);
    data::Rows weighted;
    for (std::int64_t i = 0; i < rows.size(); ++i) {
        weighted.append(rows.row(i), rows.label(i), 0.5F + 0.25F * static_cast<float>(i % 4));
    }
    for (const model::LossKind loss : kLosses) {
        const Outcome out =
            solve({.loss = loss, .epochs = 5, .class_weights = {1.0, 2.5}}, weighted, 60);
        for (std::size_t u = 0; u < 60; ++u) {
            EXPECT_NEAR(out.uncertified[u], out.weights[u], 1e-9) << static_cast<int>(loss);
        }
    }
}

/// Its sum of variables does not count where there is no bias: else the estimate of the gap would
/// be too large to ask for a certificate before the eighth epoch, at which progress is looked at.
TEST_F(DualTest, WithoutABiasTheGapIsEstimatedAsWell) {
    const data::Rows random = reference::random_rows(300, 60, 8);
    data::Rows rows;  // mostly positive, so that the sum is large
    for (std::int64_t i = 0; i < random.size(); ++i) {
        rows.append(random.row(i), i % 10 == 0 ? -1 : 1);
    }
    for (const model::LossKind loss : {model::LossKind::squared_hinge, model::LossKind::logistic}) {
        const Outcome out =
            solve({.loss = loss, .lambda = 0.1, .bias = false, .dual = {.gap = 1e-2}}, rows, 60);
        EXPECT_LT(out.epochs, 8) << static_cast<int>(loss);
    }
}

/// What a trainer does where the gap does not shrink, until nothing more can be done.
TEST_F(DualTest, CareMeansMoreMergesAndMoreDamping) {
    const data::Rows rows = reference::random_rows(300, 60, 8);
    const model::Objective objective = objective_of({}, rows, 60);
    model::TrainingRows own(model::TrainingRows::Layout::narrow, 60);
    DueDocuments due({.rows = 0, .per_epoch = 300});
    TrainingContext context{objective, own, due, {}, {}, rows.size()};
    context.hot_head_plan = {true, 60, 16};
    DualWeights<double> weights(context, comms_, 300);
    const double ranks = comms_.size();
    double least = 1.0;
    for (std::int64_t merges = 16; comms_.size() > 1 && (merges > 1 || least < ranks);) {
        EXPECT_EQ(weights.merge_every(), merges);
        EXPECT_TRUE(weights.be_careful());
        merges = std::max<std::int64_t>(1, merges / 2);
        least = std::min(ranks, 2.0 * least);
        EXPECT_GE(weights.view().damped_one(), least);
    }
    EXPECT_FALSE(weights.be_careful());
    mpi::barrier(comms_.world());
    weights.close();
}

TEST_F(DualTest, FloatReachesAsMuchSinceWeightsAreRebuilt) {
    const data::Rows rows = reference::random_rows(300, 60, 8);
    for (const std::size_t head : {0U, 20U, 60U}) {
        if (head < 60 && comms_.size() > 1) continue;  // only rare features may be outside it
        const Outcome out = solve(
            {.precision = Precision::single_, .dual = {.gap = 1e-4}, .epochs = 4000, .head = head},
            rows, 60);
        EXPECT_LE(out.certificate.relative_gap(), 1e-4) << head;
    }
}

/// Documents that every rank has: without damping the ranks' steps add up to too much, and with 16
/// ranks the gap stays above 1 for ever.
TEST_F(DualTest, DuplicatedAndDenseDocumentsDoNotMakeRanksStuck) {
    data::Rows copies;
    const data::Rows once = reference::random_rows(50, 20, 6);
    for (int k = 0; k < 40; ++k) {
        for (std::int64_t i = 0; i < once.size(); ++i) copies.append(once.row(i), once.label(i));
    }
    data::Rows dense;
    std::vector<std::uint32_t> index(20);
    for (std::uint32_t u = 0; u < 20; ++u) index[u] = u;
    for (std::uint64_t i = 0; i < 1500; ++i) {
        const data::CounterRandom draw(5, i);
        std::vector<float> value(20);
        double score = 0.0;
        for (std::size_t u = 0; u < 20; ++u) {
            value[u] = static_cast<float>(draw.unit(u) - 0.3);
            score += static_cast<double>(value[u]) * (u % 2 == 0 ? 1.0 : -1.0);
        }
        dense.append({index, value}, score + 0.3 * (draw.unit(99) - 0.5) > 0.0 ? 1 : -1);
    }
    for (const data::Rows* rows : {&copies, &dense}) {
        const Outcome out = solve(
            {.dual = {.gap = 1e-2}, .epochs = 1000, .head = 20, .merge_every = 64}, *rows, 20);
        EXPECT_LE(out.certificate.relative_gap(), 1e-2);
    }
}

/// One rank sleeps at random while the others go on.
TEST_F(DualTest, ARankThatSleepsCostsProgressAtMost) {
    const data::Rows rows = reference::random_rows(400, 60, 8);
    const auto sleep_now_and_then = [this](std::int64_t epoch) {
        if (comms_.rank() != comms_.size() - 1 || epoch % 3 != 0) return;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    };
    const Outcome out = solve({.dual = {.gap = 1e-3}, .epochs = 600}, rows, 60, sleep_now_and_then);
    EXPECT_LE(out.certificate.relative_gap(), 1e-3);
}

/// Each halves the work, or nearly: what is compared is visits to the same gap.
TEST_F(DualTest, BackingOffAndTheBiasMultiplierSaveWork) {
    if (comms_.size() > 1) return;
    const data::Rows rows = reference::random_rows(2000, 400, 8);
    const auto visits = [&](const DualPlan& plan) {
        const Outcome out =
            solve({.lambda = 1e-3, .dual = plan, .epochs = 4000, .head = 400}, rows, 400);
        EXPECT_LE(out.certificate.relative_gap(), 1e-3);
        return out.meters.documents;
    };
    const double both = visits({.gap = 1e-3});
    EXPECT_LT(both, visits({.gap = 1e-3, .backs_off = false}));
    EXPECT_LT(both, visits({.gap = 1e-3, .bias_share = 1.0}));
}

TEST(FindRoot, OfContinuousFunctionsAndOfJumps) {
    EXPECT_NEAR(find_root([](double x) { return x * x * x - 8.0; }, 0.0), 2.0, 1e-6);
    EXPECT_NEAR(find_root([](double x) { return x - 1e3; }, -5.0), 1e3, 1e-3);
    EXPECT_NEAR(find_root([](double x) { return x < 0.37 ? -1.0 : 2.0; }, 0.0), 0.37, 1e-6);
    EXPECT_EQ(find_root([](double x) { return x; }, 0.0), 0.0);
}

}  // namespace
}  // namespace hogwild::train
