#!/usr/bin/env bash
# How far training would scale beyond this machine, up to 1,024 nodes like it: packages, build, data, measurements,
# prediction. Run it again at will: measurements that are done are not done again.
set -euo pipefail

usage() {
  cat <<'END'
Usage: bash jobs/research/scaling_model.sh [--quick] [--rcv1 DIR | --train T.h5] [options]

  --quick            few and short measurements: shows that everything works, proves nothing
  --rcv1 DIR         on the RCV1-v2 text files in DIR (see jobs/fetch_rcv1.sh); without it, on synthetic data
  --train T.h5       on this dataset instead
  --category C       topic of the positive class (CCAT)
  --network NAME|ALPHA,BETA[:ALGORITHM]
                     seconds per message and per byte between nodes, or ethernet-10g, ethernet-100g, infiniband-hdr
                     (typical published figures); the allreduce is open-mpi (what Open MPI 4.1 chooses), ring,
                     doubling, halving or best. May be repeated (ethernet-10g:open-mpi, infiniband-hdr:best)
  --ranks-per-node R nodes with R cores (this machine's)
  --stall-every S, --stall S
                     a node stands still for so long on average, so often (0.1, 0.001)
  --simulated-nodes  compare the simulation with runs on 1, 2 and 3 simulated nodes (needs root), and not with windows
                     of this machine
  --output DIR       where scaling.md, scaling.json and the plot go (data/scaling in the source tree)
  --fresh            forget what was measured
  --cores N          take the machine for one of N cores (all those that may be used)
  --build-dir DIR    where to build (build/release in the source tree)
END
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=jobs/lib/packages.sh
source "$root/jobs/lib/packages.sh"
# shellcheck source=jobs/lib/mpi_env.sh
source "$root/jobs/lib/mpi_env.sh"
# shellcheck disable=SC2034  # for prepare.sh
program=scaling_model
# shellcheck source=jobs/lib/prepare.sh
source "$root/jobs/lib/prepare.sh"

default_build_dir=$root/build/release
build_dir=$default_build_dir
output=$root/data/scaling
rcv1_dir=''
train=''
simulated=0
nodes_script=$root/tests/cluster/simulated_nodes.sh
options=() # for predict.py as they are

parse_options() {
  while (($# > 0)); do
    case $1 in
      -h | --help) usage; exit 0 ;;
      --quick | --fresh) options+=("$1"); shift; continue ;;
      --simulated-nodes) simulated=1; shift; continue ;;
      --rcv1 | --train | --category | --network | --ranks-per-node | --stall-every | --stall | --output | --cores | \
        --build-dir)
        (($# > 1)) || fail 2 "$1 needs a value" ;;
      *) fail 2 "unknown option $1 (see --help)" ;;
    esac
    case $1 in
      --rcv1) rcv1_dir=$(realpath -m -- "$2") ;;
      --train) train=$(realpath -m -- "$2") ;;
      --output) output=$(realpath -m -- "$2") ;;
      --build-dir) build_dir=$(realpath -m -- "$2") ;;
      *) options+=("$1=$2") ;;
    esac
    shift 2
  done
  [[ -z $rcv1_dir || -z $train ]] || fail 2 "--rcv1 and --train exclude each other"
}

prepare_data() {
  [[ -z $train ]] || return 0
  local dir=$output/data/synthetic
  [[ -z $rcv1_dir ]] || dir=$output/data/rcv1
  mkdir -p "$dir"
  [[ -n $rcv1_dir ]] || synthesize "$dir"
  compose_conversions "$dir"
  convert "$dir" train "${train_set[@]}"
  train=$dir/train.h5
}

start_nodes() {
  ((simulated)) || return 0
  export SIMULATED_NODES_PREFIX=scalenode SIMULATED_NODES_SUBNET=10.83.0
  bash "$nodes_script" up 3
  trap 'bash "$nodes_script" down' EXIT
  options+=("--nodes-launcher=bash $(printf %q "$nodes_script") run --host-list {hosts} --")
}

parse_options "$@"
[[ -z $rcv1_dir ]] || check_rcv1 # before anything that takes time
# Not the python3 of a virtual environment, which lacks the distribution's modules.
python=/usr/bin/python3
[[ -x $python ]] || python=python3

step "1/4 Packages"
ensure_packages "${HOGWILD_BUILD_PACKAGES[@]}" "${HOGWILD_EXPERIMENT_PACKAGES[@]}"
echo "all there"

step "2/4 Build in $build_dir"
build hogwild rcv1_to_hdf5 rcv1_synthesize

step "3/4 Data"
make_folder "$output" --output
prepare_data

step "4/4 Measurements and prediction"
start_nodes
"$python" "$root/jobs/research/scaling/predict.py" --bin "$build_dir/bin" --train "$train" --output "$output" \
  "${options[@]}"
