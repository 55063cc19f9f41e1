#!/usr/bin/env bash
# Every source but the tests compiles with Clang without a warning, and by itself: where sources are compiled together, one can miss what another
# includes. The tests are compiled by tests/sanitizers.sh. Nothing is linked: that takes a third of the time.
#   bash tests/clang_build.sh [FOLDERS]     src,hdf5_tools by default; for example src/io,tests/io
# Exit code 77: Clang is not installed and cannot be.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=jobs/lib/packages.sh
source jobs/lib/packages.sh
if ! ensure_packages clang "${HOGWILD_BUILD_PACKAGES[@]}" "${HOGWILD_TEST_PACKAGES[@]}" ||
  ! command -v clang++ >/dev/null; then
  echo "clang_build: skipped: no clang++ (package clang)"
  exit 77
fi
mkdir -p build
cmake -S . -B build/clang -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ -DHOGWILD_WERROR=ON \
  -DBUILD_TESTING=ON >build/clang.log 2>&1 || { cat build/clang.log >&2; exit 1; }
python3 tests/support/check_sources.py build/clang "${1:-src,hdf5_tools}" -- compile
