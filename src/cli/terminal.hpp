#pragma once

namespace hogwild {

/// The terminal on which a person reads what this process writes.
struct Terminal {
    bool present = false;
    int columns = 80;
};

/// That of a stream; under Open MPI that of mpirun's stream: mpirun gives its ranks pipes, and for
/// stdout a terminal of its own making, and passes on what comes through them.
/// @param stream  STDOUT_FILENO or STDERR_FILENO.
Terminal terminal_of_stream(int stream);
Terminal terminal_of_stderr();

}  // namespace hogwild
