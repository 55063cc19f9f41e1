# shellcheck shell=bash
# For scripts that build and run tests. To be sourced.

# Where there is a ccache, builds that cmake configures for the first time use it.
use_ccache() {
  if command -v ccache >/dev/null; then export CMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER-ccache}; fi
}

# The tests run in other folders than the caller's.
absolute() { # NAME...: of environment variables that hold a path
  local name
  for name in "$@"; do
    [[ -z ${!name:-} ]] || export "$name=$(realpath -m -- "${!name}")"
  done
}

# From ctest's closing summary and not from its line per test: what a failed test printed may look like one.
# Tests that ctest was told not to run ("Disabled") are not in its total.
count() { # LOG: prints passed, failed, skipped
  awk '/^[0-9]+% tests passed, [0-9]+ tests? failed out of [0-9]+$/ { failed = $4; total = $NF; skipped = disabled = 0 }
       /^\t *[0-9]+ - .* \(Skipped\)$/  { ++skipped }
       /^\t *[0-9]+ - .* \(Disabled\)$/ { ++disabled }
       END { if (total == "") print 0, 1, 0; else print total - failed - skipped, failed, skipped + disabled }' "$1"
}

finish() { # PASSED FAILED SKIPPED: the script's last line
  echo "$1 passed, $2 failed, $3 skipped"
  exit "$(($2 > 0))"
}

run_ctest() { # BUILD_DIR CTEST_ARGUMENTS...: does not return
  local log=$1/Testing/run.log status=0 passed failed skipped
  mkdir -p "$(dirname "$log")"
  ctest --test-dir "$1" --output-on-failure --no-tests=error -j"$(nproc)" "${@:2}" | tee "$log" || status=$?
  read -r passed failed skipped < <(count "$log")
  # ctest is unhappy although no test failed: it was interrupted, or misunderstood its arguments.
  ((status == 0 || failed > 0)) || failed=1
  finish "$passed" "$failed" "$skipped"
}
