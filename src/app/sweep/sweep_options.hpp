#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "app/sweep/sweep_grid.hpp"
#include "data/enum_names.hpp"
#include "io/file_plan.hpp"

namespace hogwild::app {

/// `--points 2/3`: every third point, from the second on.
struct Share {
    std::int64_t index = 0;  ///< from 0
    std::int64_t count = 1;

    bool whole() const noexcept { return count == 1; }
    bool holds(std::int64_t point) const noexcept { return point % count == index; }
};

/// The criterion that selects the best point.
enum class Selection { objective, accuracy };

/// The options of `hogwild sweep`.
struct SweepOptions {
    Grid grid;  ///< from the options of `train`
    std::int64_t repetitions = 1;
    std::int64_t ranks_per_point = 1;
    Selection select = Selection::objective;
    std::string csv;
    std::string best;
    std::string state;
    Share share;
    std::vector<std::string> merge;  ///< states to join instead of training
    bool quiet = false;
    bool force = false;  ///< replace foreign files
    io::FilePlan files;  ///< the sweep's own; those of its trainings are in theirs

    bool by_accuracy() const { return select == Selection::accuracy; }
};

/// Parses the command line after `sweep`, and the file of --config. Does not check the
/// points, see Grid::check(). @throws Error: usage, no_input.
SweepOptions parse_sweep_options(const std::vector<std::string>& arguments);

/// The sweep's own options, for --help.
cli::CommandHelp sweep_help();

}  // namespace hogwild::app

template <>
struct hogwild::data::EnumTable<hogwild::app::Selection> {
    using Selection = app::Selection;
    static constexpr EnumName<Selection> kRows[] = {{Selection::objective, "objective"},
                                                    {Selection::accuracy, "accuracy"}};
};
