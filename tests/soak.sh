#!/usr/bin/env bash
# Trains with random settings and breaks every run at random moments: ranks killed, signals, time limits, files that
# cannot grow, damaged checkpoints. Goes on until each is done, then compares it with a run that was left alone.
# Files of somebody else's lie in the folders of the outputs, outputs are links: all must be as before.
# The last line is "N faults, N survived, 0 lost"; the exit code is 0 only with 0 lost. Build first.
#   bash tests/soak.sh [--minutes 2] [--seed S]
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=jobs/lib/python.sh
source "$root/jobs/lib/python.sh"
run_python "$root/tests/support/soak.py" "$@"
