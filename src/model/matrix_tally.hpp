#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "model/class_confusion.hpp"
#include "model/evaluation.hpp"
#include "model/label_ranking.hpp"

namespace hogwild::model {

/// Sums over the evaluated documents for one output. They can be added.
struct OutputTally {
    std::int64_t positives = 0;            ///< documents labelled +1
    std::int64_t predicted_positives = 0;  ///< documents for which the decision predicts it
    std::int64_t true_positives = 0;       ///< documents that are both

    // Sums over documents times their weights (their own, not those of their class).
    double positive_weight = 0.0;
    double predicted_weight = 0.0;
    double true_positive_weight = 0.0;
    double loss = 0.0;
    double positive_loss = 0.0;  ///< of documents labelled +1; part of the loss
    double penalty = 0.0;        ///< as Tally::Weighted::penalty
    double positive_penalty = 0.0;

    static constexpr std::size_t kNumbers = 10;
    OutputTally& operator+=(const OutputTally& other) noexcept;
};

/// Sums over evaluated documents for all outputs: of one block, of one rank, or of all ranks. They
/// can be added.
struct MatrixTally {
    std::int64_t documents = 0;
    double weight = 0.0;         ///< of the documents
    double exact_matches = 0.0;  ///< weight of documents whose labels are predicted, and no others
    LabelRankingSums ranking;
    std::vector<OutputTally> outputs;
    ClassConfusion confusion;  ///< with Decision::highest

    explicit MatrixTally(std::size_t n_outputs = 0) : outputs(n_outputs) {}

    /// The tally of one output as that of a model of its own.
    Tally of(std::size_t output) const noexcept;
    /// The sums as numbers, for sending, without the confusion. Exact, since counts stay below
    /// 2^53. As many for every tally of as many outputs.
    std::vector<double> pack() const;
    static MatrixTally unpack(std::span<const double> numbers);
    /// @param other  of as many outputs.
    MatrixTally& operator+=(const MatrixTally& other) noexcept;
};

}  // namespace hogwild::model
