#!/usr/bin/env bash
# What a document costs at several lambdas; see --help.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=jobs/lib/python.sh
source "$root/jobs/lib/python.sh"
run_python "$root/jobs/research/benchmark_lambda.py" "$@"
