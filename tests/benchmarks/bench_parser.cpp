// The line parsers, on lines in the shape of RCV1's: about 76 terms, weights of 6 digits (as the
// synthesised text has them) and of 16 (as the published files have).
#include <benchmark/benchmark.h>

#include <cstdio>
#include <string>
#include <vector>

#include "data/random.hpp"
#include "data/rcv1_text.hpp"
#include "data/svmlight.hpp"

namespace {

using namespace hogwild;

constexpr std::int64_t kLines = 1000;
constexpr std::uint64_t kTerms = 76;
constexpr std::uint64_t kFeatures = 47236;

std::vector<std::string> lines_of(const std::string& first_word, int digits) {
    const data::CounterRandom random(1, 2);
    std::vector<std::string> lines;
    std::uint64_t draw = 0;
    for (std::int64_t i = 0; i < kLines; ++i) {
        std::string line = first_word;
        std::uint64_t id = 0;
        for (std::uint64_t k = 0; k < kTerms; ++k) {
            id += 1 + random.bits(draw++) % (kFeatures / kTerms);
            char term[64];
            const double weight = static_cast<double>(random.bits(draw++) >> 11) * 0x1.0p-54;
            std::snprintf(term, sizeof term, " %llu:%.*f", static_cast<unsigned long long>(id),
                          digits, weight);
            line += term;
        }
        lines.push_back(line);
    }
    return lines;
}

template <class Parse>
void run(benchmark::State& state, const std::vector<std::string>& lines, Parse&& parse) {
    data::Document document;
    std::int64_t bytes = 0;
    for (const std::string& line : lines) bytes += std::ssize(line) + 1;
    for (auto _ : state) {
        for (const std::string& line : lines) {
            benchmark::DoNotOptimize(parse(line, document));
            benchmark::DoNotOptimize(document.value.data());
        }
    }
    state.SetBytesProcessed(state.iterations() * bytes);
    state.SetItemsProcessed(state.iterations() * kLines * static_cast<std::int64_t>(kTerms));
}

void vector_lines(benchmark::State& state) {
    run(state, lines_of("26151 ", static_cast<int>(state.range(0))), data::parse_vector_line);
}
BENCHMARK(vector_lines)->ArgName("digits")->Arg(6)->Arg(16);

void svmlight_lines(benchmark::State& state) {
    std::string_view label;
    run(state, lines_of("+1", static_cast<int>(state.range(0))),
        [&](const std::string& line, data::Document& out) {
            return data::parse_svmlight_line(line, 1, out, label);
        });
}
BENCHMARK(svmlight_lines)->ArgName("digits")->Arg(6)->Arg(16);

void topic_lines(benchmark::State& state) {
    const std::string line = "GCAT 26151 1";
    data::TopicLine topic;
    for (auto _ : state) benchmark::DoNotOptimize(data::parse_topic_line(line, topic));
    state.SetBytesProcessed(state.iterations() * (std::ssize(line) + 1));
}
BENCHMARK(topic_lines);

}  // namespace
