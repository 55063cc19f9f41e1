# shellcheck shell=bash
# The build in build/asan: Clang's address and undefined behaviour sanitizers, with libFuzzer's instructions. To be sourced, with
# ctest.sh and jobs/lib/packages.sh.

_clang_can_sanitize() { # LOG: whether Clang builds a program with libFuzzer and the sanitizers
  command -v clang++ >/dev/null || return 1
  echo 'extern "C" int LLVMFuzzerTestOneInput(const char*, unsigned long) { return 0; }' |
    clang++ -fsanitize=fuzzer,address,undefined -x c++ - -o /dev/null >"$1" 2>&1
}

# Debian has the runtime in a package of its own; with Ubuntu 22.04 it comes along.
require_asan() { # installs what is missing; ends the script with 77, and the reason, where that cannot be
  local log
  log=$(mktemp)
  if ! _clang_can_sanitize "$log"; then
    ensure_packages clang || { echo "skipped: no clang++ here"; exit 77; }
    _clang_can_sanitize "$log" || ensure_packages libclang-rt-dev || true
    _clang_can_sanitize "$log" || { echo "skipped: clang++ has no sanitizers: $(head -n 1 "$log")"; exit 77; }
  fi
  rm -f "$log"
}

build_preset() { # ROOT PRESET TARGET...
  (cd "$1" && cmake --preset "$2" >/dev/null && cmake --build "build/$2" -j"$(nproc)" --target "${@:3}")
}
