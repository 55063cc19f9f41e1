#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "app/sweep/sweep_options.hpp"
#include "app/sweep/sweep_state.hpp"

namespace hogwild::app {

/// One point of the grid with one seed.
struct Training {
    std::int64_t point = 0;
    std::int64_t repetition = 0;
    std::int64_t seed = 0;
    std::string key;  ///< where it is known
    Outcome outcome;
};

TrainOptions options_of(const SweepOptions& sweep, const Training& training);
/// "--lambda 1e-4 --seed 1".
std::string name_of(const SweepOptions& sweep, const Training& training);

/// Mean and sample standard deviation; not a number where there are too few.
struct Spread {
    double mean;
    double deviation;
};

/// The repetitions of a point, by their last validation. Test results have no say.
struct PointSummary {
    std::int64_t point = 0;
    Spread objective{};
    Spread accuracy{};
    Spread selected{};           ///< of what is selected by
    double train_seconds = 0.0;  ///< mean
    std::int64_t valid = 0;
    std::int64_t total = 0;
    bool eligible = false;  ///< all repetitions are VALID and have what is selected by
};

/// Best first: the eligible points by the mean of what is selected by (of equal ones the first in
/// the grid), then the others.
/// @param trainings  point by point.
std::vector<PointSummary> rank_points(const std::vector<Training>& trainings,
                                      model::Measure select);

/// For people: a row per point, the best marked, and how to train it again.
std::string sweep_table(const SweepOptions& options, const std::vector<PointSummary>& ranked);

/// For programs: a row per training (RFC 4180, but with plain newlines).
std::string sweep_csv(const SweepOptions& options, const std::vector<Training>& trainings);

}  // namespace hogwild::app
