#include "mpi/communicators.hpp"

#include <sched.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "mpi/error.hpp"

namespace hogwild::mpi {
namespace {

/// Cores that the ranks of a node may use between them. Collective.
int usable_cores(MPI_Comm node) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    sched_getaffinity(0, sizeof cores, &cores);
    check(MPI_Allreduce(MPI_IN_PLACE, &cores, sizeof cores, MPI_BYTE, MPI_BOR, node),
          "MPI_Allreduce");
    return CPU_COUNT(&cores);
}

/// Which window of its node a rank belongs to.
int window_of(int node_rank, int node_size, int windows_per_node) {
    if (windows_per_node == Communicators::kPerNumaDomain) {
        unsigned core = 0;
        unsigned domain = 0;
        return getcpu(&core, &domain) == 0 ? static_cast<int>(domain) : 0;
    }
    const std::int64_t windows = std::min(windows_per_node, node_size);
    return static_cast<int>(node_rank * windows / node_size);
}

int sum(MPI_Comm comm, int value) {
    check(MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_INT, MPI_SUM, comm), "MPI_Allreduce");
    return value;
}

/// The ranks with the same color; with MPI_UNDEFINED none.
MPI_Comm split(MPI_Comm comm, int color, int key) {
    MPI_Comm part = MPI_COMM_NULL;
    check(MPI_Comm_split(comm, color, key, &part), "MPI_Comm_split");
    if (part == MPI_COMM_NULL) return part;
    check(MPI_Comm_set_errhandler(part, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
    return part;
}

}  // namespace

Communicators::Communicators(Communicator parent, bool oversubscribed, int windows_per_node) {
    check(MPI_Comm_dup(parent, &world_), "MPI_Comm_dup");
    check(MPI_Comm_set_errhandler(world_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
    check(MPI_Comm_rank(world_, &rank_), "MPI_Comm_rank");
    check(MPI_Comm_size(world_, &size_), "MPI_Comm_size");
    check(MPI_Comm_split_type(world_, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &node_),
          "MPI_Comm_split_type");
    check(MPI_Comm_set_errhandler(node_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
    check(MPI_Comm_rank(node_, &node_rank_), "MPI_Comm_rank");
    check(MPI_Comm_size(node_, &node_size_), "MPI_Comm_size");
    oversubscribed_ = node_size_ > usable_cores(node_) || oversubscribed;
    nodes_ = sum(world_, leads() ? 1 : 0);
    if (windows_per_node != 1) {
        const int window = window_of(node_rank_, node_size_, windows_per_node);
        MPI_Comm whole_node = std::exchange(node_, MPI_COMM_NULL);
        node_ = split(whole_node, window, rank_);
        check(MPI_Comm_free(&whole_node), "MPI_Comm_free");
        check(MPI_Comm_rank(node_, &node_rank_), "MPI_Comm_rank");
        check(MPI_Comm_size(node_, &node_size_), "MPI_Comm_size");
    }
    windows_ = sum(world_, leads() ? 1 : 0);
    leaders_ = split(world_, leads() ? 0 : MPI_UNDEFINED, rank_);
}

void Communicators::close() {
    if (world_ == MPI_COMM_NULL) return;
    if (leaders_ != MPI_COMM_NULL) check(MPI_Comm_free(&leaders_), "MPI_Comm_free");
    check(MPI_Comm_free(&node_), "MPI_Comm_free");
    check(MPI_Comm_free(&world_), "MPI_Comm_free");
}

}  // namespace hogwild::mpi
