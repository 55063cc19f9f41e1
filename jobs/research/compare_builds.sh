#!/usr/bin/env bash
# Speed and memory of two builds, all strategies; see --help.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=jobs/lib/python.sh
source "$root/jobs/lib/python.sh"
run_python "$root/jobs/research/compare_builds.py" "$@"
