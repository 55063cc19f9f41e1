#pragma once
#include <mpi.h>

#include <string>
#include <vector>

namespace hogwild::mpi {

/// Where a rank may run.
struct Placement {
    std::string host;
    int node = 0;                   ///< the lowest rank that shares memory with it
    std::vector<int> cores;         ///< that the system may put it on (affinity), ascending
    std::vector<int> numa_domains;  ///< of these cores, ascending
};

/// Of all ranks in rank order, on rank 0; empty elsewhere. @note Collective over `world`.
std::vector<Placement> gather_placements(MPI_Comm world);

/// The ranks of one node together.
struct NodePlacement {
    std::string host;
    std::vector<int> ranks;
    std::vector<int> cores;         ///< that any of them may run on
    std::vector<int> numa_domains;  ///< of these
    bool overlap = false;           ///< some core is open to several ranks
    bool crowded() const noexcept { return ranks.size() > cores.size(); }
};

/// In the order of the lowest ranks.
std::vector<NodePlacement> by_node(const std::vector<Placement>& placements);

}  // namespace hogwild::mpi
