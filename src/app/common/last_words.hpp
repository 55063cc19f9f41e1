#pragma once
#include <string>

#include "io/stop_signal.hpp"
#include "mpi/communicators.hpp"

namespace hogwild::app {

/// The program's one line on stderr, "hogwild: …": in one write, so that nothing that mpirun or
/// other ranks print comes between. Control characters in names of files, and of what is in them,
/// are escaped.
void say(const std::string& what);

/// What a signal that ends the run says, on rank 0 alone.
io::LastWords last_words(const mpi::Communicators& comms, const std::string& consequence);

}  // namespace hogwild::app
