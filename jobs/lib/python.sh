# shellcheck shell=bash disable=SC2154
# For the thin shells around Python programs. To be sourced in a script that has set `root`.

# shellcheck source=jobs/lib/packages.sh
source "$root/jobs/lib/packages.sh"
# shellcheck source=jobs/lib/mpi_env.sh
source "$root/jobs/lib/mpi_env.sh"

run_python() { # PROGRAM ARGUMENTS...: does not return
  # Not the python3 of a virtual environment, which lacks the distribution's modules.
  local python=/usr/bin/python3
  [[ -x $python ]] || python=python3
  # One thread per process: numerical libraries would start more for themselves.
  export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
  exec "$python" -B "$@"
}
