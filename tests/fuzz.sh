#!/usr/bin/env bash
# Fuzzes what reads foreign text (tests/fuzz): every target for so many seconds, with limits on memory and time.
#   bash tests/fuzz.sh [SECONDS per target, 60]
# Exit code 77, with the reason, where Clang or its libFuzzer cannot be had. What makes a target fail is kept in
# build/asan/findings.
set -euo pipefail

seconds=${1:-60}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || { echo "usage: tests/fuzz.sh [SECONDS per target]" >&2; exit 2; }
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=jobs/lib/packages.sh
source "$root/jobs/lib/packages.sh"
# shellcheck source=tests/support/asan.sh
source "$root/tests/support/asan.sh"
# shellcheck source=tests/support/ctest.sh
source "$root/tests/support/ctest.sh"

bin=$root/build/asan/bin
findings=$root/build/asan/findings
scratch=$(mktemp -d)
# Background jobs do not end by Ctrl-C.
# shellcheck disable=SC2317,SC2329  # called by the trap
end() {
  local running
  mapfile -t running < <(jobs -p)
  ((${#running[@]} == 0)) || kill "${running[@]}" 2>/dev/null || true
  rm -rf "$scratch"
}
trap end EXIT

use_ccache
require_asan
ensure_packages "${HOGWILD_BUILD_PACKAGES[@]}" "${HOGWILD_TEST_PACKAGES[@]}"
build_preset "$root" asan fuzzers

fuzz() { # TARGET: one line that says how it went
  local target=$1 log=$scratch/$1.log work=$scratch/$1 status=0 runs peak
  mkdir -p "$work/corpus" "$work/found"
  cp "$root/tests/fuzz/corpus/$target"/* "$work/corpus"
  (cd "$work" && "$bin/fuzz_$target" -max_total_time="$seconds" -rss_limit_mb=512 -malloc_limit_mb=256 \
    -timeout=10 -print_final_stats=1 -artifact_prefix="$work/found/" corpus) >"$log" 2>&1 || status=$?
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  peak=$(sed -n 's/^stat::peak_rss_mb: *//p' "$log")
  if ((status == 0 && ${runs:-0} > 0)); then
    echo "fuzz $target: $runs inputs in $seconds s, nothing found; $peak MB at the peak"
    return 0
  fi
  mkdir -p "$findings/$target"
  cp "$log" "$work/found"/* "$findings/$target" 2>/dev/null || true
  { grep -vE '^#[0-9]+' "$log" || true; } | tail -n 60
  echo "fuzz $target: FAILED (exit code $status); log and input: $findings/$target"
  return 1
}

# What is freed stays forbidden for a while, but does not count as the target's memory for long.
export ASAN_OPTIONS=quarantine_size_mb=64
failed=0
for program in "$bin"/fuzz_*; do  # one on each core
  (($(jobs -rp | wc -l) < $(nproc))) || wait -n || failed=1
  fuzz "${program##*/fuzz_}" &
done
while [[ -n $(jobs -p) ]]; do wait -n || failed=1; done
exit "$failed"
