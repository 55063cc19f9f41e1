# shellcheck shell=bash
# Which Debian and Ubuntu packages the project needs, and ensure_packages, which installs the missing ones; in scripts
# that are installed themselves it only says which are missing.
# To be sourced:  source jobs/lib/packages.sh; ensure_packages "${HOGWILD_BUILD_PACKAGES[@]}"

# shellcheck source=jobs/lib/programs.sh
source "$(dirname "${BASH_SOURCE[0]}")/programs.sh"

# shellcheck disable=SC2034  # used by the scripts that source this file
HOGWILD_BUILD_PACKAGES=(
  g++ cmake make pkg-config git
  openmpi-bin libopenmpi-dev libhdf5-dev libboost-program-options-dev libfmt-dev zlib1g-dev
  libbz2-dev liblzma-dev libzstd-dev libzip-dev nlohmann-json3-dev libxxhash-dev libhwloc-dev
)
# shellcheck disable=SC2034
HOGWILD_TEST_PACKAGES=(
  libgtest-dev hdf5-tools python3-h5py python3-scipy python3-matplotlib python3-pytest python3-pytest-subtests
)
# shellcheck disable=SC2034
HOGWILD_EXPERIMENT_PACKAGES=(
  python3-matplotlib python3-numpy python3-scipy python3-sklearn python3-h5py python3-jinja2 python3-tabulate
  liblinear-tools
)
# Beside Open MPI, for tests/mpich.sh; mpirun and mpicxx remain those of Open MPI.
# shellcheck disable=SC2034
HOGWILD_MPICH_PACKAGES=(mpich libmpich-dev)
# What jobs/research/compare_peers.sh compares with. (The micro-benchmarks of
# -DHOGWILD_BENCHMARKS=ON need libbenchmark-dev and libfast-float-dev.)
# shellcheck disable=SC2034
HOGWILD_PEER_PACKAGES=(
  python3-numpy python3-scipy python3-sklearn python3-jinja2 python3-tabulate liblinear-tools util-linux
)

# Simulated nodes and a throw-away Slurm.
# shellcheck disable=SC2034
HOGWILD_CLUSTER_PACKAGES=(iproute2 util-linux slurm-wlm munge)

# ensure_packages NAME...: installs missing packages; prints nothing if all are installed. Returns 1 if it cannot install
# them. HOGWILD_SKIP_PACKAGES=1 installs nothing and returns 0 (environment modules, Spack).
ensure_packages() {
  [[ ${HOGWILD_SKIP_PACKAGES:-0} != 1 ]] || return 0
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    _packages_without_apt "$@"
    return
  fi
  local missing=()
  mapfile -t missing < <(_packages_missing "$@")
  ((${#missing[@]} > 0)) || return 0
  ! scripts_are_installed || { _packages_ask_administrator "${missing[@]}"; return 1; }

  local admin=()
  if ((EUID != 0)); then
    _packages_may_sudo || { _packages_ask_administrator "${missing[@]}"; return 1; }
    admin=(sudo)
  fi
  echo "Installing with ${admin[*]:+${admin[*]} }apt-get: ${missing[*]}"
  _packages_install "${missing[@]}" || { _packages_ask_administrator "${missing[@]}"; return 1; }
}

_packages_missing() {
  local name
  for name in "$@"; do
    # Second letter of the state: i = installed (the first is what is wanted, for example h = on hold).
    [[ $(dpkg-query --show --showformat='${db:Status-Abbrev}' "$name" 2>/dev/null) == ?i* ]] || echo "$name"
  done
}

# sudo without a password, or a terminal on which it can ask for one.
_packages_may_sudo() {
  command -v sudo >/dev/null || return 1
  sudo -n true 2>/dev/null || { : </dev/tty; } 2>/dev/null
}

# Runs in the caller's local variable `admin`: empty for root, else sudo.
_packages_install() {
  local apt=("${admin[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120)
  # Fresh containers have no package lists; a mirror or another apt-get may cause an error for a moment.
  "${apt[@]}" update || { sleep 3; "${apt[@]}" update; } ||
    echo "apt-get update failed twice; trying with the package lists that are there" >&2
  "${apt[@]}" install -y --no-install-recommends "$@"
}

_packages_ask_administrator() {
  echo "Packages are missing and were not installed. An administrator must run:" \
    "apt-get update && apt-get install -y --no-install-recommends $*" >&2
}

# Not Debian: the names mean nothing here, so this looks for the commands of the packages; cmake finds
# missing headers.
_packages_without_apt() {
  local name command missing=()
  for name in "$@"; do
    case $name in
      openmpi-bin) command=mpirun ;;
      libopenmpi-dev) command=mpicxx ;;
      mpich) command=mpiexec.mpich ;;
      libhdf5-dev) command=h5cc ;;
      hdf5-tools) command=h5dump ;;
      slurm-wlm) command=sbatch ;;
      liblinear-tools) command=liblinear-train ;;
      munge) command=munged ;;
      iproute2) command=ip ;;
      util-linux) command=nsenter ;;
      python3-*) command=python3 ;;
      lib* | *-dev) continue ;;
      *) command=$name ;;
    esac
    command -v "$command" >/dev/null || [[ " ${missing[*]} " == *" $command "* ]] || missing+=("$command")
  done
  if ((${#missing[@]} > 0)); then
    echo "No apt-get here, and these commands are missing: ${missing[*]}. Install what your system calls: $*" >&2
    return 1
  fi
  echo "No apt-get here: going on with the tools that are installed (wanted: $*)" >&2
}
