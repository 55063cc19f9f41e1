#pragma once
#include <mpi.h>

#include "mpi/communicator.hpp"

namespace hogwild::mpi {

/// All ranks of a run, the group of this rank, and the leaders of all groups, which communicate
/// with each other.
///
/// A group is the ranks that share memory, and with it one replica of the weights: those of a node
/// or, with several replicas per node, a part of them.
/// Built from any communicator, so that a part of all ranks can train on its own. Every
/// communicator returns error codes instead of aborting.
class Communicators {
public:
    /// A replica for each NUMA domain. A rank belongs to the domain of the core that it runs on, so
    /// ranks should be bound.
    static constexpr int kPerNumaDomain = 0;

    /// @param parent         duplicated; not owned.
    /// @param oversubscribed     other processes than those of `parent` use the same cores.
    /// @param replicas_per_node  number of groups into which a node's ranks are divided, in their
    ///                           order, or kPerNumaDomain; at most one group per rank.
    /// @note Collective over `parent`, here and in close(). The destructor never communicates.
    explicit Communicators(Communicator parent, bool oversubscribed = false,
                           int replicas_per_node = 1);
    Communicators(const Communicators&) = delete;
    Communicators& operator=(const Communicators&) = delete;
    void close();

    Communicator world() const noexcept { return world_; }
    int rank() const noexcept { return rank_; }
    int size() const noexcept { return size_; }

    /// The ranks that share memory with this one, itself included.
    Communicator group() const noexcept { return group_; }
    int group_rank() const noexcept { return group_rank_; }
    int group_size() const noexcept { return group_size_; }
    /// Number of nodes.
    int nodes() const noexcept { return nodes_; }
    /// Number of groups, at least one per node.
    int replicas() const noexcept { return replicas_; }
    bool is_leader() const noexcept { return group_rank_ == 0; }
    /// The first ranks of all groups, rank 0 first; MPI_COMM_NULL on all other ranks.
    Communicator leaders() const noexcept { return leaders_; }
    /// More ranks on this node than cores that they may use.
    bool oversubscribed() const noexcept { return oversubscribed_; }

private:
    MPI_Comm world_ = MPI_COMM_NULL;
    MPI_Comm group_ = MPI_COMM_NULL;
    MPI_Comm leaders_ = MPI_COMM_NULL;
    int rank_ = 0;
    int size_ = 1;
    int group_rank_ = 0;
    int group_size_ = 1;
    int nodes_ = 1;
    int replicas_ = 1;
    bool oversubscribed_ = false;
};

}  // namespace hogwild::mpi
