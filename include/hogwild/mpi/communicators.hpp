#pragma once
#include <mpi.h>

namespace hogwild::mpi {

/// The ranks that work together, and those of them that share memory.
///
/// Built from any communicator, so that a part of all ranks can train on its own. Every
/// communicator returns error codes instead of aborting.
class Communicators {
public:
    /// @param parent         duplicated; not owned.
    /// @param oversubscribed  what the ranks cannot see: others, outside `parent`, use their cores.
    /// @note Collective over `parent`, here and in close(). The destructor never communicates.
    explicit Communicators(MPI_Comm parent, bool oversubscribed = false);
    Communicators(const Communicators&) = delete;
    Communicators& operator=(const Communicators&) = delete;
    void close();

    MPI_Comm world() const noexcept { return world_; }
    int rank() const noexcept { return rank_; }
    int size() const noexcept { return size_; }

    /// The ranks of this one's node.
    MPI_Comm node() const noexcept { return node_; }
    int node_rank() const noexcept { return node_rank_; }
    int node_size() const noexcept { return node_size_; }
    /// Number of nodes.
    int nodes() const noexcept { return nodes_; }
    /// More ranks on this node than cores that they may use.
    bool oversubscribed() const noexcept { return oversubscribed_; }

private:
    MPI_Comm world_ = MPI_COMM_NULL;
    MPI_Comm node_ = MPI_COMM_NULL;
    int rank_ = 0;
    int size_ = 1;
    int node_rank_ = 0;
    int node_size_ = 1;
    int nodes_ = 1;
    bool oversubscribed_ = false;
};

}  // namespace hogwild::mpi
