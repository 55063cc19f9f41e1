#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "app/train/train_options.hpp"

namespace hogwild::app {

/// The options of `hogwild bench`.
struct BenchOptions {
    TrainOptions train;
    std::int64_t repeats = 5;
    double min_seconds = 0.2;
    std::int64_t copies = 0;  ///< of the training rows in memory; 0: as many as the caches ask for
    std::string json;
};

/// Parses the command line after `bench`. @throws Error: usage, no_input.
BenchOptions parse_bench_options(const std::vector<std::string>& arguments);

/// The bench's own options and what it sets of train's, for --help.
cli::CommandHelp bench_help();

}  // namespace hogwild::app
