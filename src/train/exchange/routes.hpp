#pragma once
#include <vector>

#include "mpi/communicators.hpp"

namespace hogwild::train {

/// Broadcast routes. Direct: a rank sends its message to all other ranks. Node-aware: to the ranks
/// of its node, and to one rank of each other node, which forwards it to the other ranks there, so
/// that the network carries a message once per pair of nodes. The sender's number decides which
/// rank of a node receives.
class Routes {
public:
    /// @note Collective over comms.world().
    Routes(const mpi::Communicators& comms, bool node_aware);

    /// Ranks to which this rank sends its own messages.
    const std::vector<int>& receivers() const noexcept { return receivers_; }
    /// Ranks to which this rank forwards a message of `origin` that it received from `sender`.
    const std::vector<int>& forward_to(int origin, int sender) const noexcept {
        const bool from_elsewhere = node_of_[static_cast<std::size_t>(origin)] != node_;
        return node_aware_ && from_elsewhere && origin == sender ? node_peers_ : none_;
    }
    /// Number of receivers() on other nodes.
    int remote() const noexcept { return remote_; }

private:
    bool node_aware_;
    int node_ = 0;              ///< of this rank: the rank of its leader
    std::vector<int> node_of_;  ///< by rank
    std::vector<int> receivers_;
    std::vector<int> node_peers_;  ///< the other ranks of this rank's node
    std::vector<int> none_;
    int remote_ = 0;
};

}  // namespace hogwild::train
