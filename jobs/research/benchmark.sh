#!/usr/bin/env bash
# How fast training and conversion are here, and what the meters cost; see --help.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=jobs/lib/python.sh
source "$root/jobs/lib/python.sh"
run_python "$root/jobs/research/benchmark.py" "$@"
