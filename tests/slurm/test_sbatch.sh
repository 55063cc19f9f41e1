#!/usr/bin/env bash
# Submits jobs/preprocess.sbatch and jobs/train.sbatch to a real, throw-away Slurm, on a small synthetic data set.
#   test_sbatch.sh BUILD_DIR     0 passed, 1 failed, 2 usage, 77 cannot be run here (one line says why)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
time_limit_s=150 # for all jobs together; they take about 10 s

skip() { echo "SKIP test_sbatch: $*"; exit 77; }
usage() { echo "usage: test_sbatch.sh BUILD_DIR ($1)" >&2; exit 2; }

check_prerequisites() {
  ((EUID == 0)) || skip "a throw-away Slurm needs root"
  local program
  for program in sbatch scontrol slurmctld slurmd munged; do
    command -v "$program" >/dev/null || skip "$program is missing (packages slurm-wlm and munge)"
  done
  for program in rcv1_synthesize rcv1_to_hdf5 hogwild; do
    [[ -x $build_dir/bin/$program ]] || usage "no $program in $build_dir/bin"
  done
}

cleanup() {
  bash "$here/throwaway_slurm.sh" stop || true
  rm -rf "$scratch"
}

failures=0
failed() { # JOB MESSAGE: with what the job said
  failures=$((failures + 1))
  echo "FAILED: $2"
  sed 's/^/    | /' "$scratch"/*-"$1".out 2>/dev/null | tail -n 30 || true
}

submit() { # SBATCH ARGUMENTS...: prints the job's id
  sbatch --parsable --mem=0 --chdir="$PWD" --output="$scratch/%x-%j.out" "$@"
}

field() { # JOB NAME: one field of what Slurm knows of the job
  scontrol --oneliner show job "$1" | grep -oE "(^| )$2=[^ ]*" | cut -d= -f2
}

wait_for() { # JOB: until it has ended, however
  until [[ $(field "$1" JobState) =~ ^(COMPLETED|FAILED|CANCELLED|TIMEOUT|NODE_FAIL|OUT_OF_MEMORY|BOOT_FAIL|DEADLINE)$ ]]; do
    if ((SECONDS > time_limit_s)); then
      failed "$1" "job $1 is still $(field "$1" JobState) ($(field "$1" Reason)) after $SECONDS s"
      return 1
    fi
    sleep 0.2
  done
}

expect_exit() { # JOB WHAT EXIT_CODE: returns 1 if it was another
  local code
  wait_for "$1" || return 1
  code=$(field "$1" ExitCode) # exit code:signal
  if [[ $code == "$3:0" ]]; then
    echo "ok: $2: job $1 ended with exit code $3"
  else
    failed "$1" "$2: job $1 is $(field "$1" JobState), exit code $code, expected $3:0"
    return 1
  fi
}

expect_valid_run() { # JOB WHAT: ended well, and the log's last line is a valid result on all the ranks asked for
  expect_exit "$1" "$2" 0 || return 0
  local log=$HOGWILD_DATA_DIR/run-$1.jsonl result
  result=$(tail -n 1 "$log" 2>/dev/null | tr -d ' ') || true
  if [[ $result == *'"event":"result"'* && $result == *'"verdict":"VALID"'* && $result == *'"ranks":4'[,\}]* ]]; then
    echo "ok: $2: VALID on 4 ranks"
  else
    failed "$1" "$2: no valid result on 4 ranks at the end of $log: ${result:-no such log}"
  fi
  [[ -s $HOGWILD_DATA_DIR/run-$1.model.h5 ]] || failed "$1" "$2: no model file"
}

(($# == 1)) || usage "one argument"
build_dir=$(realpath -m -- "$1")
check_prerequisites
scratch=$(mktemp -d)
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

"$build_dir/bin/rcv1_synthesize" --output-dir "$scratch/text" --train-documents 2000 --test-documents 1000 --seed 1
export THROWAWAY_SLURM_DIR=$scratch/slurm
settings=$(bash "$here/throwaway_slurm.sh" start 8)
eval "$settings"

# The jobs find their data by these, as a user's edited lines would tell them.
unset HOGWILD_HOME HOGWILD_LAUNCHER HOGWILD_CATEGORY "${!SLURM_JOB@}" "${!SBATCH_@}" "${!SLURM_NTASKS@}"
export HOGWILD_TEXT_DIR=$scratch/text HOGWILD_DATA_DIR=$scratch/data HOGWILD_BUILD_DIR=$build_dir
options=(--iterations 20)

# Submitted below the source tree, and from a foreign folder with HOGWILD_HOME: both must find the tree.
cd "$root/jobs"
preprocess=$(submit preprocess.sbatch)
train=$(submit --ntasks=4 --dependency="afterok:$preprocess" --kill-on-invalid-dep=yes train.sbatch "${options[@]}")
cd "$scratch"
refused=$(HOGWILD_HOME=$root submit --ntasks=2 --dependency="afterany:$train" "$root/jobs/train.sbatch" --no-such-option)
stray=$(submit "$root/jobs/preprocess.sbatch")

expect_exit "$preprocess" "preprocess.sbatch" 0 || true
expect_valid_run "$train" "train.sbatch, mpirun"
expect_exit "$refused" "train.sbatch with an unknown option" 2 || true
expect_exit "$stray" "preprocess.sbatch outside any source tree" 66 || true

if srun --mpi=list 2>&1 | grep -q pmix; then
  srun_train=$(HOGWILD_HOME=$root HOGWILD_LAUNCHER=srun submit --ntasks=4 "$root/jobs/train.sbatch" "${options[@]}")
  expect_valid_run "$srun_train" "train.sbatch, srun"
else
  echo "not tried: srun, as this Slurm knows no pmix"
fi

if ((failures > 0)); then
  echo "test_sbatch: $failures checks failed; the last lines of Slurm's logs:"
  tail -n 15 "$scratch"/slurm/log/slurm*.log
  exit 1
fi
