#pragma once

namespace hogwild {

/// The terminal on which a person reads what this process writes.
struct Terminal {
    bool present = false;
    int columns = 80;
};

/// The terminal of a stream; under Open MPI that of mpirun's stream: mpirun gives its ranks pipes,
/// and for stdout a new terminal, and forwards their output.
/// @param stream  STDOUT_FILENO or STDERR_FILENO.
Terminal terminal_of_stream(int stream);
Terminal terminal_of_stderr();

}  // namespace hogwild
