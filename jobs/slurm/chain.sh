#!/usr/bin/env bash
# From text files to the model of the best settings, as Slurm jobs that wait for each other:
# conversion -> a grid search as a job array -> its merge -> training of the selected point on several nodes.
set -euo pipefail

usage() {
  cat <<'END'
Usage: bash jobs/slurm/chain.sh [--shares N] [--skip-preprocess] [--sweep-on "SBATCH OPTIONS"]
                          [--train-on "SBATCH OPTIONS"] [--train "TRAIN OPTIONS"] SWEEP OPTIONS...

  SWEEP OPTIONS        the grid, as for hogwild sweep: --config jobs/settings/paper_grid.ini, or options with lists
  --shares N           jobs among which the grid is shared out (4)
  --skip-preprocess    train.h5 and test.h5 are there already
  --sweep-on, --train-on
                       what sbatch gets for a job of the sweep ("--ntasks=16") and for the training
                       ("--nodes=8 --ntasks-per-node=32")
  --train "OPTIONS"    what the training changes in the selected settings ("--epochs 50")

Prints a line per job with its id. A job that fails cancels those that wait for it. Account, partition, modules and
folders stand at the top of jobs/slurm/*.sbatch; or set SBATCH_ACCOUNT, SBATCH_PARTITION, HOGWILD_DATA_DIR, ….
END
}

fail() { # EXIT_CODE MESSAGE
  echo "chain: $2" >&2
  exit "$1"
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
shares=4
preprocess=yes
sweep_on=''
train_on=''
train_options=''
grid=()

parse_options() {
  while (($# > 0)); do
    case $1 in
      -h | --help) usage; exit 0 ;;
      --skip-preprocess) preprocess=no; shift; continue ;;
      --shares | --sweep-on | --train-on | --train) (($# > 1)) || fail 2 "$1 needs a value" ;;
      *) grid+=("$1"); shift; continue ;;
    esac
    case $1 in
      --shares) shares=$2 ;;
      --sweep-on) sweep_on=$2 ;;
      --train-on) train_on=$2 ;;
      --train) train_options=$2 ;;
    esac
    shift 2
  done
  [[ $shares =~ ^[1-9][0-9]{0,3}$ ]] || fail 2 "--shares must be a number"
  ((${#grid[@]} > 0)) || fail 2 "which grid? (see --help)"
}

previous='' # the job to wait for
submit() { # WHAT SBATCH_ARGUMENTS...
  local dependency=() job
  [[ -z $previous ]] || dependency=(--dependency="afterok:$previous" --kill-on-invalid-dep=yes)
  job=$(sbatch --parsable "${dependency[@]}" "${@:2}") || fail 1 "sbatch refused: $1${previous:+ (after job $previous)}"
  job=${job%%;*} # JOB;CLUSTER where there are several
  echo "$1: job $job${previous:+, after $previous}"
  previous=$job
}

parse_options "$@"
command -v sbatch >/dev/null || fail 1 "sbatch is missing: no Slurm here"
export HOGWILD_HOME=${HOGWILD_HOME:-$(realpath -- "$here/../..")} HOGWILD_SHARES=$shares

[[ $preprocess == no ]] || submit preprocess "$here/preprocess.sbatch"
# shellcheck disable=SC2086  # options are words
{
  submit sweep $sweep_on --array="1-$shares" "$here/sweep.sbatch" "${grid[@]}"
  submit merge "$here/sweep_merge.sbatch" "${grid[@]}"
  HOGWILD_CONFIG=sweep.best.ini submit train $train_on "$here/train_nodes.sbatch" $train_options
}
