#!/usr/bin/env bash
# What a document costs in training with jobs/settings/fast.ini at several lambdas: the regularizer's share must not grow with
# it. On RCV1's swapped shape (trained on 781,265 documents, synthesised), or on a file of your own.
#   bash jobs/research/benchmark_lambda.sh [--train FILE.h5] [--documents 781265] [--lambdas "1e-3 1e-4 1e-5 1e-6"] [--ranks 1]
#     [--repeats 5] [--build-dir DIR]
# One line per lambda: the median time per document, its ratio to the quickest, the objective, and the share of
# documents whose margin was below 1, which alone change weights besides the regularizer.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=jobs/lib/mpi_env.sh
source "$root/jobs/lib/mpi_env.sh"
build_dir=$root/build/release
train=''
documents=781265
lambdas='1e-3 1e-4 1e-5 1e-6'
ranks=1
repeats=5
while (($# > 0)); do
  (($# > 1)) || { echo "benchmark_lambda: $1 needs a value" >&2; exit 2; }
  case $1 in
    --train) train=$2 ;;
    --documents) documents=$2 ;;
    --lambdas) lambdas=$2 ;;
    --ranks) ranks=$2 ;;
    --repeats) repeats=$2 ;;
    --build-dir) build_dir=$2 ;;
    *) echo "benchmark_lambda: unknown option $1" >&2; exit 2 ;;
  esac
  shift 2
done
bin=$build_dir/bin
[[ -x $bin/hogwild ]] || { echo "benchmark_lambda: no programs in $bin: build first (bash jobs/quickstart.sh)" >&2; exit 66; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [[ -z $train ]]; then
  train=$work/train.h5
  "$bin/rcv1_synthesize" --output-dir "$work" --train-documents "$documents" --test-documents 0 --quiet
  "$bin/rcv1_to_hdf5" --vectors "$work/lyrl2004_vectors_train.dat" --topics "$work/rcv1-v2.topics.qrels" \
    --output "$train" --quiet
  rm "$work"/*.dat "$work"/*.qrels
fi

# The lambdas in turn, so that whatever else the machine does meets all of them.
for ((i = 0; i < repeats; ++i)); do
  for lambda in $lambdas; do
    mpirun -np "$ranks" "$bin/hogwild" train --config "$root/jobs/settings/fast.ini" --train "$train" --category CCAT \
      --lambda "$lambda" --quiet --log "$work/run.jsonl"
    for field in train_seconds samples train_objective pulling_fraction; do
      sed -n "s/.*\"event\":\"result\".*\"$field\":\([0-9.e+-]*\).*/\1/p" "$work/run.jsonl"
    done | xargs | awk -v lambda="$lambda" -v ranks="$ranks" '{ print lambda, 1e9 * ranks * $1 / $2, $3, $4 }' >>"$work/times"
    rm "$work/run.jsonl"
  done
done

echo "machine: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores; $ranks rank(s); medians of $repeats"
sort -k1,1 -k2,2g "$work/times" | awk -v lambdas="$lambdas" '
  { ns[$1, ++n[$1]] = $2; objective[$1] = $3; pulling[$1] = $4 }
  END {
    count = split(lambdas, lambda, " ")
    for (k = 1; k <= count; ++k) {
      m = n[lambda[k]]
      median[k] = (ns[lambda[k], int((m + 1) / 2)] + ns[lambda[k], int(m / 2) + 1]) / 2
      if (k == 1 || median[k] < least) least = median[k]
    }
    printf "%-10s %18s %10s %12s %12s\n", "lambda", "ns a document", "ratio", "objective", "pulling"
    for (k = 1; k <= count; ++k) {
      printf "%-10s %18.1f %10.3f %12.6f %12.3f\n", lambda[k], median[k], median[k] / least, objective[lambda[k]],
        pulling[lambda[k]]
    }
  }'
