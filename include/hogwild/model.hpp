#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "hogwild/dataset.hpp"
#include "hogwild/error.hpp"
#include "hogwild/export.hpp"

/// @file
/// Reading the models that `hogwild train` writes (docs/formats.md, schema `hogwild.model`), and
/// scoring with them. Nothing is collective; for threads see dataset.hpp.

namespace hogwild {

/// A trained linear classifier: score(x) = w . x + bias.
///
/// A model does not change after reading, so several threads may score with it at the same time.
class HOGWILD_EXPORT Model {
public:
    /// Reads a model file of one category. @throws Error no_input, bad_data.
    explicit Model(const std::string& path);
    /// Takes the model; `other` can only be assigned to or destroyed.
    Model(Model&& other) noexcept;
    /// Takes the model; `other` can only be assigned to or destroyed.
    Model& operator=(Model&& other) noexcept;
    ~Model();

    /// Scores one document, with the same arithmetic in the same order as `hogwild predict`: the
    /// score has the same bits if the features come in the same order.
    /// @param indices  columns as in the training dataset, from 0. A feature that is new to the
    /// model (not one of columns()) has weight 0.
    /// @param values   the features' values, as many as indices, as those of the training dataset:
    /// see prepare().
    /// @return the margin w . x + bias: above threshold() the document belongs to the category,
    ///         else it does not. Not finite if values or weights are too large for a double.
    /// @throws Error usage if indices and values differ in number.
    double score(std::span<const std::uint32_t> indices, std::span<const float> values) const;
    /// The same for a document of a dataset; its label is ignored.
    double score(const Row& row) const { return score(row.indices, row.values); }

    /// Makes of the values of a text those that the model scores: multiplies them by the inverse
    /// document frequencies of the training data (--idf) and divides them by their norm
    /// (--normalize), if that data was converted so. Not for documents of a converted dataset.
    /// @param indices  columns of all features of the document, also of those that are new.
    /// @param values   as many.
    /// @throws Error usage if indices and values differ in number, bad_data if a value becomes too
    ///         large for a float.
    void prepare(std::span<const std::uint32_t> indices, std::span<float> values) const;

    /// The probability that a document of this score belongs to the category, from 0 to 1, as
    /// `hogwild predict --probability` writes it: of the logistic loss directly, of other losses by
    /// Platt's calibration on held-out documents, of any with `--calibration isotonic` by isotonic
    /// regression on them.
    /// @return empty for a model of another loss that was trained without held-out documents.
    std::optional<double> probability(double score) const noexcept;

    /// The score above which a document belongs to the category: 0 unless `train --threshold` chose
    /// another one.
    double threshold() const noexcept;
    /// Number of columns of the training dataset.
    std::int64_t features() const noexcept;
    /// The id in the text of the feature in column 0: 1, or 0 for `--zero-based` datasets.
    std::int64_t feature_id_base() const noexcept;
    /// The columns that have a weight of their own, ascending: all of them, or in a model of wide
    /// data those that occur in the training set. The others have weight 0.
    std::span<const std::uint32_t> columns() const noexcept;
    /// The weights of columns(), in their order, all finite.
    std::span<const double> weights() const noexcept;
    /// The term added to every score; 0 for a model trained without bias.
    double bias() const noexcept;
    /// What the values of each training document were divided by: "none", "l2", "l1" or "max", as
    /// the converters' --normalize names it; empty for models of older programs, which do not say.
    /// Documents to score need the same.
    std::string normalization() const;
    /// Identifies the inverse document frequencies that they were multiplied by before (--idf), 16
    /// hexadecimal digits; empty: none. Documents to score need the same.
    std::string idf_digest() const;
    /// The topic that the model recognises; empty if the training data had labels.
    const std::string& category() const noexcept;
    /// "hinge" (linear support vector machine), "squared-hinge", "logistic" or "modified-huber".
    const std::string& loss() const noexcept;
    /// The regularizer's name (docs/objectives.md).
    const std::string& regularizer() const noexcept;
    /// The regularizer's weight, >= 0.
    double lambda() const noexcept;
    /// The strategy of the training, by the name of `--strategy`.
    const std::string& strategy() const noexcept;
    /// Ranks that trained it.
    std::int64_t ranks() const noexcept;
    /// Seed of the split and of the sampling.
    std::int64_t seed() const noexcept;
    /// "double" or "float": the weights' precision in memory during training.
    const std::string& precision() const noexcept;
    /// All settings of the training in effect, as an INI file for `hogwild train --config`.
    const std::string& options() const noexcept;
    /// Dataset::digest() of the training dataset, then of the test datasets.
    const std::vector<std::string>& dataset_digests() const noexcept;
    /// The program and version that wrote it.
    const std::string& program() const noexcept;
    /// Figures of the last evaluation by the names of the run log, such as "test_accuracy".
    const std::map<std::string, double>& metrics() const noexcept;
    /// Doubts about the model, a sentence each; empty for most models.
    const std::vector<std::string>& warnings() const noexcept;

private:
    struct Impl;
    std::unique_ptr<const Impl> impl_;
};

}  // namespace hogwild
