#include "mpi/launcher.hpp"

#include <algorithm>
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

/// A rank that is alone connects to none: it needs no daemon for processes to come, no network, no
/// folder to meet in. Nobody asks for the graphics, PCI and OpenCL devices that hwloc's plugins
/// find.
constexpr Variable kSettingsOfOneRank[] = {
    {"OMPI_MCA_ess_singleton_isolated", "1"},
    {"OMPI_MCA_orte_create_session_dirs", "0"},
    {"OMPI_MCA_pml", "ob1"},
    {"OMPI_MCA_btl", "self"},
    {"OMPI_MCA_osc", "sm"},
    {"HWLOC_PLUGINS_PATH", "/dev/null"},
};
/// Ranks of one host exchange messages through its memory, and UCX would search for networks.
constexpr Variable kSettingsOfOneHost[] = {{"OMPI_MCA_pml", "ob1"}};

/// Whether no launcher has started this process, so that MPI_Init makes it the only rank. In doubt
/// it has: a batch script of Slurm has the variables of a launcher.
bool is_started_alone(const Lookup& lookup) {
    const auto is_set = [&](const char* name) { return lookup(name) != nullptr; };
    // PMIx and PMI name a job before they name ranks; the last two are ALPS's and PALS's.
    constexpr const char* kOthers[] = {"PMIX_NAMESPACE", "PMIX_RANK",  "PMI_FD",
                                       "PMI_PORT",       "PMI_JOBID",  "OMPI_MCA_orte_hnp_uri",
                                       "ALPS_APP_PE",    "PALS_RANKID"};
    return std::ranges::none_of(kOthers, is_set) &&
           std::ranges::none_of(kConventions, is_set, &Convention::rank);
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

std::span<const Variable> settings_for_start(const Lookup& lookup) {
    if (is_started_alone(lookup)) return kSettingsOfOneRank;
    const std::int64_t ranks = number(lookup, "OMPI_COMM_WORLD_SIZE").value_or(0);
    const bool one_host = ranks > 0 && number(lookup, "OMPI_COMM_WORLD_LOCAL_SIZE") == ranks;
    return one_host ? std::span<const Variable>(kSettingsOfOneHost) : std::span<const Variable>();
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
