#pragma once
#include <cstdint>
#include <string>

#include "mpi/topology.hpp"

namespace hogwild::app {

/// The machine that this process runs on, for reports.
struct Machine {
    std::string cpu;                    ///< model name
    int cores = 1;                      ///< that the system lets this process have
    std::int64_t last_level_cache = 0;  ///< bytes of one
    int last_level_caches = 1;          ///< how many there are
};
Machine machine_of(const mpi::Topology& topology);

}  // namespace hogwild::app
