#pragma once
#include <mpi.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "data/partition.hpp"
#include "mpi/collectives.hpp"
#include "mpi/communicators.hpp"
#include "mpi/error.hpp"
#include "train/context.hpp"

namespace hogwild::train::downpour {

enum Tag : int {
    kPush,      ///< worker to server: a DeltaMessage for each server of a group; forwarded singly
    kFetch,     ///< worker to server, empty: asks for the blocks of a group
    kFetchFor,  ///< server to server: worker (int64) that asks for the block
    kPart,      ///< server to server: worker (int64), version (int64), the block
    kWeights,   ///< server to worker: for each server of a group version (int64), then the block
    kEnd,       ///< worker to server, empty: the round is over; forwarded
    kGo         ///< rank 0 to the other workers, empty: the warm start is over
};

/// Number of ranks that process documents: all but the servers. A single rank is both.
inline int downpour_workers(const DownpourPlan& plan, int ranks) {
    return ranks > 1 ? ranks - plan.servers : ranks;
}

/// Servers that a worker reaches through one of them.
struct ServerGroup {
    int first = 0;    ///< server
    int end = 0;      ///< server
    int gateway = 0;  ///< the rank that the worker exchanges messages with
    bool remote = false;
};

/// The ranks that hold blocks, the ranks that work, and the ranks that exchange messages. Servers
/// are the last ranks; a single rank is both. Direct: every worker exchanges messages with every
/// server. Node-aware: consecutive servers on a remote node have one gateway, which forwards
/// messages, so that one message crosses the network for all of them. The worker's number decides
/// which server is its gateway.
class Topology {
public:
    /// @note Collective over comms.world().
    Topology(const TrainingContext& context, const mpi::Communicators& comms)
        : shape(context.objective.shape),
          workers(downpour_workers(context.downpour, comms.size())),
          servers(comms.size() == 1 ? 1 : comms.size() - workers),
          rank(comms.rank()),
          alone(comms.size() == 1),
          many_nodes(comms.replicas() > 1),
          node_aware_(context.node_aware),
          node_of_(static_cast<std::size_t>(comms.size())) {
        const auto node = static_cast<int>(mpi::broadcast(comms.group(), 0, std::int64_t{rank}));
        mpi::check(MPI_Allgather(&node, 1, MPI_INT, node_of_.data(), 1, MPI_INT, comms.world()),
                   "MPI_Allgather");
    }

    bool works() const noexcept { return rank < workers; }
    bool serves() const noexcept { return alone || rank >= workers; }
    int server_rank(int server) const noexcept { return alone ? 0 : workers + server; }
    /// Number of the server on a rank that serves.
    int server_of(int its_rank) const noexcept { return alone ? 0 : its_rank - workers; }
    /// The weights that a server holds.
    data::Range block(int server) const {
        return data::equal_part(static_cast<std::int64_t>(shape.size()), servers, server);
    }
    bool remote(int a, int b) const noexcept { return node(a) != node(b); }

    /// All servers, in the groups through which this worker reaches them.
    std::vector<ServerGroup> groups(int worker) const {
        std::vector<ServerGroup> all;
        for (int s = 0; s < servers; s = all.back().end) all.push_back(group_of(worker, s));
        return all;
    }
    /// The group of a server.
    ServerGroup group_of(int worker, int server) const {
        const int its_rank = server_rank(server);
        ServerGroup group{server, server + 1, its_rank, remote(worker, its_rank)};
        if (!node_aware_ || !group.remote) return group;
        const auto together = [&](int s) { return !remote(server_rank(s), its_rank); };
        while (group.first > 0 && together(group.first - 1)) --group.first;
        while (group.end < servers && together(group.end)) ++group.end;
        group.gateway = server_rank(group.first + worker % (group.end - group.first));
        return group;
    }

    model::WeightShape shape;
    int workers;
    int servers;
    int rank;
    bool alone;
    bool many_nodes;

private:
    int node(int its_rank) const noexcept { return node_of_[static_cast<std::size_t>(its_rank)]; }

    bool node_aware_;
    std::vector<int> node_of_;  ///< by rank
};

}  // namespace hogwild::train::downpour
