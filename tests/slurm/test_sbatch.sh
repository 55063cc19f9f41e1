#!/usr/bin/env bash
# Submits all jobs/*.sbatch to a real, throw-away Slurm, on a small synthetic data set.
#   test_sbatch.sh BUILD_DIR     0 passed, 1 failed, 2 usage, 77 cannot be run here (one line says why)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
time_limit_s=300 # for all jobs together; they take about a minute

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

expect_requeue() { # JOB WHAT
  local checkpoint=$HOGWILD_DATA_DIR/run-$1.ckpt.h5 log=$HOGWILD_DATA_DIR/run-$1.jsonl
  until [[ -s $checkpoint ]]; do
    ((SECONDS < time_limit_s)) || { failed "$1" "$2: no checkpoint"; return; }
    sleep 0.1
  done
  scancel --signal=USR1 --batch "$1"
  expect_valid_run "$1" "$2"
  if [[ $(field "$1" Restarts) == 1 ]] && grep -q '"event":"stop"' "$log" && grep -q '"event":"resume"' "$log"; then
    echo "ok: $2: stopped, requeued, continued"
  else
    failed "$1" "$2: was not stopped and continued: Restarts=$(field "$1" Restarts)"
  fi
}

expect_sweep() { # JOB WHAT: both shares are through, and join to the whole grid
  local k csv=$scratch/sweep.csv
  for k in 1 2; do expect_exit "$1_$k" "$2, share $k" 0 || return 0; done
  if mpirun -np 1 "$build_dir/bin/hogwild" sweep --train "$HOGWILD_DATA_DIR/train.h5" --category CCAT "${grid[@]}" \
    --merge "$HOGWILD_DATA_DIR"/sweep.share-*-of-2.jsonl --csv "$csv" >"$scratch/merge.out" 2>&1 &&
    (($(wc -l <"$csv") >= 5)); then
    echo "ok: $2: merged"
  else
    failed "$1" "$2: the shares do not join: $(tail -n 3 "$scratch/merge.out")"
  fi
}

(($# == 1)) || usage "one argument"
# shellcheck source=jobs/mpi_env.sh
source "$root/jobs/mpi_env.sh"
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
grid=(--iterations 10 --learning-rate "0.01,0.03" --lambda "1e-4,1e-3")

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

# Interrupted once, while it trains: it must come back by itself and end as one run.
preemptible=$(HOGWILD_HOME=$root submit --ntasks=4 "$root/jobs/train_preemptible.sbatch" \
  --iterations 60000 --evaluate-every 0 --checkpoint-every 1s)
expect_requeue "$preemptible" "train_preemptible.sbatch"

# A grid in two shares, joined.
sweep=$(HOGWILD_HOME=$root submit --ntasks=2 --array=1-2 "$root/jobs/sweep.sbatch" "${grid[@]}")
expect_sweep "$sweep" "sweep.sbatch"

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
