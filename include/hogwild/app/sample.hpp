#pragma once
#include <cstdint>
#include <vector>

#include "hogwild/data/rows.hpp"
#include "hogwild/mpi/communicators.hpp"

namespace hogwild::app {

/// Documents of a random sample, of which every rank holds some.
struct Sample {
    data::Rows rows;
    std::vector<std::int64_t> places;  ///< of each in the sample, which is in random order
};

/// The sampled documents of all ranks on rank 0, by their places, so that the ranks on which they
/// were make no difference; empty on the others.
/// @param own  the places of all ranks are 0, 1, 2, …, each once.
/// @throws AgreedError. @note Collective over `comms.world()`.
data::Rows gather(const Sample& own, const mpi::Communicators& comms);

}  // namespace hogwild::app
