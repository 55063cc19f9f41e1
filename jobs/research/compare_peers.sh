#!/usr/bin/env bash
# Our training against scikit-learn's and LIBLINEAR's: the same files, the same run, in turns. Installs both from the
# distribution; build first (bash jobs/quickstart.sh).
#   bash jobs/research/compare_peers.sh [--rcv1 DIR | --train T.h5 --test E.h5] [--category CCAT] [--ranks "1 2"] [--repeats 5]
#                              [--build-dir DIR] [--output-dir DIR]
# Prints a table and leaves it as peers.md, and with every single measurement as peers.json, in the output folder.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=jobs/lib/packages.sh
source "$root/jobs/lib/packages.sh"
# shellcheck source=jobs/lib/mpi_env.sh
source "$root/jobs/lib/mpi_env.sh"

ensure_packages "${HOGWILD_PEER_PACKAGES[@]}"
python=/usr/bin/python3 # the distribution's own: another one may lack the modules
[[ -x $python ]] || python=python3
# One thread per process: numerical libraries would start more for themselves.
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
exec "$python" -B "$root/jobs/research/peers/compare.py" "$@"
