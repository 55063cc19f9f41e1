#pragma once
#include <cstdint>
#include <map>
#include <memory>
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
/// Once it is read it does not change: threads may score with the same model at the same time.
class HOGWILD_EXPORT Model {
public:
    /// Reads a model file. @throws Error no_input, bad_data.
    explicit Model(const std::string& path);
    /// Takes the model; `other` can only be assigned to or destroyed.
    Model(Model&& other) noexcept;
    /// Takes the model; `other` can only be assigned to or destroyed.
    Model& operator=(Model&& other) noexcept;
    ~Model();

    /// Scores one document, with the same arithmetic in the same order as `hogwild predict`: the
    /// score is equal to the last bit where the features come in the same order.
    /// @param indices  columns as in the training dataset, from 0. A feature that the model has
    ///                 never seen (index >= features()) weighs nothing.
    /// @param values   the features' values, as many as indices.
    /// @return the margin w . x + bias: above 0 the document belongs to the category, below 0 it
    ///         does not. Not finite where values or weights are too large for a double.
    /// @throws Error usage where indices and values differ in number.
    double score(std::span<const std::uint32_t> indices, std::span<const float> values) const;
    /// The same for a document of a dataset; its label is not looked at.
    double score(const Row& row) const { return score(row.indices, row.values); }

    /// Columns that the model has a weight for, those of its training dataset.
    std::int64_t features() const noexcept;
    /// The weight of every column, features() of them, all finite.
    std::span<const double> weights() const noexcept;
    /// What is added to every score; 0 for a model that was trained without.
    double bias() const noexcept;
    /// The topic that the model tells from all others; empty where the training data had labels of
    /// its own.
    const std::string& category() const noexcept;
    /// "hinge" (linear support vector machine) or "logistic".
    const std::string& loss() const noexcept;
    /// The regularizer's name (docs/objectives.md).
    const std::string& regularizer() const noexcept;
    /// The regularizer's weight, >= 0.
    double lambda() const noexcept;
    /// How the ranks that trained it worked together, by the name of `--strategy`.
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
    /// What is doubtful about the model, a sentence each; empty for most.
    const std::vector<std::string>& warnings() const noexcept;

private:
    struct Impl;
    std::unique_ptr<const Impl> impl_;
};

}  // namespace hogwild
