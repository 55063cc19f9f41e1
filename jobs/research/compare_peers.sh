#!/usr/bin/env bash
# Our training against scikit-learn's and LIBLINEAR's: the same files, the same run, in turns. Installs both from the
# distribution; build first (bash jobs/quickstart.sh).
#   bash jobs/research/compare_peers.sh --rcv1 DIR | --train T.h5 --test E.h5 [options, see --help]
# Prints a table and leaves it as peers.md, and with every single measurement as peers.json, in the output folder.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=jobs/lib/python.sh
source "$root/jobs/lib/python.sh"
ensure_packages "${HOGWILD_PEER_PACKAGES[@]}"
run_python "$root/jobs/research/peers/compare.py" "$@"
