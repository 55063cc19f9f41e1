// dot, add, add_carrying, the accumulator, LazyWeightDecay, schedules, early stopping.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <thread>
#include <utility>

#include "model/early_stopping.hpp"
#include "model/kernels.hpp"
#include "model/lazy_weight_decay.hpp"
#include "model/reference.hpp"
#include "model/schedule.hpp"

namespace hogwild {
namespace {

TEST(Dot, EveryLength) {
    std::vector<double> w(20);
    for (std::size_t u = 0; u < w.size(); ++u) w[u] = static_cast<double>(u) + 0.5;
    std::vector<std::uint32_t> index;
    std::vector<float> value;
    double expected = 0.0;
    for (std::uint32_t u = 0; u < 20; ++u) {
        EXPECT_EQ(model::dot(std::span<const double>(w), {index, value}), expected) << u;
        index.push_back(u);
        value.push_back(static_cast<float>(u) * 0.25F);
        expected += w[u] * 0.25 * u;
    }
}

TEST(Add, AddsWhereItShould) {
    std::vector<double> w{1.0, 2.0, 3.0};
    model::SparseDelta delta;
    delta.push(0, 0.5);
    delta.push(2, -3.0);
    model::add(std::span<double>(w), delta);
    EXPECT_EQ(w, (std::vector<double>{1.5, 2.0, 0.0}));
}

/// 100,000 changes of 1e-9 to a weight of 1: a float alone would never move.
TEST(AddCarrying, SmallChangesAddUpInFloat) {
    model::SparseDelta delta;
    delta.push(0, 1e-9);
    std::vector<float> plain{1.0F};
    std::vector<float> carried{1.0F};
    std::vector<double> carry{0.0};
    for (int k = 0; k < 100'000; ++k) {
        model::add(std::span<float>(plain), delta);
        model::add_carrying(std::span<float>(carried), delta, std::span<double>(carry));
    }
    EXPECT_EQ(plain[0], 1.0F);
    EXPECT_NEAR(static_cast<double>(carried[0]) + carry[0], 1.0 + 1e-4, 1e-12);
}

/// Samples the stores that the test selects, and keeps all values.
struct RecordingProbe {
    std::vector<std::size_t> gaps;  ///< between samples, in turn
    std::size_t next = 0;
    std::size_t left = 0;
    struct Event {
        bool collided;
        double destroyed;
        double changed;
    };
    std::vector<Event> events;
    explicit RecordingProbe(std::vector<std::size_t> g) : gaps(std::move(g)), left(gaps[0]) {}
    std::size_t stores_until_sample(std::size_t available) {
        const std::size_t n = std::min(left, available);
        left -= n;
        return n;
    }
    void record(bool collided, double destroyed, double changed) {
        events.push_back({collided, destroyed, changed});
        left = gaps[++next % gaps.size()];
    }
};

/// A probe does not change the resulting weights.
TEST(Probe, ChangesNothing) {
    model::SparseDelta delta;
    for (std::uint32_t u = 0; u < 50; ++u) delta.push(2 * u, 0.1 * u + 1e-9);
    for (const std::vector<std::size_t>& gaps :
         {std::vector<std::size_t>{0}, {1, 0, 7}, {49, 50}, {1000}}) {
        std::vector<float> plain(100, 1.0F);
        std::vector<float> probed(100, 1.0F);
        std::vector<double> carry(100);
        std::vector<double> probed_carry(100);
        RecordingProbe probe(gaps);
        RecordingProbe carrying(gaps);
        RecordingProbe atomic(gaps);
        for (int k = 0; k < 20; ++k) {
            model::add(std::span<float>(plain), delta);
            model::add(std::span<float>(probed), delta, probe);
            model::add_carrying(std::span<float>(plain), delta, std::span<double>(carry));
            model::add_carrying(std::span<float>(probed), delta, std::span<double>(probed_carry),
                                carrying);
            model::add<model::WriteMode::atomic>(std::span<float>(plain), delta);
            model::add<model::WriteMode::atomic>(std::span<float>(probed), delta, atomic);
        }
        EXPECT_EQ(plain, probed);
        EXPECT_EQ(carry, probed_carry);
        EXPECT_EQ(probe.events.size(), carrying.events.size());
        for (const auto& event : probe.events) EXPECT_FALSE(event.collided);
        if (gaps.front() == 0) {
            EXPECT_EQ(probe.events.size(), 20 * delta.index.size());
        }
    }
}

/// With every store an exchange, final = sum of changes - sum of (overwritten - read), exactly.
TEST(ThreadTwin, WhatIsDestroyedIsWhatIsMissing) {
    constexpr std::uint32_t kWeights = 8;
    constexpr int kTimes = 200'000;
    std::vector<double> shared(kWeights);
    model::SparseDelta delta;
    for (std::uint32_t u = 0; u < kWeights; ++u) delta.push(u, 1.0);
    RecordingProbe probes[] = {RecordingProbe({0}), RecordingProbe({0})};
    std::vector<std::thread> threads;
    for (RecordingProbe& probe : probes) {
        threads.emplace_back([&] {
            for (int k = 0; k < kTimes; ++k) model::add(std::span<double>(shared), delta, probe);
        });
    }
    for (std::thread& thread : threads) thread.join();
    double expected = 0.0;
    for (const RecordingProbe& probe : probes) {
        for (const auto& event : probe.events) {
            expected += event.changed - event.destroyed;
            EXPECT_EQ(event.collided, event.destroyed != 0.0);
        }
    }
    double sum = 0.0;
    for (const double w : shared) sum += w;
    EXPECT_EQ(sum, expected);
}

/// A failed compare-and-swap is a collision, and loses nothing.
TEST(Probe, AtomicCollidesWithoutLoss) {
    double weight = 1.0;
    RecordingProbe probe({0});
    bool disturbed = false;
    model::probed_update<model::WriteMode::atomic>(
        weight,
        [&](double old) {
            if (!std::exchange(disturbed, true)) weight = 10.0;  // somebody else's store
            return old + 1.0;
        },
        probe);
    EXPECT_EQ(weight, 11.0);
    ASSERT_EQ(probe.events.size(), 1U);
    EXPECT_TRUE(probe.events[0].collided);
    EXPECT_EQ(probe.events[0].destroyed, 0.0);
}

TEST(BatchAccumulator, DrainsInOrderAndForgets) {
    model::BatchAccumulator sums(300'000);
    std::map<std::uint32_t, double> expected;
    const data::CounterRandom random(5);
    for (std::uint64_t k = 0; k < 2000; ++k) {
        const auto u = static_cast<std::uint32_t>(random.below(k, 300'000) & ~7ULL);
        sums.add(u, static_cast<double>(k), 1.0);
        expected[u] += static_cast<double>(k);
    }
    sums.add(0, 0.0, 0.0);  // touched, though both sums are zero
    sums.add(299'999, 1.0, 0.0);
    expected[0] += 0.0;
    expected[299'999] += 1.0;
    std::vector<std::pair<std::uint32_t, double>> drained;
    sums.drain([&](std::uint32_t u, const auto& s) { drained.emplace_back(u, s.gradient); });
    EXPECT_EQ(drained,
              (std::vector<std::pair<std::uint32_t, double>>(expected.begin(), expected.end())));
    sums.drain([](std::uint32_t, const auto&) { FAIL() << "not empty after draining"; });
}

TEST(LazyWeightDecay, AppliesTheWholeFactorHoweverOftenItIsAsked) {
    // rates over twelve orders of magnitude; feature 3 is left alone
    const std::vector<double> rates{1e-2, 3e-5, 1e-14, 0.0, 1e-2};
    for (const double threshold : {0.0, 0x1p-16, 1.0}) {
        std::vector<double> w{9.0, 1.0, 2.0, 3.0, 4.0, 5.0};  // the block starts at 1
        model::LazyWeightDecay shrink(1, rates, model::LazyWeightDecay::Form::exponential);
        double e = 0.0;
        for (int k = 0; k < 1000; ++k) shrink.advance(std::span<double>(w), e += 0.37, threshold);
        shrink.advance(std::span<double>(w), e, 0.0);
        EXPECT_EQ(w[0], 9.0);
        EXPECT_EQ(w[4], 4.0);
        const double kept[] = {1.0, 2.0, 3.0, 4.0, 5.0};
        for (std::size_t k = 0; k < rates.size(); ++k) {
            EXPECT_NEAR(w[k + 1] / (kept[k] * std::exp(-rates[k] * e)), 1.0, 1e-12)
                << "weight " << k << ", threshold " << threshold;
        }
    }
}

TEST(LazyWeightDecay, WaitsUntilAFloatCanSeeIt) {
    const std::vector<double> rates{1e-9};
    std::vector<float> w{1.0F};
    model::LazyWeightDecay shrink(0, rates, model::LazyWeightDecay::Form::exponential);
    for (int k = 1; k <= 1'000'000; ++k) shrink.advance(std::span<float>(w), 0.1 * k, 0x1p-16);
    shrink.advance(std::span<float>(w), 1e5, 0.0);
    EXPECT_NEAR(static_cast<double>(w[0]), std::exp(-1e-4), 1e-6);
}

TEST(LazyWeightDecay, LinearFormIsOneGradientStepOfL2) {
    const std::vector<double> rates{0.5, 0.5};
    std::vector<double> w{1.0, -2.0};
    model::LazyWeightDecay shrink(0, rates, model::LazyWeightDecay::Form::linear);
    shrink.advance(std::span<double>(w), 0.1, 0.0);
    shrink.advance(std::span<double>(w), 0.3, 0.0);
    EXPECT_NEAR(w[0], (1.0 - 0.05) * (1.0 - 0.1), 1e-15);
    EXPECT_NEAR(w[1], -2.0 * (1.0 - 0.05) * (1.0 - 0.1), 1e-15);
}

TEST(StepSchedule, ThreeKinds) {
    using Kind = model::StepSchedule::Kind;
    EXPECT_EQ((model::StepSchedule{Kind::constant, 0.5, 0.1, 0.9}.at(1e6, 3.0)), 0.5);
    EXPECT_NEAR((model::StepSchedule{Kind::inverse, 0.5, 0.1, 0.9}.at(20.0, 0.0)), 0.25, 1e-15);
    EXPECT_NEAR((model::StepSchedule{Kind::decay, 0.5, 0.1, 0.9}.at(0.0, 2.99)), 0.405, 1e-15);
}

// windows: (5 4 3) min 3, (4 3 6) min 3, (3 6 7) min 3, (6 7 8) min 6: worse
const std::vector<double> kCosts{5, 4, 3, 6, 7, 8};
const std::vector<bool> kStops{false, false, false, false, false, true};

TEST(EarlyStopping, StopsWhenTheBestOfTheWindowGetsWorse) {
    model::EarlyStopping stopping(3);
    std::vector<bool> stops;
    for (const double cost : kCosts) stops.push_back(stopping.observe({.objective = cost}));
    EXPECT_EQ(stops, kStops);
}

TEST(EarlyStopping, FollowsAnyMeasure) {
    using model::Measure;
    using model::Metrics;
    const std::vector<std::pair<Measure, double Metrics::*>> measures{
        {Measure::objective, &Metrics::objective},
        {Measure::loss, &Metrics::loss},
        {Measure::accuracy, &Metrics::accuracy},
        {Measure::f1, &Metrics::f1},
        {Measure::auc, &Metrics::auc},
        {Measure::average_precision, &Metrics::average_precision}};
    for (const auto& [measure, member] : measures) {
        model::EarlyStopping stopping(3, measure);
        std::vector<bool> stops;
        for (const double cost : kCosts) {
            Metrics metrics{.objective = 1.0, .loss = 1.0};
            metrics.*member = model::larger_is_better(measure) ? 1.0 / cost : cost;
            stops.push_back(stopping.observe(metrics));
            metrics.*member = std::numeric_limits<double>::quiet_NaN();
            EXPECT_FALSE(stopping.observe(metrics)) << "a measure that is not defined";
        }
        EXPECT_EQ(stops, kStops) << static_cast<int>(measure);
    }
}

TEST(EarlyStopping, ZeroNeverStops) {
    model::EarlyStopping stopping(0);
    for (int k = 0; k < 100; ++k) {
        EXPECT_FALSE(stopping.observe({.objective = static_cast<double>(k)}));
    }
}

TEST(EarlyStopping, ResumesItsWindowButNotThatOfAnotherMeasure) {
    for (const auto measure : {model::Measure::objective, model::Measure::f1}) {
        model::EarlyStopping first(3, model::Measure::f1);
        for (const double cost : {5.0, 4.0, 3.0, 6.0, 7.0}) first.observe({.f1 = -cost});
        data::State state;
        first.save(state);
        model::EarlyStopping second(3, measure);
        second.resume(state);
        const bool stops = second.observe({.objective = 8.0, .f1 = -8.0});
        EXPECT_EQ(stops, measure == model::Measure::f1);
    }
}

/// Threads instead of ranks update shared weights, so that TSan (preset tsan) can check it: it
/// cannot see races between processes. The test itself only checks that they learn.
template <class Real>
void race() {
    const data::Rows rows = reference::random_rows(400, 100, 9);
    model::Objective objective;
    objective.shape.features = 100;
    objective.regularizer = model::Regularizer::seed;
    std::vector<Real> shared(objective.shape.size());
    const std::vector<double> rates(objective.shape.size(), 1e-6);
    const auto work = [&](std::uint32_t me) {
        model::BatchGradient<Real> gradient(objective, true);
        model::LazyWeightDecay shrink(0, rates, model::LazyWeightDecay::Form::exponential);
        std::vector<double> carry(objective.shape.size());
        const std::span<Real> w(shared);
        for (std::uint32_t t = 0; t < 2000; ++t) {
            const std::uint32_t batch[] = {(2 * t + me) % 400, (7 * t + 3 * me) % 400};
            const auto& delta = gradient.step(rows, batch, w, 0.02);
            if (me == 0) shrink.advance(w, 0.02 * t, 0.0);
            if (t % 2 == 0) {
                model::add(w, delta);
            } else {
                model::add_carrying(w, delta, std::span<double>(carry));
            }
        }
    };
    std::thread one(work, 0U);
    std::thread two(work, 1U);
    one.join();
    two.join();
    const std::vector<double> w(shared.begin(), shared.end());
    EXPECT_LT(reference::objective(objective, w, rows), 0.6);
}
TEST(ThreadTwin, DoubleWeights) { race<double>(); }
TEST(ThreadTwin, FloatWeights) { race<float>(); }

}  // namespace
}  // namespace hogwild
