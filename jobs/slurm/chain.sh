#!/usr/bin/env bash
# From text files to the model of the best settings, as Slurm jobs that wait for each other; see --help.
# Needs python3 alone, and passes the environment on as it is: Slurm gives it to the jobs.
set -euo pipefail

exec python3 -B "$(dirname "${BASH_SOURCE[0]}")/chain.py" "$@"
