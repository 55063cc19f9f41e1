#pragma once
#include <mpi.h>

#include <string>
#include <vector>

namespace hogwild::mpi {

/// The cores on which a rank may run.
struct Placement {
    std::string host;
    int node = 0;                   ///< the lowest rank that shares memory with it
    std::vector<int> cores;         ///< that the system may put it on (affinity), ascending
    std::vector<int> numa_domains;  ///< of these cores, ascending
};

/// The placements of all ranks in rank order, on rank 0; empty on other ranks.
/// @note Collective over `world`.
std::vector<Placement> gather_placements(MPI_Comm world);

/// The placement of the ranks of one node.
struct NodePlacement {
    std::string host;
    std::vector<int> ranks;
    std::vector<int> cores;         ///< on which any of them may run
    std::vector<int> numa_domains;  ///< of these cores
    bool overlap = false;           ///< several ranks may run on the same core
    bool crowded() const noexcept { return ranks.size() > cores.size(); }
};

/// Groups placements by node, in the order of the lowest ranks.
std::vector<NodePlacement> by_node(const std::vector<Placement>& placements);

}  // namespace hogwild::mpi
