#pragma once
#include <optional>
#include <string>
#include <vector>

#include "io/file_plan.hpp"

namespace hogwild::app {

/// The options of `hogwild evaluate`.
struct EvaluateOptions {
    std::string scores;
    std::string data;
    std::string category;
    std::string labels;
    std::string positive;
    std::string log;
    std::optional<double> threshold;
    bool probability = false;
    bool quiet = false;
    bool force = false;
    io::FilePlan files;

    /// A score above it is predicted +1.
    double threshold_in_effect() const { return threshold.value_or(probability ? 0.5 : 0.0); }
    bool labels_elsewhere() const { return !data.empty() || !labels.empty(); }
};

/// Parses the command line after `evaluate`. Reads no file. @throws Error: usage.
EvaluateOptions parse_evaluate_options(const std::vector<std::string>& arguments);

}  // namespace hogwild::app
