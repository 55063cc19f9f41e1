# shellcheck shell=bash
# What the tests of the installation share. To be sourced.

fail() { echo "FAILED: $*" >&2; exit 1; }
skip() { echo "SKIP: $*"; exit 77; }

# Everything that is installed, built in BUILD_DIR.
build_installed() { # BUILD_DIR
  cmake --build "$1" -j"$(nproc)" --target \
    hogwild rcv1_to_hdf5 svmlight_to_hdf5 matrix_to_hdf5 hdf5_to_svmlight hdf5_inspect rcv1_synthesize \
    hogwild_public hogwild_reference >/dev/null
}

# Trains a small model in DIR with the programs in BIN: DIR has test.h5, model.h5 and predict's scores.tsv then.
train_small_model() { # BIN DIR
  local bin=$1 dir=$2 text=$2/text
  "$bin/rcv1_synthesize" --output-dir "$text" --train-documents 400 --test-documents 200 --quiet
  "$bin/rcv1_to_hdf5" --vectors "$text"/lyrl2004_vectors_train.dat --topics "$text"/rcv1-v2.topics.qrels \
    --output "$dir/train.h5" --quiet
  "$bin/rcv1_to_hdf5" --vectors "$text"/lyrl2004_vectors_test_pt?.dat --topics "$text"/rcv1-v2.topics.qrels \
    --output "$dir/test.h5" --quiet
  "$bin/hogwild" train --train "$dir/train.h5" --category CCAT --iterations 20 --model "$dir/model.h5" --quiet
  "$bin/hogwild" predict --model "$dir/model.h5" --data "$dir/test.h5" --output "$dir/scores.tsv" --quiet
}
