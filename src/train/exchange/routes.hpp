#pragma once
#include <vector>

#include "mpi/communicators.hpp"

namespace hogwild::train {

/// Broadcast routes. Direct: to all other ranks. Node-aware: to the ranks of
/// the sender's node, and to one rank of each other node, which passes it on to the others there,
/// so that a network carries it once for each pair of nodes. The ranks of a node take turns as
/// receivers, by the sender's number.
class Routes {
public:
    /// @note Collective over comms.world().
    Routes(const mpi::Communicators& comms, bool node_aware);

    /// Ranks to send one's own message to.
    const std::vector<int>& receivers() const noexcept { return receivers_; }
    /// Ranks to pass a message on to that `origin` has sent to this one; the one that it came from
    /// was `sender`.
    const std::vector<int>& forward_to(int origin, int sender) const noexcept {
        const bool from_elsewhere = node_of_[static_cast<std::size_t>(origin)] != node_;
        return node_aware_ && from_elsewhere && origin == sender ? node_peers_ : nobody_;
    }
    /// Of receivers(), how many are on other nodes.
    int remote() const noexcept { return distant_; }

private:
    bool node_aware_;
    int node_ = 0;              ///< this rank's: rank of its leader
    std::vector<int> node_of_;  ///< by rank
    std::vector<int> receivers_;
    std::vector<int> node_peers_;  ///< the other ranks of this one's node
    std::vector<int> nobody_;
    int distant_ = 0;
};

}  // namespace hogwild::train
