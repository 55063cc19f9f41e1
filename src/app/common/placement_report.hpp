#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "mpi/placement.hpp"

namespace hogwild::app {

/// By rank, for the log.
nlohmann::ordered_json placement_json(const std::vector<mpi::Placement>& placements);

/// For people: a line per rank or group of ranks in the same place; with very many, one per node.
std::string placement_table(const std::vector<mpi::Placement>& placements);

/// What costs speed and how to change it, a line each: ranks that share cores, and ranks that are
/// not bound although there are enough cores. Mostly empty.
std::string placement_advice(const std::vector<mpi::Placement>& placements);

}  // namespace hogwild::app
