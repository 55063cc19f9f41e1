#include <gtest/gtest.h>

#include <map>
#include <string>

#include "mpi/launcher.hpp"

namespace hogwild::mpi {
namespace {

using Variables = std::map<std::string, std::string>;

Lookup lookup_in(const Variables& variables) {
    return [&variables](const char* name) -> const char* {
        const auto found = variables.find(name);
        return found == variables.end() ? nullptr : found->second.c_str();
    };
}

struct Case {
    const char* what;
    Variables variables;
    const char* launcher;  ///< "": the process is rightly alone
    std::int64_t processes = 0;
    std::int64_t rank = 0;
};

// The variables that Slurm 22.05, Open MPI 4.1 and Hydra set, without irrelevant ones.
const Case kCases[] = {
    {"a shell", {}, ""},
    {"a batch script: of the job, not of a step",
     {{"SLURM_JOB_ID", "7"}, {"SLURM_NTASKS", "4"}, {"SLURM_NPROCS", "4"}, {"SLURM_PROCID", "0"}},
     ""},
    {"a batch script that knows its step",
     {{"SLURM_STEP_ID", "4294967291"}, {"SLURM_NTASKS", "4"}, {"SLURM_PROCID", "0"}},
     ""},
    {"an interactive step",
     {{"SLURM_STEP_ID", "4294967290"}, {"SLURM_STEP_NUM_TASKS", "4"}, {"SLURM_NTASKS", "4"}},
     ""},
    {"a step named by a word", {{"SLURM_STEP_ID", "batch"}, {"SLURM_NTASKS", "4"}}, ""},
    {"srun -n 1 within four tasks",
     {{"SLURM_STEP_ID", "0"}, {"SLURM_STEP_NUM_TASKS", "1"}, {"SLURM_NTASKS", "4"}},
     ""},
    {"srun -n 4, no PMI",
     {{"SLURM_STEP_ID", "0"},
      {"SLURM_STEP_NUM_TASKS", "4"},
      {"SLURM_NTASKS", "4"},
      {"SLURM_PROCID", "3"}},
     "srun",
     4,
     3},
    {"srun -n 4 that says so in one variable",
     {{"SLURM_STEP_ID", "2"}, {"SLURM_NTASKS", "4"}},
     "srun",
     4,
     0},
    {"srun -n 4 --mpi=pmi2",
     {{"SLURM_STEP_ID", "0"},
      {"SLURM_STEP_NUM_TASKS", "4"},
      {"SLURM_PROCID", "1"},
      {"PMI_SIZE", "4"},
      {"PMI_RANK", "1"}},
     "srun",
     4,
     1},
    {"mpirun -np 1 in a batch script of two nodes: its daemons are a step of two tasks",
     {{"SLURM_STEP_ID", "0"},
      {"SLURM_STEP_NUM_TASKS", "2"},
      {"SLURM_NTASKS", "2"},
      {"SLURM_PROCID", "1"},
      {"OMPI_COMM_WORLD_SIZE", "1"},
      {"OMPI_COMM_WORLD_RANK", "0"}},
     ""},
    {"mpiexec -n 1 of Hydra in such a script",
     {{"SLURM_STEP_ID", "0"}, {"SLURM_STEP_NUM_TASKS", "2"}, {"PMI_SIZE", "1"}, {"PMI_RANK", "0"}},
     ""},
    {"Hydra's mpiexec -n 4", {{"PMI_SIZE", "4"}, {"PMI_RANK", "2"}}, "mpiexec", 4, 2},
    {"Hydra's mpiexec -n 4 in a batch script of eight tasks",
     {{"SLURM_NTASKS", "8"}, {"SLURM_PROCID", "0"}, {"PMI_SIZE", "4"}, {"PMI_RANK", "2"}},
     "mpiexec",
     4,
     2},
    {"Open MPI's mpirun -np 2 with a program of another MPI",
     {{"OMPI_COMM_WORLD_SIZE", "2"}, {"OMPI_COMM_WORLD_RANK", "1"}},
     "Open MPI's mpirun",
     2,
     1},
    {"MVAPICH's mpiexec -n 2",
     {{"MV2_COMM_WORLD_SIZE", "2"}, {"MV2_COMM_WORLD_RANK", "0"}},
     "MVAPICH's mpiexec",
     2,
     0},
    {"flux run -n 3", {{"FLUX_JOB_SIZE", "3"}, {"FLUX_TASK_RANK", "2"}}, "flux run", 3, 2},
    {"jsrun -n 6", {{"JSM_NAMESPACE_SIZE", "6"}, {"JSM_NAMESPACE_RANK", "5"}}, "jsrun", 6, 5},
    {"what is no number says nothing",
     {{"PMI_SIZE", ""}, {"OMPI_COMM_WORLD_SIZE", "4x"}, {"MV2_COMM_WORLD_SIZE", "-4"}},
     ""},
};

TEST(Launcher, KnowsWhenAProcessIsOneOfSeveral) {
    for (const Case& c : kCases) {
        SCOPED_TRACE(c.what);
        const std::optional<Launch> found = one_of_several(lookup_in(c.variables));
        EXPECT_EQ(found ? found->launcher : "", c.launcher);
        if (!found) continue;
        EXPECT_EQ(found->processes, c.processes);
        EXPECT_EQ(found->rank, c.rank);
    }
}

TEST(Launcher, AdviceNamesTheLauncherAndARemedy) {
    const std::string slurm = advice({"srun", "SLURM_STEP_NUM_TASKS", 4, 0}, "Open MPI v4.1.4");
    EXPECT_NE(slurm.find("srun started 4 processes (SLURM_STEP_NUM_TASKS)"), std::string::npos);
    EXPECT_NE(slurm.find("srun --mpi=pmix"), std::string::npos);
    const std::string hydra = advice({"mpiexec", "PMI_SIZE", 3, 0}, "Open MPI v4.1.4");
    EXPECT_NE(hydra.find("mpiexec started 3 processes (PMI_SIZE)"), std::string::npos);
    EXPECT_NE(hydra.find("Open MPI v4.1.4"), std::string::npos);
    EXPECT_EQ(hydra.find("pmix"), std::string::npos);
}

bool yields(const Variables& variables, int cores) {
    return must_yield_when_idle(lookup_in(variables), cores);
}

TEST(Launcher, RanksThatShareCoresYieldUnlessSomebodyDecided) {
    EXPECT_TRUE(yields({{"OMPI_COMM_WORLD_LOCAL_SIZE", "8"}}, 2));
    EXPECT_FALSE(yields({{"OMPI_COMM_WORLD_LOCAL_SIZE", "8"}}, 8));
    EXPECT_FALSE(yields({}, 2));
    for (const char* decided : {"0", "1"}) {
        EXPECT_FALSE(yields({{"OMPI_COMM_WORLD_LOCAL_SIZE", "8"}, {kYieldWhenIdle, decided}}, 2));
    }
}

TEST(Launcher, NetworksAreLeftOutWhereNoneIsNeeded) {
    const auto settings = [](const Variables& variables) {
        std::string names;
        for (const auto& [name, value] : settings_for_start(lookup_in(variables))) {
            names += std::string(name) + "=" + value + " ";
        }
        return names;
    };
    const std::string alone = settings({});
    EXPECT_NE(alone.find("OMPI_MCA_ess_singleton_isolated=1 "), std::string::npos);
    EXPECT_NE(alone.find("OMPI_MCA_btl=self "), std::string::npos);
    EXPECT_EQ(alone, settings({{"OMPI_MCA_btl", "tcp"}, {"SLURM_JOB_ID", "7"}}));  // salloc
    for (const char* name :
         {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMIX_NAMESPACE", "PMI_RANK", "PMI_FD",
          "SLURM_PROCID", "FLUX_TASK_RANK", "JSM_NAMESPACE_RANK", "MV2_COMM_WORLD_RANK"}) {
        EXPECT_EQ(settings({{name, "0"}}), "") << name;
    }
    EXPECT_EQ(settings({{"OMPI_COMM_WORLD_RANK", "0"},
                        {"OMPI_COMM_WORLD_SIZE", "4"},
                        {"OMPI_COMM_WORLD_LOCAL_SIZE", "4"}}),
              "OMPI_MCA_pml=ob1 ");
    EXPECT_EQ(settings({{"OMPI_COMM_WORLD_RANK", "0"},
                        {"OMPI_COMM_WORLD_SIZE", "4"},
                        {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"}}),
              "");
}

}  // namespace
}  // namespace hogwild::mpi
