#!/usr/bin/env bash
# The seed paper's figures and the fair comparison of strategies, measured on this machine: packages, build,
# data, runs, report. Run it again at will: runs that are done are not done again.
set -euo pipefail

usage() {
  cat <<'END'
Usage: bash jobs/research/experiments.sh [--quick] [--only NAMES] [--rcv1 DIR | --train T.h5 --test E.h5] [options]

  --quick          few seeds and short runs: shows in minutes that everything works, proves nothing
  --only NAMES     some of figure1,figure2,figure3,figure4,spark,grid,fair (all)
  --rcv1 DIR       on the RCV1-v2 text files in DIR (see jobs/fetch_rcv1.sh); without it, on synthetic data
  --train, --test  on these datasets instead
  --category C     topic of the positive class (CCAT)
  --output DIR     where report.md, plots, tables and raw results go (data/experiments in the source tree)
  --fresh          forget the runs in --output and do all of them again
  --cores N        take the machine for one of N cores (all those that may be used)
  --build-dir DIR  where to build (build/release in the source tree)
END
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=jobs/lib/packages.sh
source "$root/jobs/lib/packages.sh"
# shellcheck source=jobs/lib/mpi_env.sh
source "$root/jobs/lib/mpi_env.sh"
# shellcheck disable=SC2034  # for prepare.sh
program=experiments
# shellcheck source=jobs/lib/prepare.sh
source "$root/jobs/lib/prepare.sh"

default_build_dir=$root/build/release
build_dir=$default_build_dir
output=$root/data/experiments
rcv1_dir=''
train=''
test=''
options=() # for run.py as they are

parse_options() {
  while (($# > 0)); do
    case $1 in
      -h | --help) usage; exit 0 ;;
      --quick | --fresh) options+=("$1"); shift; continue ;;
      --only | --rcv1 | --train | --test | --category | --output | --cores | --build-dir)
        (($# > 1)) || fail 2 "$1 needs a value" ;;
      *) fail 2 "unknown option $1 (see --help)" ;;
    esac
    case $1 in
      --only | --category | --cores) options+=("$1=$2") ;;
      --rcv1) rcv1_dir=$(realpath -m -- "$2") ;;
      --train) train=$(realpath -m -- "$2") ;;
      --test) test=$(realpath -m -- "$2") ;;
      --output) output=$(realpath -m -- "$2") ;;
      --build-dir) build_dir=$(realpath -m -- "$2") ;;
    esac
    shift 2
  done
  [[ -z $train && -z $test ]] || [[ -n $train && -n $test ]] || fail 2 "--train and --test belong together"
  [[ -z $rcv1_dir || -z $train ]] || fail 2 "--rcv1 and --train exclude each other"
}

prepare_data() {
  local dir=$output/data
  if [[ -n $train ]]; then
    options+=("--data-name=$(basename "$train")")
    return
  fi
  if [[ -n $rcv1_dir ]]; then
    dir+=/rcv1
    options+=("--data-name=RCV1-v2" "--again=--rcv1 DIR")
    mkdir -p "$dir"
  else
    dir+=/synthetic
    options+=("--data-name=synthetic text in RCV1's shape" "--again=")
    mkdir -p "$dir"
    synthesize "$dir"
  fi
  compose_conversions "$dir"
  convert "$dir" train "${train_set[@]}"
  convert "$dir" test "${test_set[@]}"
  train=$dir/train.h5
  test=$dir/test.h5
}

parse_options "$@"
[[ -z $rcv1_dir ]] || check_rcv1 # before anything that takes time
# Not the python3 of a virtual environment, which lacks the distribution's modules.
python=/usr/bin/python3
[[ -x $python ]] || python=python3

step "1/4 Packages"
ensure_packages "${HOGWILD_BUILD_PACKAGES[@]}" "${HOGWILD_EXPERIMENT_PACKAGES[@]}"
echo "all there"

step "2/4 Build in $build_dir"
build hogwild rcv1_to_hdf5 rcv1_synthesize hdf5_to_svmlight

step "3/4 Data"
make_folder "$output" --output
prepare_data

step "4/4 Experiments"
exec "$python" "$root/jobs/research/experiments/run.py" --bin "$build_dir/bin" --train "$train" --test "$test" \
  --output "$output" "${options[@]}"
