// Our reader of decimal numbers beside fast_float and the standard library's, which is fast_float
// as well from g++ 12 on, on the weights of RCV1: 6 digits in synthesised text, 16 in the published
// files. All read the same text in turns, so that a busy machine slows all of them down; the
// counters `fast_float` and `from_chars` say how many times as long as ours these take.
#include <benchmark/benchmark.h>
#include <fast_float/fast_float.h>

#include <charconv>
#include <cstdio>
#include <string>

#include "data/decimal.hpp"
#include "data/random.hpp"
#include "data/stopwatch.hpp"

namespace {

using namespace hogwild;

constexpr std::int64_t kNumbers = 50'000;

std::string numbers_of(int digits) {
    const data::CounterRandom random(1, 2);
    std::string text;
    for (std::uint64_t k = 0; k < kNumbers; ++k) {
        char number[32];
        const double weight = static_cast<double>(random.bits(k) >> 11) * 0x1.0p-54;
        std::snprintf(number, sizeof number, "%.*f ", digits, weight);
        text += number;
    }
    return text;
}

/// Reads all numbers with read(at, end, value), which returns the character after the number.
/// @return seconds of the core.
template <class Read>
double seconds_of(const std::string& text, Read&& read) {
    const double start = data::thread_cpu_seconds();
    const char* const end = text.data() + text.size();
    float sum = 0.0F;
    for (const char* at = text.data(); at != end; ++at) {  // past the blank
        float value = 0.0F;
        at = read(at, end, value);
        sum += value;
    }
    benchmark::DoNotOptimize(sum);
    return data::thread_cpu_seconds() - start;
}

/// As LineCursor has it: the general reader is asked for what ours leaves to it.
const char* read_ours(const char* at, const char* end, float& value) {
    const char* const stop = data::read_decimal(at, end, value);
    return stop != nullptr ? stop : std::from_chars(at, end, value).ptr;
}

void decimals(benchmark::State& state) {
    const std::string text = numbers_of(static_cast<int>(state.range(0)));
    double ours = 0.0;
    double fast_float = 0.0;
    double from_chars = 0.0;
    for (auto _ : state) {
        ours += seconds_of(text, read_ours);
        fast_float += seconds_of(text, [](const char* at, const char* end, float& value) {
            return fast_float::from_chars(at, end, value).ptr;
        });
        from_chars += seconds_of(text, [](const char* at, const char* end, float& value) {
            return std::from_chars(at, end, value).ptr;
        });
    }
    const auto numbers = static_cast<double>(state.iterations() * kNumbers);
    state.counters["ours_ns"] = 1e9 * ours / numbers;
    state.counters["fast_float"] = fast_float / ours;
    state.counters["from_chars"] = from_chars / ours;
}
BENCHMARK(decimals)->ArgName("digits")->Arg(6)->Arg(16);

}  // namespace
