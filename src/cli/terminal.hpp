#pragma once

namespace hogwild {

/// The terminal on which a person reads this process's stderr.
struct Terminal {
    bool present = false;
    int columns = 80;
};

/// stderr itself, or the stderr of Open MPI's mpirun where that forwards this process's: mpirun
/// gives its ranks a pipe, and passes on what comes through it as it is.
Terminal terminal_of_stderr();

}  // namespace hogwild
