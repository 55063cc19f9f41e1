#pragma once
#include <functional>
#include <string>

#include "data/error.hpp"
#include "mpi/communicator.hpp"

namespace hogwild::app {

/// An error that all ranks know of: they stop together, and rank 0 prints the one line.
class CollectiveError : public Error {
public:
    using Error::Error;
};

/// Runs `work` on every rank and makes sure that it succeeded on all of them.
///
/// `work` must not communicate: a rank that fails in it leaves it early. Running out of memory
/// counts as an error; errors of MPI pass through, since no rank could tell the others.
/// @throws CollectiveError on all ranks, with the message of the lowest rank that failed.
/// @note Collective over `comm`.
void run_collectively(mpi::Communicator comm, const std::function<void()>& work);

/// As `run_collectively`, with work that takes long on a few ranks: meanwhile the others leave
/// their cores alone.
void run_collectively_idly(mpi::Communicator comm, const std::function<void()>& work);

/// As `run_collectively`, with work for rank 0 only: what has to do with output files.
void run_collectively_on_root(mpi::Communicator comm, const std::function<void()>& work);

}  // namespace hogwild::app
