#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

struct hwloc_topology;  // <hwloc.h> stays in the source file

namespace hogwild::mpi {

/// A machine's cores, caches and NUMA domains, as hwloc finds them: only those that the system lets
/// this process have (cgroups). A core is what the system calls a CPU: a hardware thread.
class Topology {
public:
    /// Found at the first call, which takes about a millisecond on a small machine, and kept.
    /// @throws std::system_error.
    static const Topology& of_this_machine();
    /// @param synthetic  another machine, in hwloc's words, "numa:2 core:4 pu:1": for tests.
    explicit Topology(const std::string& synthetic = "");

    std::string cpu_name() const;
    int cores() const;

    struct Caches {
        std::int64_t bytes = 0;  ///< of the largest one; 0 where unknown
        int number = 0;
    };
    /// The caches that are farthest from the cores.
    Caches last_level_caches() const;

    /// Cores that the system may put this thread on (affinity), ascending.
    std::vector<int> own_cores() const;
    /// The NUMA domains that hold any of these cores, ascending.
    std::vector<int> numa_domains_of(const std::vector<int>& cores) const;
    /// The NUMA domain of the core that this thread ran on just now.
    int current_numa_domain() const;
    /// Lets the system put this thread on any core, also where the launcher has bound it to some.
    /// Where that is not allowed, it stays.
    void allow_all_cores() const noexcept;

private:
    struct Destroy {
        void operator()(hwloc_topology* topology) const noexcept;
    };
    std::unique_ptr<hwloc_topology, Destroy> topology_;
};

/// Numbers as the system writes lists of cores, "0-3,8".
std::string to_list(const std::vector<int>& numbers);

}  // namespace hogwild::mpi
