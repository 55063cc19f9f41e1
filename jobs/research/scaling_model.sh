#!/usr/bin/env bash
# How far training would scale beyond this machine, up to 1,024 nodes like it; see --help.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=jobs/lib/python.sh
source "$root/jobs/lib/python.sh"
ensure_packages python3
run_python "$root/jobs/research/scaling/start.py" "$@"
