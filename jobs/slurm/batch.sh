# shellcheck shell=bash disable=SC2154,SC2034  # the scripts set modules, build_dir, … and use what is set here
# What the batch scripts (jobs/slurm/*.sbatch) share. Sourced in the source tree, after the script's settings:
# loads the modules, sets the shell's strict mode and what mpirun needs.

fail() { # EXIT_CODE MESSAGE
  echo "${SLURM_JOB_NAME:-batch job}: $2" >&2
  exit "$1"
}

# Before `set -u`, which module systems do not survive.
if ((${#modules[@]} > 0)); then
  type module &>/dev/null || source /etc/profile
  module load "${modules[@]}" || fail 1 "module load ${modules[*]} failed"
fi
set -euo pipefail
: "${SLURM_JOB_ID:?submit this script with sbatch}" "${SLURM_NTASKS:?sbatch needs --ntasks or --ntasks-per-node}"
# shellcheck source=jobs/lib/mpi_env.sh
source jobs/lib/mpi_env.sh
# shellcheck source=jobs/lib/programs.sh
source jobs/lib/programs.sh
build_dir=$(programs_prefix "$build_dir")
# Installed scripts: relative folders start where sbatch was called.
if scripts_are_installed; then
  submitted_from=${SLURM_SUBMIT_DIR:?}
  [[ $data_dir == /* ]] || data_dir=$submitted_from/$data_dir
  [[ ${text_dir:=/} == /* ]] || text_dir=$submitted_from/$text_dir
fi

# Sets `program`: the path of one that was built.
find_program() { # NAME
  program=$build_dir/bin/$1
  [[ -x $program ]] || fail 66 "$program is not there: build first, or set HOGWILD_BUILD_DIR"
}

# Sets `launch`: what a command of hogwild follows, on all tasks of the job. Slurm and mpirun both know its nodes, and
# how many tasks each has.
find_hogwild() {
  find_program hogwild
  case $launcher in
    mpirun) launch=(mpirun -np "$SLURM_NTASKS" "$program") ;;
    srun) launch=(srun --mpi=pmix "$program") ;;
    *) fail 2 "launcher must be mpirun or srun, not '$launcher'" ;;
  esac
}

# Sets `training`: the command of a training run whose log and model are RUN.jsonl and RUN.model.h5.
# HOGWILD_CONFIG names an INI file in the data's folder, such as the sweep.best.ini of a sweep.
compose_training() { # RUN TRAIN_OPTIONS…
  find_hogwild
  [[ -z ${HOGWILD_CONFIG:-} ]] || set -- "$@" --config "$data_dir/$HOGWILD_CONFIG"
  training=("${launch[@]}" train --train "$data_dir/train.h5" --test "$data_dir/test.h5" --category "$category"
    --log "$1.jsonl" --model "$1.model.h5" "${@:2}")
}

# "8 ranks on 1 node: node7"
describe_ranks() {
  local nodes=${SLURM_JOB_NUM_NODES:-1}
  echo "$SLURM_NTASKS ranks on $nodes node$( ((nodes == 1)) || echo s): ${SLURM_JOB_NODELIST:-$(uname -n)}"
}
