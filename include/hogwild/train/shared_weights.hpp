#pragma once
#include <algorithm>
#include <cstdint>
#include <span>

#include "hogwild/mpi/communicators.hpp"
#include "hogwild/mpi/shared_window.hpp"
#include "hogwild/train/decay.hpp"

namespace hogwild::train {

/// The weights of a node in a shared window, and the shrinking of them: the common part of all
/// strategies that share memory.
template <class Real>
class SharedWeights {
public:
    /// @note Collective over the node, here, in quiesce() and in close().
    SharedWeights(const Problem& problem, const mpi::Communicators& comms)
        : weights_(comms.node(), problem.objective.n_weights()),
          slots_(comms.node(), static_cast<std::size_t>(comms.node_size())),
          decay_(Decay::make<Real>(problem, slots_.span(), comms.node_rank())) {}

    std::span<Real> span() noexcept { return weights_.span(); }
    Decay& decay() noexcept { return decay_; }

    void quiesce() {
        weights_.sync();  // nobody updates any more
        decay_.flush(weights_.span());
        weights_.sync();
    }
    void copy_to(std::span<double> out) const {
        std::ranges::transform(weights_.span(), out.begin(),
                               [](Real w) { return static_cast<double>(w); });
    }
    void close() {
        weights_.close();
        slots_.close();
    }

    static std::uint64_t bytes(std::size_t n_weights, int node_size) {
        return n_weights * sizeof(Real) +
               static_cast<std::uint64_t>(node_size) * sizeof(ExponentSlot);
    }

private:
    mpi::SharedWindow<Real> weights_;
    mpi::SharedWindow<ExponentSlot> slots_;
    Decay decay_;
};

}  // namespace hogwild::train
