#pragma once
#include <string>

namespace hogwild::mpi {

/// Calls MPI_Init in the constructor. `finalize()` is explicit: while an error unwinds on one rank,
/// the others may be inside a collective, and MPI_Finalize would wait for them forever.
class Environment {
public:
    /// Makes errors return codes instead of aborting. @throws MpiError.
    Environment(int& argc, char**& argv);
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;
    /// @note Collective over all ranks.
    void finalize();
    /// Ends the job on all ranks at once with this exit code.
    [[noreturn]] static void abort(int exit_code);
};

/// First line of MPI_Get_library_version.
std::string library_version();
/// Name of this rank's host.
std::string host_name();

}  // namespace hogwild::mpi
