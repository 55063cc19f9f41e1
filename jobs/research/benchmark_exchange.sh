#!/usr/bin/env bash
# What exchanges of a wide model cost between simulated nodes with a slow network; see --help. Needs root, for the nodes.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=jobs/lib/python.sh
source "$root/jobs/lib/python.sh"
ensure_packages "${HOGWILD_EXPERIMENT_PACKAGES[@]}"
run_python "$root/jobs/research/benchmark_exchange.py" "$@"
