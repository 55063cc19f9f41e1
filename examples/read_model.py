#!/usr/bin/env python3
"""Scores a dataset with a model from Python: python3 examples/read_model.py MODEL.h5 DATA.h5

Prints what `hogwild predict` writes, in the same order: document id, score, label.
"""
import sys

import h5py
import numpy as np
import scipy.sparse


def text_order(data):
    """The rows in the order of the text, which shuffling changes."""
    if "text_position" in data:
        return np.argsort(data["text_position"][:])
    if data.attrs["shuffle_seed"] >= 0:  # by an older program, which kept no record
        return np.argsort(data["document_id"][:])
    return np.arange(data.attrs["rows"])


def main(model_name, data_name):
    with h5py.File(model_name) as model:
        weights, bias = model["weights"][:], model["bias"][()].item()
        # of wide data only the columns that occur have a weight
        columns = model["columns"][:] if "columns" in model else np.arange(len(weights))
        threshold = model.attrs.get("threshold", 0.0)  # older models have none
        norm = model.attrs.get("normalization")
    with h5py.File(data_name) as data:
        if norm not in (None, data.attrs.get("normalization", b"none")):
            sys.exit(f"{data_name} was normalized in another way than the training data")
        x = data["X"]
        # numbered by the list of columns; features that are new to the model come after it
        columns = np.append(columns, 2**32)
        places = np.searchsorted(columns, x["indices"][:])
        places[columns[places] != x["indices"][:]] = len(weights)
        rows = scipy.sparse.csr_matrix((x["data"], places, x["indptr"]),
                                       shape=(x.attrs["shape"][0], len(weights) + 1))
        ids = data["document_id"][:]
        order = text_order(data)
    scores = rows @ np.append(weights, 0.0) + bias
    for row in order:
        label = "+1" if scores[row] > threshold else "-1"
        print(ids[row], scores[row], label, sep="\t")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
