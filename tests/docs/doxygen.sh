#!/usr/bin/env bash
# Everything in the public headers is documented, and Doxygen understands it.
#   doxygen.sh          0 passed, 1 failed, 77 no Doxygen
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=jobs/lib/packages.sh
source jobs/lib/packages.sh
ensure_packages doxygen >/dev/null || { echo "SKIP: doxygen is missing"; exit 77; }
mkdir -p build
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
{ cat docs/Doxyfile; echo "OUTPUT_DIRECTORY = $out"; } | doxygen - || { echo "FAILED: Doxygen has complaints, above"; exit 1; }
[[ -s $out/html/classhogwild_1_1Model.html ]] || { echo "FAILED: Doxygen did not see hogwild::Model"; exit 1; }
echo "the public headers are documented"
