#!/usr/bin/env bash
# Training on documents that stay in their files (train --rows stream), beside training on documents in memory; see --help.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=jobs/lib/python.sh
source "$root/jobs/lib/python.sh"
# shellcheck source=jobs/lib/mpi_env.sh
source "$root/jobs/lib/mpi_env.sh"
run_python "$root/jobs/research/benchmark_stream.py" "$@"
