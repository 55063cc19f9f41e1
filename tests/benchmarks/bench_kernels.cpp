// The kernels alone, one core, data in the caches: what a change of theirs gains before anything
// else gets in the way. Rows have RCV1's length and its few frequent and many rare features.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "data/large_page_allocator.hpp"
#include "data/random.hpp"
#include "data/rows.hpp"
#include "model/compact_rows.hpp"
#include "model/document_kernels.hpp"
#include "model/gradient.hpp"
#include "model/kernels.hpp"
#include "model/lazy_weight_decay.hpp"
#include "model/matrix_kernels.hpp"
#include "model/stream.hpp"
#include "train/sampling/sampler.hpp"

namespace hogwild {
namespace {

constexpr std::size_t kFeatures = 47'236;
constexpr std::int64_t kRows = 2'000;
constexpr std::size_t kLength = 78;  // entries of a row

template <class Weight>
using Lines = std::vector<Weight, data::LargePageAllocator<Weight>>;  // begin at cache lines

/// Features by Zipf's law (density proportional to 1/rank), rows of unit length.
const data::Rows& rows() {
    static const data::Rows all = [] {
        data::Rows made;
        const data::CounterRandom random(1, 2);
        std::uint64_t draw = 0;
        for (std::int64_t i = 0; i < kRows; ++i) {
            std::vector<std::uint32_t> index;
            while (index.size() < kLength) {
                const double rank = std::pow(static_cast<double>(kFeatures), random.unit(draw++));
                const auto spread = static_cast<std::uint64_t>(rank) * 2'654'435'761ULL;
                const auto u = static_cast<std::uint32_t>(spread % kFeatures);
                if (std::ranges::find(index, u) == index.end()) index.push_back(u);
            }
            std::ranges::sort(index);
            const std::vector<float> value(kLength, 1.0F / std::sqrt(static_cast<float>(kLength)));
            made.append({index, value}, random.unit(draw++) < 0.5 ? 1 : -1);
        }
        return made;
    }();
    return all;
}

/// Runs `work(row number)` over the rows, round and round.
template <class Work>
void over_rows(benchmark::State& state, Work&& work) {
    std::int64_t i = 0;
    for (auto _ : state) {
        work(i);
        i = i + 1 < rows().size() ? i + 1 : 0;
    }
    state.SetItemsProcessed(state.iterations());
}

template <class Real>
void dot(benchmark::State& state) {
    const std::vector<Real> w(kFeatures + 1, Real{0.5});
    over_rows(state, [&](std::int64_t i) {
        benchmark::DoNotOptimize(model::dot(std::span<const Real>(w), rows().row(i)));
    });
}
BENCHMARK(dot<float>);
BENCHMARK(dot<double>);

/// The same per document, from records with indices of 16 bits. All features private, or none.
template <class Real>
void document_dot(benchmark::State& state) {
    const bool all_private = state.range(0) != 0;
    const model::CompactRows<std::uint16_t> compact(rows(), all_private ? kFeatures : 0);
    const std::vector<Real> w(kFeatures + 1, Real{0.5});
    over_rows(state, [&](std::int64_t i) {
        const auto x = compact.row(static_cast<std::size_t>(i));
        benchmark::DoNotOptimize(model::private_dot(std::span<const Real>(w), x.hot) +
                                 model::shared_dot(std::span<const Real>(w), x.cold));
    });
}
BENCHMARK(document_dot<float>)->ArgName("private")->Arg(1)->Arg(0);
BENCHMARK(document_dot<double>)->ArgName("private")->Arg(1)->Arg(0);

template <class Real>
void document_step(benchmark::State& state) {
    const bool all_private = state.range(0) != 0;
    const model::CompactRows<std::uint16_t> compact(rows(), all_private ? kFeatures : 0);
    std::vector<Real> w(kFeatures + 1);
    model::NoProbe probe;
    over_rows(state, [&](std::int64_t i) {
        const auto x = compact.row(static_cast<std::size_t>(i));
        const Real a = i % 2 == 0 ? Real{0.0625} : Real{-0.0625};
        model::private_axpy(std::span<Real>(w), a, x.hot);
        model::shared_axpy(std::span<Real>(w), a, x.cold, probe);
    });
    benchmark::DoNotOptimize(w.data());
}
BENCHMARK(document_step<float>)->ArgName("private")->Arg(1)->Arg(0);
BENCHMARK(document_step<double>)->ArgName("private")->Arg(1)->Arg(0);

/// All outputs of a weight matrix at once, with the kernels of this number, if the processor can:
/// single weights, SSE, AVX2, AVX-512. Their number is the argument.
template <class Weight>
void matrix_scores(benchmark::State& state) {
    const auto all = model::all_matrix_kernels<std::uint16_t, Weight>();
    const auto which = static_cast<std::size_t>(state.range(1));
    if (which >= all.size()) return state.SkipWithError("not on this processor");
    const std::size_t stride = model::row_stride(static_cast<std::size_t>(state.range(0)));
    const Lines<Weight> w((kFeatures + 1) * stride);
    Lines<float> z(stride);
    const model::CompactRows<std::uint16_t> compact(rows(), 0);
    over_rows(state, [&](std::int64_t i) {
        const auto x = compact.row(static_cast<std::size_t>(i)).cold;
        all[which].scores(w.data(), stride, {x.index, x.value}, z.data());
        benchmark::DoNotOptimize(z.data());
    });
    state.SetLabel(all[which].name);
}
void all_matrix_kernels(benchmark::internal::Benchmark* benchmark) {
    benchmark->ArgNames({"outputs", "kernels"})->ArgsProduct({{16, 101}, {0, 1, 2, 3}});
}
BENCHMARK(matrix_scores<float>)->Apply(all_matrix_kernels);
BENCHMARK(matrix_scores<model::Bfloat16>)->Apply(all_matrix_kernels);

/// A step of one group of outputs; items are documents.
template <class Weight>
void matrix_step(benchmark::State& state) {
    const auto all = model::all_matrix_kernels<std::uint16_t, Weight>();
    const auto which = static_cast<std::size_t>(state.range(1));
    if (which >= all.size()) return state.SkipWithError("not on this processor");
    const std::size_t stride = model::row_stride(static_cast<std::size_t>(state.range(0)));
    Lines<Weight> w((kFeatures + 1) * stride);
    const Lines<float> step(model::kGroupOutputs, 0x1p-20F);
    const model::CompactRows<std::uint16_t> compact(rows(), 0);
    over_rows(state, [&](std::int64_t i) {
        const auto x = compact.row(static_cast<std::size_t>(i)).cold;
        all[which].add(w.data(), stride, {x.index, x.value}, step.data(),
                       static_cast<std::uint32_t>(i) * 0x9E3779B1U);
    });
    benchmark::DoNotOptimize(w.data());
    state.SetLabel(all[which].name);
}
BENCHMARK(matrix_step<float>)->Apply(all_matrix_kernels);
BENCHMARK(matrix_step<model::Bfloat16>)->Apply(all_matrix_kernels);

template <class Real, model::WriteMode kMode>
void add(benchmark::State& state) {
    std::vector<Real> w(kFeatures + 1);
    std::vector<model::SparseDelta> deltas(static_cast<std::size_t>(rows().size()));
    for (std::int64_t i = 0; i < rows().size(); ++i) {
        for (const std::uint32_t u : rows().row(i).index) {
            deltas[static_cast<std::size_t>(i)].push(u, i % 2 == 0 ? 0.01 : -0.01);
        }
    }
    over_rows(state, [&](std::int64_t i) {
        model::add<kMode>(std::span<Real>(w), deltas[static_cast<std::size_t>(i)]);
    });
    benchmark::DoNotOptimize(w.data());
}
BENCHMARK(add<float, model::WriteMode::plain>);
BENCHMARK(add<double, model::WriteMode::plain>);
BENCHMARK(add<float, model::WriteMode::atomic>);

/// One step of the batch gradient; the argument is the batch size, items are documents. With zero
/// weights every document violates the margin: the most work there can be.
template <class Real>
void gradient_step(benchmark::State& state) {
    model::Objective objective;
    objective.regularizer = model::Regularizer::l2;
    objective.shape.features = kFeatures;
    model::BatchGradient<Real> gradient(objective, false);
    const std::vector<Real> w(kFeatures + 1);
    std::vector<std::uint32_t> batch(static_cast<std::size_t>(state.range(0)));
    std::uint32_t next = 0;
    for (auto _ : state) {
        for (std::uint32_t& row : batch) row = next++ % static_cast<std::uint32_t>(kRows);
        benchmark::DoNotOptimize(gradient.step(rows(), batch, std::span<const Real>(w), 0.01));
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(gradient_step<float>)->Arg(1)->Arg(100);
BENCHMARK(gradient_step<double>)->Arg(1)->Arg(100);

/// A document's worth of progress. Argument 0: look only, nothing has become due; 1: every weight.
template <class Real>
void shrink(benchmark::State& state) {
    std::vector<Real> w(kFeatures + 1, Real{0.5});
    const std::vector<double> rates(w.size(), 1e-4);
    model::LazyWeightDecay all(0, rates, model::LazyWeightDecay::Form::exponential);
    const double threshold = state.range(0) == 0 ? 1e300 : 0.0;
    double exponent = 0.0;
    for (auto _ : state) all.advance(std::span<Real>(w), exponent += 1e-6, threshold);
    benchmark::DoNotOptimize(w.data());
}
BENCHMARK(shrink<float>)->Arg(0)->Arg(1);
BENCHMARK(shrink<double>)->Arg(0)->Arg(1);

/// Drawing the rows of a batch; the argument is its size, items are documents.
template <train::Sampler::Kind kKind>
void sampler(benchmark::State& state) {
    train::Sampler::Plan plan;
    plan.kind = kKind;
    plan.rows = 20'000;
    plan.batch_size = state.range(0);
    plan.iterations = std::int64_t{1} << 40;
    train::Sampler batches(plan);
    std::int64_t iteration = 0;
    for (auto _ : state) benchmark::DoNotOptimize(batches.batch(iteration++).data());
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(sampler<train::Sampler::Kind::uniform>)->Arg(1)->Arg(100);
BENCHMARK(sampler<train::Sampler::Kind::permutation>)->Arg(1)->Arg(100);

/// The yardstick for all of the above: reading the rows and nothing else; items are documents.
void stream(benchmark::State& state) {
    std::vector<std::uint32_t> order(static_cast<std::size_t>(kRows));
    for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    for (auto _ : state) benchmark::DoNotOptimize(model::stream(rows(), order));
    state.SetItemsProcessed(state.iterations() * kRows);
    state.SetBytesProcessed(state.iterations() * rows().bytes());
}
BENCHMARK(stream);

}  // namespace
}  // namespace hogwild
