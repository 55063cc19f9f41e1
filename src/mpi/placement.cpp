#include "mpi/placement.hpp"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "mpi/collectives.hpp"
#include "mpi/environment.hpp"
#include "mpi/error.hpp"
#include "mpi/topology.hpp"

namespace hogwild::mpi {
namespace {

using Json = nlohmann::json;

void merge(std::vector<int>& into, const std::vector<int>& numbers) {
    std::vector<int> all;
    std::ranges::set_union(into, numbers, std::back_inserter(all));
    into = std::move(all);
}

bool intersect(const std::vector<int>& a, const std::vector<int>& b) {
    return std::ranges::any_of(a, [&](int n) { return std::ranges::binary_search(b, n); });
}

/// The lowest rank of `world` that shares memory with this one.
int find_node(MPI_Comm world) {
    int rank = 0;
    check(MPI_Comm_rank(world, &rank), "MPI_Comm_rank");
    MPI_Comm node = MPI_COMM_NULL;
    check(MPI_Comm_split_type(world, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &node),
          "MPI_Comm_split_type");
    const std::int64_t lowest = broadcast(node, 0, std::int64_t{rank});
    check(MPI_Comm_free(&node), "MPI_Comm_free");
    return static_cast<int>(lowest);
}

std::string packed(const Placement& p) {
    std::string bytes;
    Json::to_cbor({p.host, p.node, p.cores, p.numa_domains}, bytes);
    return bytes;
}

/// The next of several in a row.
Placement unpacked(std::istream& in) {
    const Json values = Json::from_cbor(in, false);
    return {values.at(0), values.at(1), values.at(2), values.at(3)};
}

}  // namespace

std::vector<Placement> gather_placements(MPI_Comm world) {
    const Topology& machine = Topology::of_this_machine();
    Placement own{host_name(), find_node(world), machine.own_cores(), {}};
    own.numa_domains = machine.numa_domains_of(own.cores);
    std::istringstream in(gather_text(world, packed(own)));
    std::vector<Placement> all;
    while (in.peek() != EOF) all.push_back(unpacked(in));
    return all;
}

std::vector<NodePlacement> by_node(const std::vector<Placement>& placements) {
    std::vector<NodePlacement> nodes;
    std::vector<int> lowest;
    for (std::size_t rank = 0; rank < placements.size(); ++rank) {
        const Placement& p = placements[rank];
        const auto at = std::ranges::find(lowest, p.node) - lowest.begin();
        if (at == std::ssize(lowest)) {
            lowest.push_back(p.node);
            nodes.push_back({p.host, {}, {}, {}, false});
        }
        NodePlacement& node = nodes[static_cast<std::size_t>(at)];
        node.overlap = node.overlap || intersect(node.cores, p.cores);
        node.ranks.push_back(static_cast<int>(rank));
        merge(node.cores, p.cores);
        merge(node.numa_domains, p.numa_domains);
    }
    return nodes;
}

}  // namespace hogwild::mpi
