#!/usr/bin/env bash
# How fast training and conversion are on this machine: medians over repeats, one core each.
#   bash jobs/benchmark.sh [--rcv1 DIR] [--repeats 5] [--build-dir DIR]
# Without --rcv1 (a folder with RCV1-v2 text files) it synthesises a data set of RCV1's training size.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=jobs/mpi_env.sh
source "$root/jobs/mpi_env.sh"
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

train() { # NAME OPTIONS...
  local i
  for ((i = 0; i < repeats; ++i)); do
    taskset -c "$core" mpirun -np 1 "$bin/hogwild" train --train "$work/train.h5" --category CCAT --quiet \
      --log "$work/run.jsonl" --evaluate-every 0 "${@:2}"
    sed -n 's/.*"event":"result".*"samples_per_second":\([0-9.e+]*\).*/\1/p' "$work/run.jsonl"
  done | median | awk -v name="$1" '{ printf "training, %s: %.0f documents/s, %.0f ns a document\n", name, $1, 1e9 / $1 }'
}
train "seed mode (sequential, batch 100, double)" --strategy sequential --iterations 8000
train "seed mode, lock-free on one rank" --strategy lock-free --iterations 8000
train "seed mode, locked on one rank" --strategy locked --iterations 8000
train "l2, aggregated, float, batch 1" --strategy sequential --batch-size 1 --precision float \
  --regularizer l2 --epochs 20 --learning-rate 0.1 --schedule decay
