# shellcheck shell=bash
# What mpirun needs to start more ranks than there are cores, and to start as root. To be sourced.
# Open MPI 4 reads the OMPI_ names, Open MPI 5 the PRTE_ ones; both ignore the other's. Variables that
# are already set stay: to give every rank a core of its own, export OMPI_MCA_hwloc_base_binding_policy=core
# (Open MPI 5: PRTE_MCA_hwloc_default_binding_policy=core) before.

export OMPI_MCA_rmaps_base_oversubscribe="${OMPI_MCA_rmaps_base_oversubscribe:-1}"
export PRTE_MCA_rmaps_default_mapping_policy="${PRTE_MCA_rmaps_default_mapping_policy:-:oversubscribe}"

# Two mpiruns side by side would both bind their first rank to core 0.
export OMPI_MCA_hwloc_base_binding_policy="${OMPI_MCA_hwloc_base_binding_policy:-none}"
export PRTE_MCA_hwloc_default_binding_policy="${PRTE_MCA_hwloc_default_binding_policy:-none}"

# A waiting rank yields its core to a working one; without it, 8 ranks on 2 cores are very slow.
export OMPI_MCA_mpi_yield_when_idle="${OMPI_MCA_mpi_yield_when_idle:-1}"

if ((EUID == 0)); then
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
  export PRTE_ALLOW_RUN_AS_ROOT=1 PRTE_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi
