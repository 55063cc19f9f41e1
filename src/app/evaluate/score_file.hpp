#pragma once
#include <cstdint>
#include <vector>

#include "app/evaluate/evaluate_options.hpp"
#include "model/ranking.hpp"

namespace hogwild::app {

/// Scores that have met their labels.
struct LabelledScores {
    std::vector<model::LabelledScore> scores;
    std::int64_t unlabelled = 0;  ///< documents with a score and without a label, left out
    std::int64_t unscored = 0;    ///< documents of --data without a score
};

/// Reads the scores, and their labels from where they are. Not collective.
/// @throws Error: no_input, bad_data, usage.
LabelledScores read_labelled_scores(const EvaluateOptions& options);

}  // namespace hogwild::app
