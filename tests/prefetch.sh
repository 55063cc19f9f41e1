#!/usr/bin/env bash
# The training loop of the program asks for documents before it needs them: GCC 12 has deleted these instructions
# before, and nothing but the time showed it. Every loop over compact rows (Engine::update) must hold them.
#   bash tests/prefetch.sh [BUILD_DIR]
# Exit code 77: not an x86-64 program, or no objdump.
set -euo pipefail

build_dir=${1:-$(dirname "${BASH_SOURCE[0]}")/../build/release}
program=$build_dir/bin/hogwild
[[ -x $program ]] || { echo "prefetch: no program $program: build first" >&2; exit 66; }
if [[ $(uname -m) != x86_64 ]]; then echo "prefetch: skipped: only x86-64 instructions are known"; exit 77; fi
if ! command -v objdump >/dev/null; then echo "prefetch: skipped: no objdump (package binutils)"; exit 77; fi

# Gradient descent has two loops, for batches of one document and for larger ones; dual ascent, and descent in all
# outputs at once, have one.
objdump --disassemble --demangle --no-show-raw-insn "$program" | awk '
  /^[0-9a-f]+ <.*>:$/ {
    loop = ""
    if (match($0, /Engine<.*CompactReader<.*>::update\(/)) {
      loop = substr($0, RSTART, RLENGTH - 1)
      gsub(/hogwild::(train|model)::/, "", loop)
      prefetches[loop] += 0
    }
  }
  loop != "" && /\tprefetch/ { ++prefetches[loop] }
  END {
    for (loop in prefetches) {
      ++loops
      least = loop ~ /DualAscent|OneVsAll/ ? 1 : 2
      if (prefetches[loop] >= least) continue
      print "prefetch: " prefetches[loop] " instead of " least " or more in " loop
      bad = 1
    }
    if (loops < 8) {  # two precisions, two widths of indices, two losses at least
      print "prefetch: found " loops + 0 " training loops instead of 8 or more"
      bad = 1
    }
    if (!bad) print "prefetch: in all " loops " training loops"
    exit bad
  }'
