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
    std::string model;
    std::string log;
    std::string category_table;
    std::optional<double> threshold;
    bool probability = false;
    bool verbose = false;
    bool quiet = false;
    bool force = false;
    io::FilePlan files;

    /// A score above it is predicted +1, unless the user or the file says otherwise.
    double default_threshold() const { return probability ? 0.5 : 0.0; }
    bool labels_elsewhere() const { return !data.empty() || !labels.empty(); }
    /// What only the scores tell: whether they are of one category, or of several.
    /// @throws Error: usage where an option has no meaning for them.
    void check_one() const;
    void check_several() const;
};

/// Parses the command line after `evaluate`. Reads no file. @throws Error: usage.
EvaluateOptions parse_evaluate_options(const std::vector<std::string>& arguments);

}  // namespace hogwild::app
