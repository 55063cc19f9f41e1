#!/usr/bin/env bash
# Submits all jobs/slurm/*.sbatch to a real, throw-away Slurm, under mpirun and under srun, on a small synthetic data set.
#   test_sbatch.sh BUILD_DIR            on this machine as the only node
#   test_sbatch.sh BUILD_DIR NODES      on as many simulated nodes, of which one is lost in the middle of two jobs
# 0 passed, 1 failed, 2 usage, 77 cannot be run here (one line says why)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
simulator=$root/tests/cluster/simulated_nodes.sh
time_limit_s=300 # for all jobs together; they take about a minute

skip() { echo "SKIP test_sbatch: $*"; exit 77; }
usage() { echo "usage: test_sbatch.sh BUILD_DIR [NODES] ($1)" >&2; exit 2; }

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

# Starts this script once more, on the head of simulated nodes.
run_on_simulated_nodes() {
  local status=0
  # Its own names: other simulated nodes may be up.
  export SIMULATED_NODES_PREFIX=${SIMULATED_NODES_PREFIX:-slurmnode}
  bash "$simulator" up "$nodes" --private-tmp "$scratch" "$root" "$build_dir" || exit
  HOGWILD_SLURM_SCRATCH=$scratch bash "$simulator" on head bash "${BASH_SOURCE[0]}" "$build_dir" "$nodes" || status=$?
  exit "$status"
}

cleanup() {
  if [[ -n ${HOGWILD_SLURM_SCRATCH:-} || -z $nodes ]]; then bash "$here/throwaway_slurm.sh" stop || true; fi
  [[ -z ${HOGWILD_SLURM_SCRATCH:-} ]] || return 0
  [[ -z $nodes ]] || bash "$simulator" down || true
  rm -rf "$scratch"
}

failures=0
failed() { # JOB MESSAGE: with what the job said
  failures=$((failures + 1))
  echo "FAILED: $2"
  sed 's/^/    | /' "$scratch"/*-"$1".out 2>/dev/null | tail -n 30 || true
}

submit() { # SBATCH ARGUMENTS...: prints the job's id
  sbatch --parsable --chdir="$PWD" --output="$scratch/%x-%j.out" "$@"
}

field() { # JOB NAME: one field of what Slurm knows of the job
  scontrol --oneliner show job "$1" | grep -oE "(^| )$2=[^ ]*" | cut -d= -f2
}

wait_until() { # JOB WHAT COMMAND...: until the command succeeds
  until "${@:3}"; do
    if ((SECONDS > time_limit_s)); then
      failed "$1" "$2: job $1 is still $(field "$1" JobState) ($(field "$1" Reason)) after $SECONDS s"
      return 1
    fi
    sleep 0.2
  done
}

has_ended() { # JOB: however
  [[ $(field "$1" JobState) =~ ^(COMPLETED|FAILED|CANCELLED|TIMEOUT|NODE_FAIL|OUT_OF_MEMORY|BOOT_FAIL|DEADLINE)$ ]]
}

expect_exit() { # JOB WHAT EXIT_CODE: returns 1 if it was another
  local code
  wait_until "$1" "$2" has_ended "$1" || return 1
  code=$(field "$1" ExitCode) # exit code:signal
  if [[ $code == "$3:0" ]]; then
    echo "ok: $2: job $1 ended with exit code $3"
  else
    failed "$1" "$2: job $1 is $(field "$1" JobState), exit code $code, expected $3:0"
    return 1
  fi
}

# Ended well, and the log's last line is a valid result on all the ranks and nodes asked for.
expect_valid_run() { # JOB WHAT RANKS NODES
  expect_exit "$1" "$2" 0 || return 0
  local log=$HOGWILD_DATA_DIR/run-$1.jsonl result key
  result=$(tail -n 1 "$log" 2>/dev/null | tr -d ' ') || true
  for key in '"event":"result"' '"verdict":"VALID"' "\"ranks\":$3" "\"nodes\":$4"; do
    [[ $result == *"$key"[,\}]* ]] ||
      { failed "$1" "$2: no $key at the end of $log: ${result:-no such log}"; return 0; }
  done
  echo "ok: $2: VALID on $3 ranks, nodes $4"
  [[ -s $HOGWILD_DATA_DIR/run-$1.model.h5 ]] || failed "$1" "$2: no model file"
}

# Requeued, and one run by its log. Once, as a rule: on a slow machine Slurm may take a node for lost that only lags, or
# requeue a job that has just done so itself.
expect_continued() { # JOB WHAT RANKS NODES
  expect_valid_run "$1" "$2" "$3" "$4"
  if (($(field "$1" Restarts) >= 1)) && grep -q '"event":"resume"' "$HOGWILD_DATA_DIR/run-$1.jsonl"; then
    echo "ok: $2: requeued, continued"
  else
    failed "$1" "$2: was not continued: Restarts=$(field "$1" Restarts)"
  fi
}

submit_preemptible() { # LAUNCHER SBATCH_OPTIONS…: with more to do than it will get done before it is interrupted
  HOGWILD_HOME=$root HOGWILD_LAUNCHER=$1 submit "${@:2}" "$root/jobs/slurm/train_preemptible.sbatch" "${strategy[@]}" \
    --iterations "$long" --evaluate-every 0 --checkpoint-every 1s
}

has_checkpoint() { [[ -s $HOGWILD_DATA_DIR/run-$1.ckpt.h5 ]]; } # JOB

# Conversion, a grid in two shares, their merge, training with the selected settings: each after the one before.
check_chain() { # LAUNCHER CHAIN_OPTIONS…
  local ids job what
  ids=$(cd "$scratch" && HOGWILD_LAUNCHER=$1 bash "$root/jobs/slurm/chain.sh" --shares 2 --sweep-on --ntasks=2 \
    --train-on "${spread[*]}" --train "${strategy[*]} --iterations 30" "${@:2}" "${grid[@]}") ||
    { failed none "chain.sh, $1: $ids"; return 0; }
  while read -r what _ job _; do
    what=${what%:}
    job=${job%,}
    case $what in
      preprocess | merge) expect_exit "$job" "chain.sh, $1, $what" 0 || return 0 ;;
      sweep) expect_exit "${job}_1" "chain.sh, $1, share 1" 0 && expect_exit "${job}_2" "chain.sh, $1, share 2" 0 ||
        return 0 ;;
      train) expect_valid_run "$job" "chain.sh, $1, train_nodes.sbatch" "$ranks" "${nodes:-1}" ;;
    esac
  done <<<"$ids"
  if (($(wc -l <"$HOGWILD_DATA_DIR/sweep.csv") != 5)) ||
    ! grep -q '^learning-rate = ' "$HOGWILD_DATA_DIR/sweep.best.ini"; then
    failed none "chain.sh, $1: sweep.csv or sweep.best.ini is not of the whole grid"
  fi
}

# A node that goes takes all its processes along, Slurm's daemon and the ranks. The jobs come back on those that are
# left.
check_lost_node() {
  local launcher job jobs=() victim
  victim=$(bash "$simulator" names | tail -n 1)
  for launcher in "${launchers[@]}"; do
    job=$(submit_preemptible "$launcher" --nodes="$((nodes - 1))-$nodes" --ntasks="$ranks")
    jobs+=("$job")
    wait_until "$job" "lost node, $launcher" has_checkpoint "$job" || return 0
  done
  bash "$simulator" kill "$victim"
  for job in "${jobs[@]}"; do
    expect_continued "$job" "train_preemptible.sbatch, a node of $nodes lost" "$ranks" "$((nodes - 1))"
  done
}

(($# == 1 || $# == 2)) || usage "one or two arguments"
# shellcheck source=jobs/lib/mpi_env.sh
source "$root/jobs/lib/mpi_env.sh"
build_dir=$(realpath -m -- "$1")
nodes=${2:-}
[[ -z $nodes || $nodes =~ ^[2-9]$ ]] || usage "2 to 9 nodes"
check_prerequisites
scratch=${HOGWILD_SLURM_SCRATCH:-$(mktemp -d /tmp/hogwild-slurm.XXXXXX)}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
[[ -z $nodes || -n ${HOGWILD_SLURM_SCRATCH:-} ]] || run_on_simulated_nodes

"$build_dir/bin/rcv1_synthesize" --output-dir "$scratch/text" --train-documents 2000 --test-documents 1000 --seed 1
export THROWAWAY_SLURM_DIR=$scratch/slurm
settings=$(bash "$here/throwaway_slurm.sh" start 8 ${nodes:+--simulated-nodes})
eval "$settings"

# The jobs find their data by these, as a user's edited lines would tell them. Memory is not what is tried here.
unset HOGWILD_HOME HOGWILD_LAUNCHER HOGWILD_CATEGORY HOGWILD_CONFIG HOGWILD_SHARES HOGWILD_RUN
unset "${!SLURM_JOB@}" "${!SBATCH_@}" "${!SLURM_NTASKS@}"
export HOGWILD_TEXT_DIR=$scratch/text HOGWILD_DATA_DIR=$scratch/data HOGWILD_BUILD_DIR=$build_dir SBATCH_MEM_PER_NODE=0
grid=(--iterations 10 --learning-rate "0.01,0.03" --lambda "1e-4,1e-3")
strategy=()
long=60000 # iterations: some seconds
if [[ -z $nodes ]]; then
  spread=(--nodes=1 --ntasks-per-node=4)
  ranks=4
else
  spread=(--nodes="$nodes" --ntasks-per-node=2)
  ranks=$((2 * nodes))
fi
launchers=(mpirun)
if srun --mpi=list 2>&1 | grep -q pmix; then
  launchers+=(srun)
else
  echo "not tried: srun, as this Slurm knows no pmix"
fi

check_chain mpirun
[[ " ${launchers[*]} " != *" srun "* ]] || check_chain srun --skip-preprocess

# Submitted below the source tree, and from a foreign folder with HOGWILD_HOME: both must find the tree.
cd "$root/jobs/slurm"
train=$(submit --ntasks=4 train.sbatch --iterations 20)
cd "$scratch"
last=${launchers[-1]}
srun_train=$(HOGWILD_HOME=$root HOGWILD_LAUNCHER=$last submit --ntasks=4 "$root/jobs/slurm/train.sbatch" --iterations 20)
refused=$(HOGWILD_HOME=$root submit --ntasks=2 "$root/jobs/slurm/train.sbatch" --no-such-option)
stray=$(submit "$root/jobs/slurm/preprocess.sbatch")
expect_valid_run "$train" "train.sbatch, mpirun" 4 1
expect_valid_run "$srun_train" "train.sbatch, $last" 4 1
expect_exit "$refused" "train.sbatch with an unknown option" 2 || true
expect_exit "$stray" "preprocess.sbatch outside any source tree" 66 || true

# Interrupted once, while they train: they must come back by themselves and end as one run.
interrupted=()
for launcher in "${launchers[@]}"; do
  job=$(submit_preemptible "$launcher" --nodes="${nodes:-1}" --ntasks="$ranks")
  interrupted+=("$job")
  wait_until "$job" "train_preemptible.sbatch, $launcher" has_checkpoint "$job" || continue
  scancel --signal=USR1 --batch "$job"
done
for job in "${interrupted[@]}"; do
  expect_continued "$job" "train_preemptible.sbatch, interrupted" "$ranks" "${nodes:-1}"
  grep -q '"event":"stop"' "$HOGWILD_DATA_DIR/run-$job.jsonl" || failed "$job" "the log of job $job has no stop"
done

[[ -z $nodes ]] || check_lost_node

if ((failures > 0)); then
  echo "test_sbatch: $failures checks failed; the last lines of Slurm's logs:"
  tail -n 15 "$scratch"/slurm/log/slurm*.log
  exit 1
fi
