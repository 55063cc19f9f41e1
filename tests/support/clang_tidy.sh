#!/usr/bin/env bash
# clang-tidy has nothing to say about the sources, with the checks of .clang-tidy.
#   bash tests/support/clang_tidy.sh [FOLDERS]
# FOLDERS, for example src/io,hdf5_tools: all sources but the tests by default. Most sources are checked eight at a time,
# which takes less than half the time, since clang-tidy also looks at all that they include.
# Exit code 77: clang-tidy is not installed and cannot be.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=jobs/lib/packages.sh
source jobs/lib/packages.sh
if ! ensure_packages clang clang-tidy "${HOGWILD_BUILD_PACKAGES[@]}" ||
  ! command -v clang++ >/dev/null || ! command -v clang-tidy >/dev/null; then
  echo "clang_tidy: skipped: no clang++ or no clang-tidy (packages clang, clang-tidy)"
  exit 77
fi
mkdir -p build
cmake -S . -B build/clang-tidy -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_UNITY_BUILD=ON >build/clang-tidy.log 2>&1 ||
  { cat build/clang-tidy.log >&2; exit 1; }
python3 tests/support/check_sources.py build/clang-tidy \
  "${1:-src,hdf5_tools}" -- \
  clang-tidy --quiet -p "$PWD/build/clang-tidy" '--warnings-as-errors=*'
