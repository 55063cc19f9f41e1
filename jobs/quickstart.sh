#!/usr/bin/env bash
# From a fresh clone to a trained model: packages, build, data, conversion, training. Run it again at will:
# what is there and up to date is not made again.
set -euo pipefail

usage() {
  cat <<'END'
Usage: bash jobs/quickstart.sh [--rcv1 DIR] [--ranks N] [--work-dir DIR] [--build-dir DIR] [-- TRAIN OPTIONS]

  --rcv1 DIR       train on the RCV1-v2 text files in DIR (see jobs/fetch_rcv1.sh) instead of synthetic data
  --ranks N        MPI ranks to train with (8)
  --work-dir DIR   where data sets, log and model go (data/synthetic or data/rcv1 in the source tree)
  --build-dir DIR  where to build (build/release in the source tree)
  -- OPTIONS       passed on to hogwild train, for example:  -- --strategy locked --epochs 5
END
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=jobs/packages.sh
source "$root/jobs/packages.sh"
# shellcheck source=jobs/mpi_env.sh
source "$root/jobs/mpi_env.sh"

default_build_dir=$root/build/release
build_dir=$default_build_dir
work_dir=''
rcv1_dir=''
ranks=8
extra=() # options of the user's for hogwild train

fail() { # EXIT_CODE MESSAGE...
  echo "quickstart: ${*:2}" >&2
  exit "$1"
}

step() { printf '\n== %s\n' "$*"; }

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
    work_dir=$root/data/rcv1
  elif [[ -z $work_dir ]]; then
    work_dir=$root/data/synthetic
  fi
}

make_folder() { # DIR OPTION_THAT_CHANGES_IT
  { mkdir -p "$1" && [[ -w $1 ]]; } 2>/dev/null || fail 73 "cannot write to $1: choose another folder with $2"
}

build() {
  # A finished build of somebody else's (root's, a colleague's) will do.
  if [[ -x $build_dir/bin/hogwild && ! -w $build_dir ]]; then
    echo "$build_dir is not ours to write to: using the programs that are built there"
    return
  fi
  make_folder "$build_dir" --build-dir
  if [[ $build_dir == "$default_build_dir" ]]; then
    (cd "$root" && cmake --preset release)
  else
    cmake -S "$root" -B "$build_dir" -DCMAKE_BUILD_TYPE=Release
  fi
  cmake --build "$build_dir" -j"$(nproc)"
}

# What a product was made from and what it was when finished: one line per file with size and time of change.
# A stamp beside the product holds it; a product whose stamp still tells the truth need not be made again.
signature() { stat -c '%n %s %y' -- "$@" 2>/dev/null || true; }
up_to_date() { [[ -f $1 && $(<"$1") == "$(signature "${@:2}")" ]]; } # STAMP FILE...

# Sets text_files: train, four test files, topics; packed or not. Names in missing_text what is not there.
find_text() { # DIR
  local name
  text_files=()
  missing_text=()
  for name in lyrl2004_vectors_train.dat lyrl2004_vectors_test_pt{0..3}.dat rcv1-v2.topics.qrels; do
    if [[ -f $1/$name.gz ]]; then
      text_files+=("$1/$name.gz")
    elif [[ -f $1/$name ]]; then
      text_files+=("$1/$name")
    else
      missing_text+=("${name}[.gz]")
    fi
  done
  ((${#missing_text[@]} == 0))
}

check_rcv1() {
  find_text "$rcv1_dir" || fail 66 "not in $rcv1_dir: ${missing_text[*]}." \
    "To download: $(printf '%q ' bash "$root/jobs/fetch_rcv1.sh" --dir "$rcv1_dir")"
}

synthesize() {
  local text=$work_dir/text stamp=$work_dir/.text.stamp tool=$build_dir/bin/rcv1_synthesize
  if find_text "$text" && up_to_date "$stamp" "$tool" "${text_files[@]}"; then
    echo "$text is up to date"
    return
  fi
  rm -f "$stamp"
  mkdir -p "$text"
  "$tool" --output-dir "$text" --train-documents 23149 --test-documents 20000 --seed 1
  find_text "$text" || fail 1 "rcv1_synthesize did not write ${missing_text[*]} into $text"
  signature "$tool" "${text_files[@]}" >"$stamp"
}

convert() { # NAME COMMAND...: the command makes NAME.h5 in the work folder out of text_files
  local output=$work_dir/$1.h5 stamp=$work_dir/.$1.h5.stamp
  shift
  if up_to_date "$stamp" "$1" "${text_files[@]}" "$output"; then
    echo "$output is up to date"
    return
  fi
  rm -f "$stamp"
  "$@"
  signature "$1" "${text_files[@]}" "$output" >"$stamp"
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
ensure_packages "${HOGWILD_BUILD_PACKAGES[@]}"
echo "all there"

step "2/5 Build in $build_dir"
build

make_folder "$work_dir" --work-dir
if [[ -n $rcv1_dir ]]; then
  step "3/5 Text: RCV1-v2"
  echo "using the files in $rcv1_dir"
else
  step "3/5 Text: synthetic, in the shape of RCV1-v2"
  synthesize
fi

step "4/5 Convert to HDF5"
converter=$build_dir/bin/rcv1_to_hdf5
topics=${text_files[5]}
train_set=("$converter" --vectors "${text_files[0]}" --topics "$topics" --output "$work_dir/train.h5")
test_set=("$converter" --vectors "${text_files[@]:1:4}" --topics "$topics" --output "$work_dir/test.h5")
convert train "${train_set[@]}"
convert test "${test_set[@]}"

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
