#pragma once
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "app/evaluate/category_parser.hpp"
#include "app/evaluate/evaluate_options.hpp"
#include "model/ranking.hpp"

namespace hogwild::app {

/// Scores that have met their labels.
struct LabelledScores {
    std::vector<model::LabelledScore> scores;
    std::int64_t unlabelled = 0;  ///< documents with a score and without a label, left out
    std::int64_t unscored = 0;    ///< documents of --data without a score
    std::optional<double> threshold = std::nullopt;  ///< the file's own
};

/// What a text of scores holds: those of one category, or predictions of several.
using TextScores = std::variant<LabelledScores, PredictedCategories>;

/// Reads the lines, and the labels of scores from where they are. Not collective.
/// @throws Error: no_input, bad_data, usage.
TextScores read_text_scores(const EvaluateOptions& options);

/// The column of --category of a matrix of scores. Not collective.
/// @throws Error: no_input, bad_data, usage.
LabelledScores read_matrix_column(const EvaluateOptions& options);

}  // namespace hogwild::app
