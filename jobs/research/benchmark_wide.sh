#!/usr/bin/env bash
# Time and memory of training over the number of columns, beside scikit-learn; see --help. Installs scikit-learn from the
# distribution.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=jobs/lib/python.sh
source "$root/jobs/lib/python.sh"
ensure_packages "${HOGWILD_EXPERIMENT_PACKAGES[@]}"
run_python "$root/jobs/research/benchmark_wide.py" "$@"
