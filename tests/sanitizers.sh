#!/usr/bin/env bash
# Builds with sanitizers and runs the tests that they can see into:
#   thread:             the racy kernels with threads in one process; reading ahead
#   address, undefined: parsers, files, kernels, and the strategies on two ranks
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=jobs/packages.sh
source "$root/jobs/packages.sh"
# shellcheck source=jobs/mpi_env.sh
source "$root/jobs/mpi_env.sh"
ensure_packages "${HOGWILD_BUILD_PACKAGES[@]}" "${HOGWILD_TEST_PACKAGES[@]}"

build() { # PRESET TARGET...
  (cd "$root" && cmake --preset "$1" >/dev/null)
  cmake --build "$root/build/$1" -j"$(nproc)" --target "${@:2}"
}

build tsan test_model test_io
"$root/build/tsan/bin/test_model" --gtest_filter='ThreadTwin.*'
"$root/build/tsan/bin/test_io" --gtest_filter='ReadAheadTest.*:TextReaderTest.*:ShardsTest.AStream*-*Overlong*' --gtest_brief=1

build asan test_data test_model test_io test_public test_mpi test_train
export ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 # the MPI libraries leak
bin=$root/build/asan/bin
for program in test_data test_model test_io test_public; do "$bin/$program" --gtest_brief=1; done
for program in test_mpi test_train; do mpirun -np 2 "$bin/$program" --gtest_brief=1; done
