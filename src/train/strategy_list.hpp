#pragma once
#include <memory>

#include "hogwild/train/strategy.hpp"

/// What each strategy's file gives to strategies.cpp.
namespace hogwild::train {

using Maker = std::unique_ptr<Strategy>(Precision, const Problem&, const mpi::Communicators&);

Maker make_asynchronous;
Maker make_atomic;
Maker make_downpour;
Maker make_lock_free;
Maker make_locked;
Maker make_round_robin;
Maker make_sequential;
Maker make_striped;
Maker make_synchronous;

/// Chooses the type of the weights, once per run.
template <template <class Real> class S>
std::unique_ptr<Strategy> make_with(Precision precision, const Problem& problem,
                                    const mpi::Communicators& comms) {
    if (precision == Precision::double_) return std::make_unique<S<double>>(problem, comms);
    return std::make_unique<S<float>>(problem, comms);
}

}  // namespace hogwild::train
