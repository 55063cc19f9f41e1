#!/usr/bin/env bash
# Downloads the RCV1-v2 text files (Lewis, Yang, Rose, Li 2004); see --help. Needs python3 alone.
set -euo pipefail

exec python3 -B "$(dirname "${BASH_SOURCE[0]}")/fetch_rcv1.py" "$@"
