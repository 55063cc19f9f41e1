#!/usr/bin/env bash
# Installs into a prefix, moves it, and uses it as a stranger would: programs, man pages, completion, job scripts, and the
# example of docs/install.md, built by CMake and by pkg-config, whose scores must be those of hogwild predict.
#   test_install.sh BUILD_DIR          0 passed, 1 failed
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
build_dir=$(cd "${1:?usage: test_install.sh BUILD_DIR}" && pwd)
# shellcheck source=tests/install/common.sh
source "$here/common.sh"
# shellcheck source=jobs/lib/mpi_env.sh
source "$root/jobs/lib/mpi_env.sh"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
prefix=$scratch/moved
data=$scratch/data
mkdir "$data"

install_and_move() {
  build_installed "$build_dir"
  cmake --install "$build_dir" --prefix "$scratch/first" >/dev/null
  mv "$scratch/first" "$prefix" # nothing may remember where it was
  lib=$(dirname "$(find "$prefix" -name libhogwild.so)")
}

# The first block of a language in docs/install.md that holds the words.
example() { # LANGUAGE WORDS
  awk -v start="\`\`\`$1" -v words="$2" '
    $0 == start { inside = 1; text = ""; next }
    $0 == "```" { if (inside && index(text, words)) { printf "%s", text; exit } inside = 0 }
    inside { text = text $0 "\n" }' "$root/docs/install.md"
}

check_files() {
  local file
  for file in bin/hogwild bin/hdf5_inspect share/man/man1/hogwild.1 share/man/man1/hogwild-train.1 \
    share/man/man1/rcv1_to_hdf5.1 share/bash-completion/completions/hogwild share/zsh/site-functions/_hogwild \
    include/hogwild/model.hpp share/hogwild/jobs/quickstart.sh share/doc/hogwild/README.md; do
    [[ -s $prefix/$file ]] || fail "$file is not installed"
  done
  (cd "$root" && find jobs -type f -not -path '*/site/*' -not -name '*.pyc') >"$scratch/jobs"
  while read -r file; do
    cmp -s "$root/$file" "$prefix/share/hogwild/$file" || fail "$file is not installed"
  done <"$scratch/jobs"
  for file in quickstart.py slurm/train.sbatch lib/programs.sh settings/fast.ini; do
    [[ -s $prefix/share/hogwild/jobs/$file ]] || fail "jobs/$file is not installed"
  done
  ! grep -rlF -e "$root" -e "$build_dir" -e "$scratch" "$prefix" ||
    fail "the files above name folders of the build"
}

check_library() {
  local symbols
  symbols=$(nm -DC --defined-only "$lib/libhogwild.so")
  grep -q ' T hogwild::Model::score' <<<"$symbols" || fail "the library does not show Model::score"
  ! grep -E 'hogwild::(io|data|model)::|nlohmann|fmt::' <<<"$symbols" || fail "the library shows its inside"
  ! objdump -p "$lib/libhogwild.so" | grep -E 'NEEDED.*(mpi|boost)' || fail "the library needs more than it should"
}

compare_scores() { # SCORE_PROGRAM
  LD_LIBRARY_PATH=$lib "$1" "$data/model.h5" "$data/test.h5" >"$data/consumer.tsv" || fail "$1 ended with $?"
  (($(wc -l <"$data/consumer.tsv") == 200)) || fail "$1 did not score 200 documents"
  awk -F '\t' '{ printf "%s\t%.17g\n", $1, $2 }' "$data/scores.tsv" >"$data/expected.tsv"
  # predict writes in the order of the text, the consumer in that of the dataset
  cmp <(sort "$data/consumer.tsv") <(sort "$data/expected.tsv") || fail "$1 and hogwild predict give other scores"
  local status=0
  LD_LIBRARY_PATH=$lib "$1" "$data/none.h5" "$data/test.h5" 2>"$data/error" || status=$?
  [[ $status == 66 && $(<"$data/error") == *none.h5* ]] || fail "a missing model: exit code $status, $(<"$data/error")"
  (($(wc -l <"$data/error") == 1)) || fail "HDF5 speaks up in somebody else's program: $(<"$data/error")"
}

check_consumers() {
  local source=$scratch/consumer
  mkdir "$source"
  example cpp hogwild::Model >"$source/score.cpp"
  example cmake find_package >"$source/CMakeLists.txt"
  cmake -S "$source" -B "$source/build" -DCMAKE_PREFIX_PATH="$prefix" >"$source/log" 2>&1 || { cat "$source/log"; fail "find_package"; }
  cmake --build "$source/build" >"$source/log" 2>&1 || { cat "$source/log"; fail "the example does not build"; }
  compare_scores "$source/build/score"
  # Another minor version is refused.
  sed 's/hogwild 0.1/hogwild 0.2/' "$source/CMakeLists.txt" >"$source/other" && mv "$source/other" "$source/CMakeLists.txt"
  ! cmake -S "$source" -B "$source/other" -DCMAKE_PREFIX_PATH="$prefix" >/dev/null 2>&1 || fail "version 0.2 is found"
  local flags
  read -ra flags < <(PKG_CONFIG_PATH=$lib/pkgconfig pkg-config --cflags --libs hogwild)
  g++ -std=c++20 -Wall -Wextra -Wpedantic -Werror "$source/score.cpp" -o "$source/score" "${flags[@]}" || fail "pkg-config"
  compare_scores "$source/score"
}

# What installed scripts must not call: they neither build nor install packages.
forbid_builds() {
  local name
  mkdir "$scratch/forbidden"
  for name in cmake apt-get sudo; do
    printf '#!/bin/sh\necho "%s $*" >>%q\nexit 1\n' "$name" "$scratch/called" >"$scratch/forbidden/$name"
    chmod +x "$scratch/forbidden/$name"
  done
}

from_elsewhere() { # WHAT SCRIPT ARGUMENTS...: an installed script in a folder of the user's
  (cd "$scratch/elsewhere" && PATH=$scratch/forbidden:$PATH bash "$prefix/share/hogwild/jobs/$2" "${@:3}") >"$scratch/log" 2>&1 ||
    { tail -n 20 "$scratch/log"; fail "the installed $1"; }
  [[ ! -e $scratch/called ]] || fail "the installed $1 called $(<"$scratch/called")"
}

check_jobs() {
  local jobs=$prefix/share/hogwild/jobs
  mkdir "$scratch/elsewhere"
  forbid_builds
  from_elsewhere "quick start" quickstart.sh --ranks 1 -- --iterations 5 --quiet
  [[ -s $scratch/elsewhere/data/synthetic/model.h5 ]] || fail "the quick start left no model in the current folder"
  from_elsewhere benchmark research/benchmark_lambda.sh --documents 2000 --repeats 1 --lambdas 1e-4
  from_elsewhere "help of the experiments" research/experiments.sh --help
  # A package that is missing is named and not installed.
  # shellcheck disable=SC2016  # for the other shell
  ! PATH=$scratch/forbidden:$PATH bash -c 'source "$1" && ensure_packages no-such-package' bash "$jobs/lib/packages.sh" \
    >"$scratch/log" 2>&1 || fail "a missing package is not noticed"
  grep -q 'missing.*no-such-package' "$scratch/log" || { cat "$scratch/log"; fail "a missing package is not named"; }
  [[ ! -e $scratch/called ]] || fail "for a missing package an installed script called $(<"$scratch/called")"
  (cd "$scratch" && SLURM_JOB_ID=7 SLURM_NTASKS=1 SLURM_SUBMIT_DIR=$scratch HOGWILD_HOME=$prefix/share/hogwild \
    HOGWILD_DATA_DIR=data bash "$jobs/slurm/train.sbatch" --config jobs/settings/fast.ini --epochs 1 >"$data/job.log" 2>&1) ||
    { cat "$data/job.log"; fail "the installed batch script"; }
  [[ -s $data/run-7.model.h5 ]] || fail "the batch script left no model beside the data"
}

install_and_move
check_files
check_library
"$prefix/bin/hogwild" --version >/dev/null || fail "hogwild --version"
train_small_model "$prefix/bin" "$data"
check_consumers
check_jobs
echo "the installed programs, scripts and library work"
