#!/usr/bin/env bash
# The same data, step and number of ranks for several strategies: bash examples/compare_strategies.sh DIR
# DIR is that of first_model.sh.
set -euo pipefail
(($# == 1)) || { echo "usage: compare_strategies.sh DIR" >&2; exit 2; }
cd "$1"

printf '%-14s %10s %10s %10s\n' strategy objective accuracy 'train s'
for strategy in lock-free locked round-robin asynchronous; do
  mpirun -np 2 hogwild train --train train.h5 --test test.h5 --category CCAT --strategy $strategy \
    --epochs 10 --batch-size 10 --learning-rate 0.1 --schedule decay --decay 0.8 --log $strategy.jsonl --quiet
  value() { tail -n 1 $strategy.jsonl | grep -o "\"$1\":[0-9.e+-]*" | cut -d: -f2; }
  printf '%-14s %10.4f %10.4f %10.3f\n' $strategy "$(value train_objective)" "$(value test_accuracy)" "$(value train_seconds)"
done
