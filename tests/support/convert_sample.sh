#!/usr/bin/env bash
# Converts the real sample once for the tests that need it: shuffled, and in the order of the text.
set -euo pipefail
if [[ ! -f $HOGWILD_SAMPLE_DIR/lyrl2004_vectors_train.dat.gz ]]; then
    rm -rf "$HOGWILD_SAMPLE_WORK"
    echo "skipped: no RCV1 sample in $HOGWILD_SAMPLE_DIR (set HOGWILD_SAMPLE_DIR)"
    exit 77
fi
mkdir -p "$HOGWILD_SAMPLE_WORK"
cd "$HOGWILD_SAMPLE_WORK"
convert() { # convert OUTPUT OPTIONS VECTORS...
    local output=$1 options=$2
    shift 2
    # shellcheck disable=SC2086  # options are words
    "$HOGWILD_BIN/rcv1_to_hdf5" --vectors "$@" --output "$output" $options --quiet \
        --topics "$HOGWILD_SAMPLE_DIR/rcv1-v2.topics.qrels.gz"
}
convert train.h5 "" "$HOGWILD_SAMPLE_DIR"/lyrl2004_vectors_train.dat.gz
convert train_in_order.h5 "--no-shuffle" "$HOGWILD_SAMPLE_DIR"/lyrl2004_vectors_train.dat.gz
convert test.h5 "" "$HOGWILD_SAMPLE_DIR"/lyrl2004_vectors_test_pt?.dat.gz
