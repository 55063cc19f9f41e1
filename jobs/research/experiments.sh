#!/usr/bin/env bash
# The seed paper's figures and the fair comparison of strategies, measured on this machine; see --help.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=jobs/lib/python.sh
source "$root/jobs/lib/python.sh"
ensure_packages python3
run_python "$root/jobs/research/experiments/start.py" "$@"
