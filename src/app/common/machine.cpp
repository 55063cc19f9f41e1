#include "app/common/machine.hpp"

#include <unistd.h>

#include <algorithm>

namespace hogwild::app {
namespace {

/// Of one cache, where hwloc finds none: virtual machines and containers may hide them from it.
std::int64_t guessed_cache() {
    const std::int64_t bytes =
        std::max(sysconf(_SC_LEVEL3_CACHE_SIZE), sysconf(_SC_LEVEL2_CACHE_SIZE));
    return bytes > 0 ? bytes : std::int64_t{32} << 20;  // common among servers
}

}  // namespace

Machine machine_of(const mpi::Topology& topology) {
    const auto [bytes, number] = topology.last_level_caches();
    return {topology.cpu_name(), topology.cores(), bytes > 0 ? bytes : guessed_cache(),
            std::max(1, number)};
}

}  // namespace hogwild::app
