#include "mpi/launcher.hpp"

#include <charconv>
#include <cstring>

namespace hogwild::mpi {
namespace {

/// Environment variables in which launchers pass the number of processes and the rank.
struct Convention {
    const char* launcher;
    const char* size;
    const char* rank;
};
constexpr Convention kConventions[] = {
    {"srun", "SLURM_STEP_NUM_TASKS", "SLURM_PROCID"},
    {"srun", "SLURM_NTASKS", "SLURM_PROCID"},
    {"flux run", "FLUX_JOB_SIZE", "FLUX_TASK_RANK"},
    {"jsrun", "JSM_NAMESPACE_SIZE", "JSM_NAMESPACE_RANK"},
    {"Open MPI's mpirun", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"},
    {"MVAPICH's mpiexec", "MV2_COMM_WORLD_SIZE", "MV2_COMM_WORLD_RANK"},
    {"mpiexec", "PMI_SIZE", "PMI_RANK"},
};

std::optional<std::int64_t> number(const Lookup& lookup, const char* name) {
    const char* const text = lookup(name);
    if (text == nullptr) return std::nullopt;
    const char* const end = text + std::strlen(text);
    std::int64_t value = 0;
    const auto [stop, error] = std::from_chars(text, end, value);
    if (error != std::errc() || stop != end || stop == text) return std::nullopt;
    return value;
}

/// Whether srun has started this process. The batch script and an interactive shell are steps with
/// numbers near 2^32.
bool is_in_slurm_step(const Lookup& lookup) {
    constexpr std::int64_t kFirstSpecialStep = 0xffff'fff0;
    const std::int64_t step = number(lookup, "SLURM_STEP_ID").value_or(-1);
    return step >= 0 && step < kFirstSpecialStep;
}

}  // namespace

std::optional<Launch> one_of_several(const Lookup& lookup) {
    std::optional<Launch> found;
    for (const auto& [launcher, size, rank] : kConventions) {
        const bool slurm = std::strncmp(size, "SLURM", 5) == 0;
        if (slurm && !is_in_slurm_step(lookup)) continue;
        const std::int64_t processes = number(lookup, size).value_or(0);
        if (processes == 1) return std::nullopt;
        if (processes > 1 && !found) {
            found = {launcher, size, processes, number(lookup, rank).value_or(0)};
        }
    }
    return found;
}

bool must_yield_when_idle(const Lookup& lookup, int cores) {
    return lookup(kYieldWhenIdle) == nullptr &&
           number(lookup, "OMPI_COMM_WORLD_LOCAL_SIZE").value_or(0) > cores;
}

std::string advice(const Launch& launch, const std::string& library) {
    const std::string remedy = launch.launcher == "srun"
                                   ? "start it with mpirun, or with srun --mpi=pmix"
                                   : "start it with the mpirun of this MPI";
    return launch.launcher + " started " + std::to_string(launch.processes) + " processes (" +
           launch.variable + "), but MPI (" + library +
           ") connects none of them, and each would do all of the work: " + remedy +
           "; mpirun -np 1 for one alone";
}

}  // namespace hogwild::mpi
