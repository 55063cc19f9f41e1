#!/usr/bin/env bash
# From a fresh clone to a trained model: packages, build, data, conversion, training. Run it again at will:
# what is there and up to date is not made again.
set -euo pipefail

usage() {
  cat <<'END'
Usage: bash jobs/quickstart.sh [--rcv1 DIR] [--ranks N] [--work-dir DIR] [--build-dir DIR] [-- TRAIN OPTIONS]

  --rcv1 DIR       train on the RCV1-v2 text files in DIR (see jobs/fetch_rcv1.sh) instead of synthetic data
  --ranks N        MPI ranks to train with (8)
  --work-dir DIR   where data sets, log and model go (data/synthetic or data/rcv1 in the source tree;
                   from an installed script in the current folder)
  --build-dir DIR  where to build (build/release in the source tree)
  -- OPTIONS       passed on to hogwild train, for example:  -- --strategy locked --epochs 5
END
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=jobs/packages.sh
source "$root/jobs/packages.sh"
# shellcheck source=jobs/mpi_env.sh
source "$root/jobs/mpi_env.sh"
# shellcheck disable=SC2034  # for prepare.sh
program=quickstart
# shellcheck source=jobs/prepare.sh
source "$root/jobs/prepare.sh"

default_build_dir=$root/build/release
build_dir=$default_build_dir
work_dir=''
rcv1_dir=''
ranks=8
extra=() # options of the user's for hogwild train

# Prints a command so that it can be copied into a shell.
show() {
  local line
  line=$(printf ' %q' "$@")
  echo " $line"
}

parse_options() {
  while (($# > 0)); do
    case $1 in
      --) extra=("${@:2}"); break ;;
      -h | --help) usage; exit 0 ;;
      --rcv1 | --ranks | --work-dir | --build-dir) (($# > 1)) || fail 2 "$1 needs a value" ;;
      *) fail 2 "unknown option $1 (options for the training itself come after --; see --help)" ;;
    esac
    case $1 in
      --ranks) ranks=$2 ;;
      --rcv1) rcv1_dir=$(realpath -m -- "$2") ;;
      --work-dir) work_dir=$(realpath -m -- "$2") ;;
      --build-dir) build_dir=$(realpath -m -- "$2") ;;
    esac
    shift 2
  done
  [[ $ranks =~ ^[1-9][0-9]{0,4}$ ]] || fail 2 "--ranks must be a whole number from 1 on, not '$ranks'"
  if [[ -z $work_dir && -n $rcv1_dir ]]; then
    work_dir=$(default_data_dir)/rcv1
  elif [[ -z $work_dir ]]; then
    work_dir=$(default_data_dir)/synthetic
  fi
}

# The user's value of a training option, else the default.
value_of() { # OPTION DEFAULT
  local i
  for i in "${!extra[@]}"; do
    case ${extra[i]} in
      "$1") echo "${extra[i + 1]:-}"; return ;;
      "$1="*) echo "${extra[i]#*=}"; return ;;
    esac
  done
  echo "$2"
}

given() { [[ $(value_of "$1" @none) != @none ]]; }

config_names() { # NAME: whether the user's --config file sets it
  given --config && grep -qE "^[[:space:]]*$1[[:space:]]*=" "$(value_of --config '')" 2>/dev/null
}

# Appends an option to train_command unless the user gives it: options may not come twice.
option() { given "$1" || train_command+=("$1" "$2"); }

compose_train_command() {
  train_command=(mpirun -np "$ranks" "$build_dir/bin/hogwild" train)
  option --train "$work_dir/train.h5"
  option --test "$work_dir/test.h5"
  # The command line wins over a --config file: leave to the file what it settles.
  config_names category || option --category CCAT
  if ! given --config; then
    option --strategy lock-free
    given --epochs || option --iterations 400
  fi
  option --log "$work_dir/run.jsonl"
  option --model "$work_dir/model.h5"
  train_command+=("${extra[@]}")
}

parse_options "$@"
[[ -z $rcv1_dir ]] || check_rcv1 # before anything that takes time

step "1/5 Packages"
scripts_are_installed || ensure_packages "${HOGWILD_BUILD_PACKAGES[@]}"
echo "all there"

step "2/5 Build in $build_dir"
build all

make_folder "$work_dir" --work-dir
if [[ -n $rcv1_dir ]]; then
  step "3/5 Text: RCV1-v2"
  echo "using the files in $rcv1_dir"
else
  step "3/5 Text: synthetic, in the shape of RCV1-v2"
  synthesize "$work_dir"
fi

step "4/5 Convert to HDF5"
compose_conversions "$work_dir"
convert "$work_dir" train "${train_set[@]}"
convert "$work_dir" test "${test_set[@]}"

step "5/5 Train on $ranks ranks"
compose_train_command
status=0
"${train_command[@]}" || status=$?
((status == 0)) || fail "$status" "hogwild ended with exit code $status; the reason is above"

step "Done"
echo "model: $(value_of --model "$work_dir/model.h5")"
echo "log:   $(value_of --log "$work_dir/run.jsonl")"
echo
echo "The same by hand (the first line lets mpirun start more ranks than there are cores):"
show source "$root/jobs/mpi_env.sh"
show "${train_set[@]}"
show "${test_set[@]}"
show "${train_command[@]}"
