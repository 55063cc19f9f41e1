#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "data/decision.hpp"
#include "data/preprocessing.hpp"
#include "io/dual_store.hpp"
#include "io/pending_file.hpp"

namespace hogwild::io {

/// What tells one category from the rest, besides the weights.
struct ModelOutput {
    std::string category;
    double bias = 0.0;
    double threshold = 0.0;  ///< a score above it is predicted +1
    double lambda = 0.0;
    std::array<double, 2> class_weights{1.0, 1.0};  ///< of +1 and -1, in training
    std::int64_t positives = 0;                     ///< training documents labelled +1
    bool operator==(const ModelOutput&) const = default;
};

/// A trained linear classifier and its origin (schema `hogwild.model`, docs/formats.md). Where it
/// tells several categories from the rest it has `outputs` and a `matrix`, its `weights` are empty
/// and `category` is what the user chose, such as `all` or `C*`.
struct Model {
    std::int64_t features = 0;           ///< columns of the dataset's /X
    std::vector<std::uint32_t> columns;  ///< ascending; all others weigh nothing
    std::vector<double> weights;         ///< of the columns
    double bias = 0.0;
    std::vector<ModelOutput> outputs;  ///< empty: one output, which the other members describe
    /// Of several outputs.
    data::Decision decision = data::Decision::threshold;
    std::vector<float> matrix;         ///< columns x outputs, those of a column side by side
    std::int64_t feature_id_base = 1;  ///< the feature id of column 0
    std::string category;              ///< empty: trained on a dataset with labels of its own
    std::string positive_label;        ///< of that dataset, see DatasetHeader; or empty
    /// What the values of its documents were divided by; empty: unknown, of an older program.
    std::optional<data::Norm> normalization;
    data::Idf idf;                     ///< of its documents: their values were multiplied by it
    std::vector<std::string> classes;  ///< topics of the training set; empty: it has none
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
    std::optional<Platt> platt;  ///< where held-out scores were calibrated so

    /// The probability of +1 at some scores, linear between them and constant beyond them.
    struct Isotonic {
        std::vector<double> scores;         ///< strictly ascending, at least one
        std::vector<double> probabilities;  ///< as many, non-decreasing, from 0 to 1
        bool operator==(const Isotonic&) const = default;
    };
    std::optional<Isotonic> isotonic;  ///< where held-out scores were calibrated so

    DualVariables dual;  ///< of strategy `dual`; read_model() leaves it empty

    /// Of texts that are scored; what an older program's model does not say is left out.
    data::Preprocessing preprocessing() const {
        return {idf, normalization.value_or(data::Norm::none)};
    }
    /// A weight for every column.
    void set_all_weights(std::vector<double> by_column);
};

/// Writes the model under the pending file's temporary name, reads it back, commits. Where few
/// columns have a weight of their own, or the model has several outputs, these are listed;
/// otherwise all columns are written.
/// @throws Error: io; bad_data when a weight is not finite, two outputs have one name, or there are
///         more than 65,536.
void write_model(PendingFile& file, const Model& model);

/// Without the dual variables, see read_dual_variables(); with the matrix, which ModelReader leaves
/// in the file. @throws Error: no_input, bad_data.
Model read_model(const std::string& path);

/// As read_model() of an open file, without the matrix. @throws Error: bad_data.
Model read_all_but_matrix(const h5::Handle& file, const std::string& path);

}  // namespace hogwild::io
