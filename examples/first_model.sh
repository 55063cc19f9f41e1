#!/usr/bin/env bash
# From text to scores: bash examples/first_model.sh DIR
set -euo pipefail
(($# == 1)) || { echo "usage: first_model.sh DIR" >&2; exit 2; }
mkdir -p "$1"
cd "$1"

# Text in RCV1's shape; your own goes through svmlight_to_hdf5.
rcv1_synthesize --output-dir . --train-documents 3000 --test-documents 1000 --quiet
for part in train test; do
  rcv1_to_hdf5 --vectors lyrl2004_vectors_"$part"*.dat --topics rcv1-v2.topics.qrels --output $part.h5 --quiet
done

mpirun -np 2 hogwild train --train train.h5 --test test.h5 --category CCAT \
  --epochs 20 --batch-size 1 --precision float --regularizer l2 --learning-rate auto --schedule decay --decay 0.8 \
  --log run.jsonl --model model.h5 --quiet
mpirun -np 2 hogwild predict --model model.h5 --data test.h5 --output scores.tsv --quiet

echo "documents scored: $(wc -l <scores.tsv), of them positive: $(cut -f 3 scores.tsv | grep -c '^+1')"
echo "test accuracy by the run: $(grep -o '"test_accuracy":[0-9.]*' run.jsonl | cut -d: -f2)"
