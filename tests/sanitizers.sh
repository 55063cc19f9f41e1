#!/usr/bin/env bash
# Builds with sanitizers, without a warning of GCC or Clang, and runs the tests that they can see into:
#   thread:             the racy kernels with threads in one process; reading ahead
#   address, undefined: parsers, files, kernels, and the strategies on two ranks
# Exit code 77, with the reason: Clang's sanitizers cannot be had, so that only the first were run.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=jobs/lib/packages.sh
source "$root/jobs/lib/packages.sh"
# shellcheck source=jobs/lib/mpi_env.sh
source "$root/jobs/lib/mpi_env.sh"
# shellcheck source=tests/support/asan.sh
source "$root/tests/support/asan.sh"
# shellcheck source=tests/support/ctest.sh
source "$root/tests/support/ctest.sh"
use_ccache
ensure_packages "${HOGWILD_BUILD_PACKAGES[@]}" "${HOGWILD_TEST_PACKAGES[@]}"

build_preset "$root" tsan test_model test_io
"$root/build/tsan/bin/test_model" --gtest_filter='ThreadTwin.*'
"$root/build/tsan/bin/test_io" --gtest_filter='ReadAheadTest.*:TextReaderTest.*:DatasetShards.Stream*-*Overlong*' --gtest_brief=1

require_asan
serial=(test_data test_model test_io test_public)
parallel=(test_mpi test_train test_app)
# golden_trajectories for its warnings only, the fuzzers for tests/fuzz.sh
build_preset "$root" asan "${serial[@]}" "${parallel[@]}" golden_trajectories fuzzers
export ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 # the MPI libraries leak
bin=$root/build/asan/bin
# env: xargs puts no argument into the name of a program
printf '%s\n' "${serial[@]}" | xargs -P "$(nproc)" -I{} env "$bin/{}" --gtest_brief=1
for program in "${parallel[@]}"; do mpirun -np 2 "$bin/$program" --gtest_brief=1; done
