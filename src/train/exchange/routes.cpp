#include "train/exchange/routes.hpp"

#include <map>

#include "mpi/collectives.hpp"
#include "mpi/error.hpp"

namespace hogwild::train {

Routes::Routes(const mpi::Communicators& comms, bool node_aware)
    : node_aware_(node_aware), node_of_(static_cast<std::size_t>(comms.size())) {
    node_ = static_cast<int>(mpi::broadcast(comms.group(), 0, std::int64_t{comms.rank()}));
    mpi::check(MPI_Allgather(&node_, 1, MPI_INT, node_of_.data(), 1, MPI_INT, comms.world()),
               "MPI_Allgather");
    std::map<int, std::vector<int>> others;  // ranks by node
    for (int rank = 0; rank < comms.size(); ++rank) {
        const int node = node_of_[static_cast<std::size_t>(rank)];
        if (node != node_) others[node].push_back(rank);
        if (node == node_ && rank != comms.rank()) node_peers_.push_back(rank);
    }
    receivers_ = node_peers_;
    for (const auto& [node, ranks] : others) {
        if (node_aware) {
            const auto turn = static_cast<std::size_t>(comms.group_rank()) % ranks.size();
            receivers_.push_back(ranks[turn]);
        } else {
            receivers_.insert(receivers_.end(), ranks.begin(), ranks.end());
        }
    }
    remote_ = static_cast<int>(receivers_.size() - node_peers_.size());
}

}  // namespace hogwild::train
