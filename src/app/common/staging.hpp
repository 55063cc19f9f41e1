#pragma once
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "data/partition.hpp"
#include "io/dataset.hpp"
#include "mpi/communicators.hpp"

namespace hogwild::app {

/// Rows of a dataset that this rank is going to read.
struct RowsToRead {
    io::Dataset* dataset;
    std::vector<data::Range> rows;  ///< ascending
};

/// Copies the files that hold these rows to a folder of the node, one rank a node and each file
/// once; from then on the datasets read them from there. What they say of themselves (name, paths,
/// digest) remains the original's.
/// @param wanted   of the same datasets in the same order on all ranks.
/// @param between  called between blocks of the copy; may throw to end it.
/// @return         on rank 0, for the log: what each node has, and how much was copied now.
/// @throws CollectiveError. @note Collective over `comms.world()`.
nlohmann::ordered_json stage(const std::string& directory, const std::vector<RowsToRead>& wanted,
                             const mpi::Communicators& comms,
                             const std::function<void()>& between = {});

/// What `stage` returned, for people: a line per node.
std::string staging_table(const nlohmann::ordered_json& nodes);

}  // namespace hogwild::app
