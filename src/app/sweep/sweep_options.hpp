#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "app/sweep/sweep_grid.hpp"
#include "app/train/option_names.hpp"
#include "io/file_plan.hpp"

namespace hogwild::app {

/// `--points 2/3`: every third point, from the second on.
struct Share {
    std::int64_t index = 0;  ///< from 0
    std::int64_t count = 1;

    bool whole() const noexcept { return count == 1; }
    bool holds(std::int64_t point) const noexcept { return point % count == index; }
};

/// The options of `hogwild sweep`.
struct SweepOptions {
    Grid grid;  ///< from the options of `train`
    std::int64_t repetitions = 1;
    std::int64_t ranks_per_point = 1;
    model::Measure select = model::Measure::objective;
    std::string csv;
    std::string best;
    std::string best_by_category;  ///< CSV of the best lambda for each category; empty: none
    std::string state;
    Share share;
    data::Switch lambda_path = data::Switch::on;     ///< see path_place()
    data::Switch lambda_columns = data::Switch::on;  ///< see path_place()
    std::vector<std::string> merge;                  ///< states to join instead of training
    bool quiet = false;
    bool force = false;  ///< replace foreign files
    io::FilePlan files;  ///< the sweep's own; those of its trainings are in theirs
};

/// Parses the command line after `sweep`, and the file of --config. Does not check the
/// points, see Grid::check(). @throws Error: usage, no_input.
SweepOptions parse_sweep_options(const std::vector<std::string>& arguments);

/// The sweep's own options, for --help.
cli::CommandHelp sweep_help();

}  // namespace hogwild::app
