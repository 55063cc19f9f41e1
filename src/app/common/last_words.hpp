#pragma once
#include <string>
#include <vector>

#include "io/stop_signal.hpp"
#include "mpi/communicators.hpp"

namespace hogwild::app {

/// The program's one line on stderr, "hogwild: …": in one write, so that nothing that mpirun or
/// other ranks print comes between. Control characters in names of files, and of what is in them,
/// are escaped.
void say(const std::string& what);

/// For a run that was stopped with a checkpoint: what has happened, and the command that goes on
/// from there, set off from what mpirun has to say about an exit code that is not 0.
/// @param what       for example "stopped by SIGTERM …". @param arguments  of `command`, as given.
/// @param addition   to the arguments, unless it is among them.
void say_how_to_go_on(const std::string& what, const mpi::Communicators& comms,
                      const std::string& command, std::vector<std::string> arguments,
                      const std::string& addition);

/// What a signal that ends the run says, on rank 0 alone.
io::LastWords last_words(const mpi::Communicators& comms, const std::string& consequence);

}  // namespace hogwild::app
