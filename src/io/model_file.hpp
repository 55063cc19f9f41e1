#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "io/pending_file.hpp"

namespace hogwild::io {

/// A trained linear classifier and its origin (schema `hogwild.model`, docs/formats.md).
struct Model {
    std::int64_t features = 0;           ///< columns of the dataset's /X
    std::vector<std::uint32_t> columns;  ///< ascending; all others weigh nothing
    std::vector<double> weights;         ///< of the columns
    double bias = 0.0;
    std::int64_t feature_id_base = 1;  ///< the feature id of column 0
    std::string category;              ///< empty: trained on a dataset with labels of its own
    std::string positive_label;        ///< of that dataset, see DatasetHeader; or empty
    std::string loss;
    std::string regularizer;
    double lambda = 0.0;
    std::array<double, 2> class_weights{1.0, 1.0};  ///< of +1 and -1, in training
    std::string strategy;
    std::int64_t ranks = 0;
    std::int64_t seed = 0;
    std::string precision;
    std::string options;                       ///< effective options, INI text
    std::vector<std::string> dataset_digests;  ///< of the training set, then the test sets
    std::string program;
    std::map<std::string, double> metrics;  ///< of the final evaluation, named as in the run log
    std::vector<std::string> warnings;      ///< doubts about the model, sentences
    double threshold = 0.0;                 ///< a score above it is predicted +1

    /// The probability of +1 is 1 / (1 + exp(a score + b)).
    struct Platt {
        double a = 0.0;
        double b = 0.0;
    };
    std::optional<Platt> platt;  ///< where held-out scores were calibrated

    /// A weight for every column.
    void set_all_weights(std::vector<double> by_column);
};

/// Writes the model under the pending file's temporary name, reads it back, commits. Where few
/// columns have a weight of their own, these are listed; otherwise all columns are written.
/// @throws Error: io; bad_data when a weight is not finite.
void write_model(PendingFile& file, const Model& model);

/// @throws Error: no_input, bad_data.
Model read_model(const std::string& path);

}  // namespace hogwild::io
