#!/usr/bin/env bash
# Makes the Debian package, looks at what it needs and holds, and runs it unpacked in a folder; where mmdebstrap can be
# had, also installs it in a system of its own.
#   test_package.sh BUILD_DIR          0 passed, 1 failed, 77 no Debian here
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
build_dir=$(cd "${1:?usage: test_package.sh BUILD_DIR}" && pwd)
# shellcheck source=tests/install/common.sh
source "$here/common.sh"
# shellcheck source=jobs/lib/packages.sh
source "$root/jobs/lib/packages.sh"
# shellcheck source=jobs/lib/mpi_env.sh
source "$root/jobs/lib/mpi_env.sh"

ensure_packages dpkg-dev >/dev/null || skip "dpkg-dev is missing"
command -v dpkg-shlibdeps >/dev/null || skip "no dpkg-shlibdeps: this is not Debian"

scratch=$(mktemp -d)
trap 'rm -rf --one-file-system "$scratch"' EXIT

make_package() {
  build_installed "$build_dir"
  # As if for Ninja: for make, cpack would first build all there is, tests included.
  (cd "$build_dir" && cpack -D CPACK_CMAKE_GENERATOR=Ninja -B "$scratch/cpack" >"$scratch/log" 2>&1) || { cat "$scratch/log"; fail "cpack"; }
  deb=$(find "$scratch/cpack" -maxdepth 1 -name 'hogwild_*.deb')
  [[ -f $deb ]] || fail "cpack left no package"
}

check_control() {
  local needs library
  needs=$(dpkg-deb --field "$deb" Depends)
  for library in libc6 libstdc++6 libhdf5 libboost-program-options libfmt libopenmpi libxxhash libhwloc zlib1g; do
    [[ $needs == *$library* ]] || fail "the package does not need $library: $needs"
  done
  [[ $needs != *hogwild* ]] || fail "the package needs itself: $needs"
  [[ $needs != *-dev* && $needs != *libcurl* ]] || fail "the package needs too much: $needs"
  [[ $(dpkg-deb --field "$deb" Recommends) == "openmpi-bin, python3" ]] || fail "nothing recommends mpirun and what scripts need"
  dpkg-deb --ctrl-tarfile "$deb" | tar -xO ./postinst | grep -q ldconfig || fail "the library would not be found"
  echo "depends: $needs"
}

check_files() {
  local file
  dpkg-deb --contents "$deb" >"$scratch/contents"
  for file in bin/hogwild bin/hdf5_inspect lib/libhogwild.so.0.1 include/hogwild/model.hpp share/man/man1/hogwild-train.1 \
    share/bash-completion/completions/hogwild share/hogwild/jobs/quickstart.sh; do
    grep -qE " \./usr/$file( |$)" "$scratch/contents" || fail "no /usr/$file in the package"
  done
  ! awk '{ print $6 }' "$scratch/contents" | grep -vE '^\./$|^\./usr/' || fail "the package writes outside of /usr"
  ! awk '$2 != "root/root"' "$scratch/contents" | grep . || fail "files of others than root"
}

run_unpacked() {
  local data=$scratch/data
  mkdir "$data"
  dpkg-deb -x "$deb" "$scratch/unpacked"
  train_small_model "$scratch/unpacked/usr/bin" "$data"
  (($(wc -l <"$data/scores.tsv") == 200)) || fail "the packaged program did not score 200 documents"
}

# What runs in the system of its own.
in_the_system='set -e
  export DEBIAN_FRONTEND=noninteractive
  apt-get -qq install -y --no-install-recommends /tmp/hogwild.deb >/tmp/log 2>&1 || { cat /tmp/log; exit 1; }
  rcv1_synthesize --output-dir /tmp/text --train-documents 50 --test-documents 0 --quiet
  ldconfig -p | grep -q libhogwild.so.0.1
  apt-get -qq remove -y hogwild >/dev/null 2>&1
  ! command -v hogwild'

# A whole system, from the distribution's mirror; without one there is nothing to fail.
install_in_a_system() {
  local system=$scratch/system log=$scratch/log
  ((EUID == 0)) || { echo "not installed in a system of its own: that needs root"; return; }
  ensure_packages mmdebstrap >/dev/null 2>&1 || { echo "not installed in a system of its own: no mmdebstrap"; return; }
  # shellcheck disable=SC1091
  source /etc/os-release
  # shellcheck disable=SC2016  # for the hook's shell
  # The hook runs while the new system still has its package lists and the way to the network.
  HOGWILD_IN_THE_SYSTEM=$in_the_system mmdebstrap --quiet --variant=apt \
    --customize-hook="upload $deb /tmp/hogwild.deb" --customize-hook="touch $scratch/begun" \
    --customize-hook='chroot "$1" sh -c "$HOGWILD_IN_THE_SYSTEM"' --customize-hook="touch $scratch/done" \
    "${VERSION_CODENAME:-bookworm}" "$system" >"$log" 2>&1 || true
  if [[ -e $scratch/done ]]; then
    echo "installed, run and removed in a system of its own"
  elif [[ -e $scratch/begun ]]; then
    cat "$log"
    fail "in a system of its own"
  else
    echo "not installed in a system of its own: $(tail -n 1 "$log")"
  fi
}

make_package
check_control
check_files
run_unpacked
install_in_a_system
echo "the package is sound"
