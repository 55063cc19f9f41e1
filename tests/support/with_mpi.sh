#!/usr/bin/env bash
# Runs a command with what mpirun needs and with a temporary folder of its own:  with_mpi.sh COMMAND...
# Open MPI makes TMPDIR/ompi.HOST.USER and removes it at the end. Where two mpiruns share TMPDIR, one of them may find
# that folder gone, or there, in the moment between its look and its mkdir. The name is short: the path of a socket in
# the folder has at most 107 characters.
set -euo pipefail

# shellcheck source=jobs/lib/mpi_env.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../jobs/lib/mpi_env.sh"
# An ordinary user's tests are root in the namespaces that they make, for a small disk.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export PRTE_ALLOW_RUN_AS_ROOT=1 PRTE_ALLOW_RUN_AS_ROOT_CONFIRM=1
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0} # the MPI libraries leak
TMPDIR=$(mktemp -d /tmp/hw-XXXXXX)
chmod 711 "$TMPDIR" # other users, as which some tests run programs, get to the folders in it
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
"$@"
