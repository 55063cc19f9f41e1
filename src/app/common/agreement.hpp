#pragma once
#include <functional>
#include <string>

#include "data/error.hpp"
#include "mpi/communicator.hpp"

namespace hogwild::app {

/// An error that all ranks know of: they leave together, and rank 0 prints the one line.
class AgreedError : public Error {
public:
    using Error::Error;
};

/// Runs `work` on every rank and makes sure that it succeeded on all of them.
///
/// `work` must not communicate: a rank that fails in it leaves it early. Running out of memory
/// counts as an error; errors of MPI pass through, since nobody can agree on those.
/// @throws AgreedError on all ranks, with the message of the lowest rank that failed.
/// @note Collective over `comm`.
void agree(mpi::Communicator comm, const std::function<void()>& work);

/// As `agree`, with work that takes long on a few ranks: the others leave their cores alone.
void agree_idly(mpi::Communicator comm, const std::function<void()>& work);

/// As `agree`, with work for rank 0 only: what has to do with output files.
void agree_on_root(mpi::Communicator comm, const std::function<void()>& work);

}  // namespace hogwild::app
