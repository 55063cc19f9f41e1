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
    std::vector<int> numa_domains;  ///< of these cores, ascending; empty where that is unknown
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

/// Numbers as the system writes lists of cores, "0-3,8", and back. What is no number ends a list.
std::string to_list(const std::vector<int>& numbers);
std::vector<int> from_list(const std::string& text);

/// The NUMA domains that hold any of these cores. @param sys  the system's folder of domains.
std::vector<int> numa_domains_of(const std::vector<int>& cores,
                                 const std::string& sys = "/sys/devices/system/node");

}  // namespace hogwild::mpi
