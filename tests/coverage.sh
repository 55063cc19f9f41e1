#!/usr/bin/env bash
# Line and branch coverage of src/ by the tests: bash tests/coverage.sh [CTEST ARGUMENTS]
# Builds in build/coverage; prints a line per file and the totals, and leaves pages in build/coverage/report/index.html.
# Ranks that a test kills leave no counts, so that what only they do counts as never done.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=jobs/lib/packages.sh
source "$root/jobs/lib/packages.sh"
# shellcheck source=jobs/lib/mpi_env.sh
source "$root/jobs/lib/mpi_env.sh"
# shellcheck source=tests/support/ctest.sh
source "$root/tests/support/ctest.sh"

build_dir=$root/build/coverage
umask 0 # tests that run as an ordinary user count too
use_ccache
absolute HOGWILD_SAMPLE_DIR HOGWILD_GOLDEN
ensure_packages "${HOGWILD_BUILD_PACKAGES[@]}" "${HOGWILD_TEST_PACKAGES[@]}" gcovr

# Counters are updated atomically: two threads of a process may count at the same time.
cmake -S "$root" -B "$build_dir" -DCMAKE_BUILD_TYPE=Debug -DBUILD_TESTING=ON \
  -DCMAKE_CXX_FLAGS='--coverage -O1 -fprofile-update=atomic' \
  -DHOGWILD_SAMPLE_DIR="${HOGWILD_SAMPLE_DIR:-}" -DHOGWILD_GOLDEN="${HOGWILD_GOLDEN:-}" >/dev/null
cmake --build "$build_dir" -j"$(nproc)"
find "$build_dir" -name '*.gcda' -delete # counts of an earlier run
status=0
ctest --test-dir "$build_dir" -j"$(nproc)" "$@" || status=$?

mkdir -p "$build_dir/report"
report() { gcovr --root "$root" --filter "$root/src/" --exclude-throw-branches --exclude-unreachable-branches "$@" "$build_dir"; }
report --html-details "$build_dir/report/index.html" --print-summary >/dev/null
report --print-summary
exit "$status"
