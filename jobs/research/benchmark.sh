#!/usr/bin/env bash
# How fast training and conversion are on this machine (medians over repeats, one core each), and what the meters
# of contention and staleness cost.
#   bash jobs/research/benchmark.sh [--rcv1 DIR] [--repeats 5] [--build-dir DIR]
# Without --rcv1 (a folder with RCV1-v2 text files) it synthesises a data set of RCV1's training size.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=jobs/lib/mpi_env.sh
source "$root/jobs/lib/mpi_env.sh"
build_dir=$root/build/release
rcv1_dir=''
repeats=5
while (($# > 0)); do
  (($# > 1)) || { echo "benchmark: $1 needs a value" >&2; exit 2; }
  case $1 in
    --rcv1) rcv1_dir=$2 ;;
    --repeats) repeats=$2 ;;
    --build-dir) build_dir=$2 ;;
    *) echo "benchmark: unknown option $1" >&2; exit 2 ;;
  esac
  shift 2
done
bin=$build_dir/bin
[[ -x $bin/hogwild ]] || { echo "benchmark: no programs in $bin: build first (bash jobs/quickstart.sh)" >&2; exit 66; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
core=$(taskset -cp $$ | sed 's/.*: //; s/[,-].*//') # the first one we may use

median() { sort -g | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

# A plain text file: what is packed is unpacked first.
plain() { # NAME
  if [[ -f $rcv1_dir/$1.gz ]]; then gzip -dc "$rcv1_dir/$1.gz" >"$work/$1"; else cp "$rcv1_dir/$1" "$work/$1"; fi
}
if [[ -n $rcv1_dir ]]; then
  plain lyrl2004_vectors_train.dat
  plain rcv1-v2.topics.qrels
else
  "$bin/rcv1_synthesize" --output-dir "$work" --test-documents 0 --quiet
fi
vectors=$work/lyrl2004_vectors_train.dat
topics=$work/rcv1-v2.topics.qrels
bytes=$(cat "$vectors" "$topics" | wc -c)

echo "machine: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores; one core used; medians of $repeats"

for ((i = 0; i < repeats; ++i)); do
  start=$(date +%s%N)
  taskset -c "$core" "$bin/rcv1_to_hdf5" --vectors "$vectors" --topics "$topics" --output "$work/train.h5" --quiet
  end=$(date +%s%N)
  awk -v b="$bytes" -v ns=$((end - start)) 'BEGIN { print b * 1e3 / ns }'
done | median | awk -v b="$bytes" '{ printf "conversion, plain text (%.0f MB, whole command): %.0f MB/s\n", b / 1e6, $1 }'

documents_per_second() { # COMMAND... that starts hogwild, OPTIONS...
  "$@" --train "$work/train.h5" --category CCAT --quiet --log "$work/run.jsonl" --evaluate-every 0
  sed -n 's/.*"event":"result".*"samples_per_second":\([0-9.e+]*\).*/\1/p' "$work/run.jsonl"
}

train() { # NAME OPTIONS...
  local i
  for ((i = 0; i < repeats; ++i)); do
    documents_per_second taskset -c "$core" mpirun -np 1 "$bin/hogwild" train "${@:2}"
  done | median | awk -v name="$1" '{ printf "training, %s: %.0f documents/s, %.0f ns a document\n", name, $1, 1e9 / $1 }'
}

# What the meters cost: pairs of runs, on and off in turn, the one that goes first changing; the median of the ratios.
meters() { # NAME RANKS OPTIONS...
  local i on off
  for ((i = 0; i < 2 * repeats; ++i)); do
    ((i % 2)) || on=$(documents_per_second mpirun -np "$2" "$bin/hogwild" train "${@:3}")
    off=$(documents_per_second mpirun -np "$2" "$bin/hogwild" train "${@:3}" --meters off)
    ((i % 2 == 0)) || on=$(documents_per_second mpirun -np "$2" "$bin/hogwild" train "${@:3}")
    awk -v on="$on" -v off="$off" 'BEGIN { print off / on }'
  done | median | awk -v name="$1" '{ printf "meters, %s: training takes %.3f times as long\n", name, $1 }'
}
train "seed mode (sequential, batch 100, double)" --strategy sequential --iterations 8000
train "seed mode, lock-free on one rank" --strategy lock-free --iterations 8000
train "seed mode, locked on one rank" --strategy locked --iterations 8000
train "l2, aggregated, float, batch 1" --strategy sequential --batch-size 1 --precision float \
  --regularizer l2 --epochs 20 --learning-rate 0.1 --schedule decay
for ranks in 1 2; do
  ((ranks <= $(nproc))) || continue
  meters "batch 1, float, $ranks rank(s)" "$ranks" --batch-size 1 --precision float --learning-rate 0.01 --epochs 60
  meters "batch 100, double, $ranks rank(s)" "$ranks" --iterations 12000
done
