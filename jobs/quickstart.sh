#!/usr/bin/env bash
# From a fresh clone to a trained model: packages, build, data, conversion, training; see --help.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=jobs/lib/python.sh
source "$root/jobs/lib/python.sh"
ensure_packages python3
run_python "$root/jobs/quickstart.py" "$@"
