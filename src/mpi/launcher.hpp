#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace hogwild::mpi {

/// What a launcher has told its processes in their environment.
struct Launch {
    std::string launcher;        ///< "srun", "mpiexec", …
    std::string variable;        ///< that says so
    std::int64_t processes = 0;  ///< above 1
    std::int64_t rank = 0;       ///< of this process; 0 also where nothing is said
};

/// Open MPI's setting, as the environment has it.
constexpr const char* kYieldWhenIdle = "OMPI_MCA_mpi_yield_when_idle";

/// The value of an environment variable, or a null pointer: std::getenv.
using Lookup = std::function<const char*(const char*)>;

/// For a process that is alone according to MPI: the launcher that says that it is one of several,
/// which then are all alone and all do the same work (srun without PMIx, another MPI's mpiexec).
///
/// Nothing where any launcher says that it started this process alone: `mpirun -np 1` in a step of
/// Slurm. Nothing in a batch script: the job's tasks say nothing of the processes outside of steps.
std::optional<Launch> one_of_several(const Lookup& lookup);

/// Whether Open MPI has to be told that waiting ranks give their cores away: more of them have been
/// started here than there are cores, and nobody has decided. mpirun finds out by its slots, of
/// which `--host HOST:8` and host files name any number; without it, ranks that wait keep those
/// that work from their cores, and a run takes tens of times as long.
/// @param cores  of this host.
bool must_yield_when_idle(const Lookup& lookup, int cores);

/// One line for the user: what has happened, and what to do. @param library  of MPI.
std::string advice(const Launch& launch, const std::string& library);

}  // namespace hogwild::mpi
