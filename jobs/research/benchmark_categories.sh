#!/usr/bin/env bash
# Training of all categories at once, beside scikit-learn and Snap ML; see --help. Installs scikit-learn from the
# distribution.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=jobs/lib/python.sh
source "$root/jobs/lib/python.sh"
ensure_packages "${HOGWILD_EXPERIMENT_PACKAGES[@]}"
run_python "$root/jobs/research/benchmark_categories.py" "$@"
