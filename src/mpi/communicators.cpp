#include "mpi/communicators.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "mpi/collectives.hpp"
#include "mpi/error.hpp"
#include "mpi/topology.hpp"

namespace hogwild::mpi {
namespace {

/// Number of cores that the ranks of a node may use together. @note Collective.
int usable_cores(MPI_Comm node) {
    const std::vector<int> own = Topology::of_this_machine().own_cores();
    const std::int64_t numbers = max(node, own.empty() ? 0 : std::int64_t{own.back()} + 1);
    std::vector<char> usable(static_cast<std::size_t>(numbers));
    for (const int core : own) usable[static_cast<std::size_t>(core)] = 1;
    check(MPI_Allreduce(MPI_IN_PLACE, usable.data(), static_cast<int>(numbers), MPI_BYTE, MPI_BOR,
                        node),
          "MPI_Allreduce");
    return static_cast<int>(std::ranges::count(usable, 1));
}

/// The number, within its node, of the group to which this rank belongs.
int replica_of(int node_rank, int node_size, int replicas_per_node) {
    if (replicas_per_node == Communicators::kPerNumaDomain) {
        return Topology::of_this_machine().current_numa_domain();
    }
    const std::int64_t replicas = std::min(replicas_per_node, node_size);
    return static_cast<int>(node_rank * replicas / node_size);
}

int sum(MPI_Comm comm, int value) {
    check(MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_INT, MPI_SUM, comm), "MPI_Allreduce");
    return value;
}

/// A communicator of the ranks with the same color; MPI_COMM_NULL for MPI_UNDEFINED.
MPI_Comm split(MPI_Comm comm, int color, int key) {
    MPI_Comm part = MPI_COMM_NULL;
    check(MPI_Comm_split(comm, color, key, &part), "MPI_Comm_split");
    if (part == MPI_COMM_NULL) return part;
    check(MPI_Comm_set_errhandler(part, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
    return part;
}

}  // namespace

Communicators::Communicators(Communicator parent, bool oversubscribed, int replicas_per_node) {
    check(MPI_Comm_dup(parent, &world_), "MPI_Comm_dup");
    check(MPI_Comm_set_errhandler(world_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
    check(MPI_Comm_rank(world_, &rank_), "MPI_Comm_rank");
    check(MPI_Comm_size(world_, &size_), "MPI_Comm_size");
    check(MPI_Comm_split_type(world_, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &group_),
          "MPI_Comm_split_type");
    check(MPI_Comm_set_errhandler(group_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
    check(MPI_Comm_rank(group_, &group_rank_), "MPI_Comm_rank");
    check(MPI_Comm_size(group_, &group_size_), "MPI_Comm_size");
    oversubscribed_ = group_size_ > usable_cores(group_) || oversubscribed;
    nodes_ = sum(world_, is_leader() ? 1 : 0);
    if (replicas_per_node != 1) {
        const int replica = replica_of(group_rank_, group_size_, replicas_per_node);
        MPI_Comm whole_node = std::exchange(group_, MPI_COMM_NULL);
        group_ = split(whole_node, replica, rank_);
        check(MPI_Comm_free(&whole_node), "MPI_Comm_free");
        check(MPI_Comm_rank(group_, &group_rank_), "MPI_Comm_rank");
        check(MPI_Comm_size(group_, &group_size_), "MPI_Comm_size");
    }
    replicas_ = sum(world_, is_leader() ? 1 : 0);
    leaders_ = split(world_, is_leader() ? 0 : MPI_UNDEFINED, rank_);
}

void Communicators::close() {
    if (world_ == MPI_COMM_NULL) return;
    if (leaders_ != MPI_COMM_NULL) check(MPI_Comm_free(&leaders_), "MPI_Comm_free");
    check(MPI_Comm_free(&group_), "MPI_Comm_free");
    check(MPI_Comm_free(&world_), "MPI_Comm_free");
}

}  // namespace hogwild::mpi
