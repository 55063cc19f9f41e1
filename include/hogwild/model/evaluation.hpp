#pragma once
#include <array>
#include <cstdint>
#include <span>

#include "hogwild/model/gradient.hpp"

namespace hogwild::model {

/// Sums over evaluated documents: of one block, one rank or all. They add up.
struct Tally {
    std::int64_t positives = 0;
    std::int64_t negatives = 0;
    std::int64_t correct_positives = 0;
    std::int64_t correct_negatives = 0;
    double loss = 0.0;
    double penalty = 0.0;  ///< the regularizer's per-document terms, lambda left out

    std::int64_t documents() const noexcept { return positives + negatives; }
    /// The sums as numbers, for sending; exact, as counts stay below 2^53.
    static constexpr std::size_t kNumbers = 6;
    std::array<double, kNumbers> pack() const noexcept;
    static Tally unpack(std::span<const double, kNumbers> numbers) noexcept;
    Tally& operator+=(const Tally& other) noexcept;
};

/// Adds the documents of `rows` to a tally.
///
/// A prediction is the sign of w . x (plus bias); 0 counts as wrong.
/// @param w  objective.n_weights() weights, bias last.
void evaluate(const Objective& objective, std::span<const double> w, const data::Rows& rows,
              Tally& tally);

/// The figures that people read. Not a number where there is no document to count.
struct Metrics {
    double objective = 0.0;  ///< mean loss + regularizer
    double loss = 0.0;       ///< mean loss
    double accuracy = 0.0;
    double accuracy_positive = 0.0;
    double accuracy_negative = 0.0;
    std::int64_t documents = 0;
};
Metrics metrics_of(const Objective& objective, std::span<const double> w, const Tally& tally);

}  // namespace hogwild::model
