#pragma once
#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "model/measures.hpp"

namespace hogwild::app {

/// All that `hogwild evaluate` finds out.
struct MeasuredScores {
    double threshold = 0.0;
    std::int64_t unlabelled = 0;  ///< documents without a label, which are left out
    model::Confusion confusion;
    model::Estimate auc;
    model::Estimate average_precision;
    std::optional<model::BestThreshold> best;
    /// Of probabilities.
    std::optional<model::ProbabilityMeasures> probability;
    std::array<model::ReliabilityBin, model::kReliabilityBins> reliability;
};

/// @param probability  whether the scores are probabilities.
MeasuredScores measure_scores(std::vector<model::LabelledScore> scores, double threshold,
                              bool probability);

/// For people: confusion matrix, a line per measure, and the reliability of probabilities.
std::string measures_text(const MeasuredScores& measured);
/// The row of the log for programs (docs/output.md), up to the measures themselves.
nlohmann::ordered_json measures_row(std::int64_t documents);
/// For programs. A number that is not finite is written as null.
nlohmann::ordered_json measures_json(const MeasuredScores& measured);

}  // namespace hogwild::app
