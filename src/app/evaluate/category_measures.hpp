#pragma once
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "app/common/report.hpp"
#include "app/evaluate/category_parser.hpp"
#include "app/evaluate/evaluate_options.hpp"

namespace hogwild::app {

/// All that `hogwild evaluate` finds out about several categories.
struct MeasuredCategories {
    CategoryResults results;    ///< of the test documents
    bool all_scores = true;     ///< else predictions are known, and no other scores
    std::int64_t unscored = 0;  ///< documents of --data without predictions, left out
};

/// Measures a matrix of scores. Reads it in blocks of rows, then column by column, and holds one of
/// these, the labels and the ids. Not collective. @throws Error: no_input, bad_data, usage.
MeasuredCategories measure_matrix(const EvaluateOptions& options);

/// Measures predictions without scores. Not collective. @throws Error: no_input, bad_data, usage.
MeasuredCategories measure_predictions(const EvaluateOptions& options,
                                       PredictedCategories predictions);

/// For people: averages over the categories, and a line for the most frequent ones.
std::string category_measures_text(const MeasuredCategories& measured,
                                   const EvaluateOptions& options);
/// For programs (docs/output.md). A number that is not finite is written as null.
nlohmann::ordered_json category_measures_json(const MeasuredCategories& measured,
                                              const EvaluateOptions& options);

}  // namespace hogwild::app
