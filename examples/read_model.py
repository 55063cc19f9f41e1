#!/usr/bin/env python3
"""Scores a dataset with a model from Python: python3 examples/read_model.py MODEL.h5 DATA.h5

Prints what `hogwild predict --order file` writes: document id, score, label.
"""
import sys

import h5py
import numpy as np
import scipy.sparse


def main(model_name, data_name):
    with h5py.File(model_name) as model:
        weights, bias = model["weights"][:], model["bias"][()].item()
        # of wide data only the columns that occur have a weight
        columns = model["columns"][:] if "columns" in model else range(len(weights))
        threshold = model.attrs.get("threshold", 0.0)  # older models have none
    with h5py.File(data_name) as data:
        x = data["X"]
        rows = scipy.sparse.csr_matrix((x["data"], x["indices"], x["indptr"]),
                                       shape=x.attrs["shape"])
        ids = data["document_id"][:]
    by_column = np.zeros(max(rows.shape[1], max(columns, default=0) + 1))
    by_column[columns] = weights
    for document, score in zip(ids, rows @ by_column[:rows.shape[1]] + bias):
        label = "+1" if score > threshold else "-1" if score < threshold else "0"
        print(document, score, label, sep="\t")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
