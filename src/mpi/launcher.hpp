#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

namespace hogwild::mpi {

/// The information that a launcher passes to its processes in their environment.
struct Launch {
    std::string launcher;        ///< "srun", "mpiexec", …
    std::string variable;        ///< environment variable with the number of processes
    std::int64_t processes = 0;  ///< above 1
    std::int64_t rank = 0;       ///< of this process; 0 if unknown
};

/// Open MPI's setting, as an environment variable.
constexpr const char* kYieldWhenIdle = "OMPI_MCA_mpi_yield_when_idle";

/// The value of an environment variable, or a null pointer: std::getenv.
using Lookup = std::function<const char*(const char*)>;

/// For a process whose MPI_COMM_WORLD has one rank: the launcher that claims to have started
/// several processes, if any. Each of them then runs alone and does the same work (srun without
/// PMIx, or the mpiexec of another MPI).
///
/// Empty if any launcher claims to have started this process alone (`mpirun -np 1` in a step of
/// Slurm), and in a batch script, where the number of the job's tasks does not count processes.
std::optional<Launch> one_of_several(const Lookup& lookup);

/// Whether the program must set mpi_yield_when_idle: more ranks run on this host than it has cores,
/// and the user has not set it. mpirun compares ranks with slots, but `--host HOST:8` and host
/// files may name any number of slots. Without the setting, waiting ranks occupy the cores that
/// working ranks need, and a run takes tens of times as long.
/// @param cores  number of cores of this host.
bool must_yield_when_idle(const Lookup& lookup, int cores);

/// An environment variable and its value.
struct Variable {
    const char* name;
    const char* value;
};

/// Settings that spare this process parts of MPI_Init that it cannot use. They depend on how it was
/// started, and for ranks of several hosts there are none. Other MPIs ignore these names.
std::span<const Variable> settings_for_start(const Lookup& lookup);

/// One line that tells the user what is wrong and what to do. @param library  version of MPI.
std::string advice(const Launch& launch, const std::string& library);

}  // namespace hogwild::mpi
