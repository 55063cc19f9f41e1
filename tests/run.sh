#!/usr/bin/env bash
# Builds everything in build/release and runs the tests. Arguments go to ctest:  bash tests/run.sh -R golden
# The last line is "N passed, N failed, N skipped"; the exit code is 0 only when nothing failed.
#   HOGWILD_WERROR=1                     warnings are errors
#   HOGWILD_SAMPLE_DIR, HOGWILD_GOLDEN   where the real sample and the reference trajectories are
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=jobs/lib/packages.sh
source "$root/jobs/lib/packages.sh"
# shellcheck source=jobs/lib/mpi_env.sh
source "$root/jobs/lib/mpi_env.sh"
# shellcheck source=tests/support/ctest.sh
source "$root/tests/support/ctest.sh"

build_dir=$root/build/release

# Every setting is given every time: cmake would remember that of an earlier run.
build() {
  local werror=OFF
  [[ ${HOGWILD_WERROR:-0} != 1 ]] || werror=ON
  ensure_packages "${HOGWILD_BUILD_PACKAGES[@]}" "${HOGWILD_TEST_PACKAGES[@]}" &&
    (cd "$root" && cmake --preset release -DBUILD_TESTING=ON -DHOGWILD_WERROR="$werror" \
      -DHOGWILD_SAMPLE_DIR="${HOGWILD_SAMPLE_DIR:-}" -DHOGWILD_GOLDEN="${HOGWILD_GOLDEN:-}") &&
    cmake --build "$build_dir" -j"$(nproc)"
}

use_ccache
absolute HOGWILD_SAMPLE_DIR HOGWILD_GOLDEN
build || { echo "The tests could not be built; the reason is above." >&2; finish 0 1 0; }

run_ctest "$build_dir" "$@"
