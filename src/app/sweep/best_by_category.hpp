#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "app/sweep/sweep_options.hpp"
#include "app/sweep/sweep_state.hpp"
#include "app/sweep/sweep_table.hpp"

/// `sweep --best-by-category`: of several values of lambda the best one for each category.
namespace hogwild::app {

/// Which point is best for a category.
struct CategoryChoice {
    std::string category;
    std::int64_t point = 0;
    bool own = true;  ///< by its own figures; else it has none, and the point is the best for all
};

/// That every training can read --category-settings; with --best-by-category that lambda is all
/// that varies, and has numbers alone. @throws Error: usage. @pre Grid::check()
void check_category_options(const SweepOptions& options);

/// Whether a training that is done lacks what a choice by category needs: a program before this
/// one kept no figures of single categories.
bool lacks_figures(const SweepOptions& options, const Outcome& outcome);

/// For each category the point with the best mean of what is selected by, among the points whose
/// repetitions are all VALID and have it for this category; of equal points the one with the
/// largest lambda.
/// @param trainings  point by point. @param best  the best point for all categories.
std::vector<CategoryChoice> choose_by_category(const SweepOptions& options,
                                               const std::vector<Training>& trainings,
                                               std::int64_t best);

/// For `train --category-settings`.
std::string category_settings_csv(const SweepOptions& options,
                                  const std::vector<CategoryChoice>& choices);

/// For people: how many categories got which lambda, and how to train with these.
/// @param best  as choose_by_category().
std::string category_choice_text(const SweepOptions& options,
                                 const std::vector<CategoryChoice>& choices, std::int64_t best);

}  // namespace hogwild::app
