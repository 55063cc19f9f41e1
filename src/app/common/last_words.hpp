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

/// Tells the user that a run was stopped with a checkpoint, and the command that resumes it, set
/// off from mpirun's message about the exit code.
/// @param what       for example "stopped by SIGTERM …". @param arguments  of `command`, as given.
/// @param addition   appended to the arguments, unless it is among them.
void say_how_to_go_on(const std::string& what, const mpi::Communicators& comms,
                      const std::string& command, std::vector<std::string> arguments,
                      const std::string& addition);

/// The message of a signal that ends the run, on rank 0 only.
io::LastWords last_words(const mpi::Communicators& comms, const std::string& consequence);

}  // namespace hogwild::app
