#pragma once
#include <cstdint>
#include <vector>

#include "data/rows.hpp"
#include "mpi/communicators.hpp"

namespace hogwild::app {

/// Documents of a random sample, which is distributed over the ranks.
struct Sample {
    data::Rows rows;
    std::vector<std::int64_t> places;  ///< of each in a random order of the sample

    /// The numbers of the rows in that order, in which the ranks on which they were make no
    /// difference. @pre the places are 0, 1, 2, …, each once.
    std::vector<std::uint32_t> order() const;
};

/// The sampled documents of all ranks on rank 0; empty on the others.
/// @param own  the places of all ranks are 0, 1, 2, …, each once.
/// @throws CollectiveError. @note Collective over `comms.world()`.
Sample gather(Sample own, const mpi::Communicators& comms);

}  // namespace hogwild::app
