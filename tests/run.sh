#!/usr/bin/env bash
# Builds everything in build/release and runs the tests. Arguments go to ctest:  bash tests/run.sh -R golden
# The last line is "N passed, N failed, N skipped"; the exit code is 0 only when nothing failed.
#   HOGWILD_WERROR=1                     warnings are errors
#   HOGWILD_SAMPLE_DIR, HOGWILD_GOLDEN   where the real sample and the reference trajectories are
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=jobs/packages.sh
source "$root/jobs/packages.sh"
# shellcheck source=jobs/mpi_env.sh
source "$root/jobs/mpi_env.sh"

build_dir=$root/build/release
log=$build_dir/Testing/run.log

# The tests run in other folders than the caller's.
absolute() { # NAME: of an environment variable that holds a path
  [[ -z ${!1:-} ]] || export "$1=$(realpath -m -- "${!1}")"
}

# Every setting is given every time: cmake would remember that of an earlier run.
build() {
  local werror=OFF
  [[ ${HOGWILD_WERROR:-0} != 1 ]] || werror=ON
  ensure_packages "${HOGWILD_BUILD_PACKAGES[@]}" "${HOGWILD_TEST_PACKAGES[@]}" &&
    (cd "$root" && cmake --preset release -DBUILD_TESTING=ON -DHOGWILD_WERROR="$werror" \
      -DHOGWILD_SAMPLE_DIR="${HOGWILD_SAMPLE_DIR:-}" -DHOGWILD_GOLDEN="${HOGWILD_GOLDEN:-}") &&
    cmake --build "$build_dir" -j"$(nproc)"
}

# From ctest's closing summary and not from its line per test: what a failed test printed may look like one.
# Tests that ctest was told not to run ("Disabled") are not in its total.
count() { # LOG: prints passed, failed, skipped
  awk '/^[0-9]+% tests passed, [0-9]+ tests? failed out of [0-9]+$/ { failed = $4; total = $NF; skipped = disabled = 0 }
       /^\t *[0-9]+ - .* \(Skipped\)$/  { ++skipped }
       /^\t *[0-9]+ - .* \(Disabled\)$/ { ++disabled }
       END { if (total == "") print 0, 1, 0; else print total - failed - skipped, failed, skipped + disabled }' "$1"
}

finish() { # PASSED FAILED SKIPPED
  echo "$1 passed, $2 failed, $3 skipped"
  exit "$(($2 > 0))"
}

absolute HOGWILD_SAMPLE_DIR
absolute HOGWILD_GOLDEN
build || { echo "The tests could not be built; the reason is above." >&2; finish 0 1 0; }

mkdir -p "$(dirname "$log")"
status=0
ctest --test-dir "$build_dir" --output-on-failure --no-tests=error -j"$(nproc)" "$@" | tee "$log" || status=$?
read -r passed failed skipped < <(count "$log")
# ctest is unhappy although no test failed: it was interrupted, or misunderstood its arguments.
((status == 0 || failed > 0)) || failed=1
finish "$passed" "$failed" "$skipped"
