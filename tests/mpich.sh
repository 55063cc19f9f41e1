#!/usr/bin/env bash
# Builds the whole program with MPICH, in build/mpich beside the other MPI, and runs its tests on one and two ranks
# (MPICH is very slow with more ranks than cores). Arguments go to ctest. The last line is "N passed, N failed,
# N skipped"; the exit code is 0 only when nothing failed, and 77 where there is no MPICH to be had.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=jobs/lib/packages.sh
source "$root/jobs/lib/packages.sh"
# shellcheck source=tests/support/ctest.sh
source "$root/tests/support/ctest.sh"

tests='^(test_(mpi|train)\.np[12]|commands\.(train|train_settings|strategies|bad_input|checkpoint|predict|placement|stage))$'
targets=(hogwild rcv1_to_hdf5 svmlight_to_hdf5 matrix_to_hdf5 hdf5_to_svmlight hdf5_inspect rcv1_synthesize
  test_mpi test_train mpi_fault)

skip() {
  echo "-- skipped: $1"
  exit 77
}

build() {
  (cd "$root" && cmake --preset mpich -DHOGWILD_WERROR=ON -DHOGWILD_SAMPLE_DIR="${HOGWILD_SAMPLE_DIR:-}") &&
    cmake --build "$root/build/mpich" -j"$(nproc)" --target "${targets[@]}"
}

use_ccache
absolute HOGWILD_SAMPLE_DIR
ensure_packages "${HOGWILD_BUILD_PACKAGES[@]}" "${HOGWILD_TEST_PACKAGES[@]}" "${HOGWILD_MPICH_PACKAGES[@]}" ||
  skip "MPICH could not be installed"
{ command -v mpicxx.mpich && command -v mpiexec.mpich; } >/dev/null || skip "mpicxx.mpich and mpiexec.mpich are not there"
build || { echo "The program could not be built with MPICH; the reason is above." >&2; finish 0 1 0; }
"$root/build/mpich/bin/hogwild" --version | grep MPICH || { echo "built, but not with MPICH" >&2; finish 0 1 0; }

export HOGWILD_MOST_RANKS=2
run_ctest "$root/build/mpich" -R "$tests" "$@"
