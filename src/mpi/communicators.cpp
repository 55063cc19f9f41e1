#include "hogwild/mpi/communicators.hpp"

#include <sched.h>

#include "hogwild/mpi/error.hpp"

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

}  // namespace

Communicators::Communicators(MPI_Comm parent, bool oversubscribed) {
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
    const int leads = node_rank_ == 0 ? 1 : 0;
    check(MPI_Allreduce(&leads, &nodes_, 1, MPI_INT, MPI_SUM, world_), "MPI_Allreduce");
}

void Communicators::close() {
    if (world_ == MPI_COMM_NULL) return;
    check(MPI_Comm_free(&node_), "MPI_Comm_free");
    check(MPI_Comm_free(&world_), "MPI_Comm_free");
}

}  // namespace hogwild::mpi
