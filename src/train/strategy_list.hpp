#pragma once
#include <memory>

#include "hogwild/train/strategy.hpp"

/// What each strategy's file gives to strategies.cpp.
namespace hogwild::train {

template <class Real>
std::unique_ptr<Strategy> make_sequential(const Problem& problem);
template <class Real>
std::unique_ptr<Strategy> make_lock_free(const Problem& problem, const mpi::Communicators& comms);
template <class Real>
std::unique_ptr<Strategy> make_locked(const Problem& problem, const mpi::Communicators& comms);

template <class Real>
std::unique_ptr<Strategy> make_atomic(const Problem& problem, const mpi::Communicators& comms);
template <class Real>
std::unique_ptr<Strategy> make_striped(const Problem& problem, const mpi::Communicators& comms);
template <class Real>
std::unique_ptr<Strategy> make_round_robin(const Problem& problem, const mpi::Communicators& comms);
template <class Real>
std::unique_ptr<Strategy> make_synchronous(const Problem& problem, const mpi::Communicators& comms);

template <class Real>
std::unique_ptr<Strategy> make_asynchronous(const Problem& problem,
                                            const mpi::Communicators& comms);

}  // namespace hogwild::train
