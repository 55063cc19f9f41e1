"""Data sets as SciPy sees them (docs/formats.md), one file or a set of shards."""
from pathlib import Path

import h5py
import numpy as np
import scipy.sparse

from runner import BAD_DATA, NO_INPUT, Failure


def files_of(dataset):
    """The file of this name, or its shards in order."""
    path = Path(dataset)
    if path.exists():
        return [path]
    shards = sorted(path.parent.glob(f"{path.stem}.shard-*-of-*{path.suffix}"))
    if not shards:
        raise Failure(NO_INPUT, f"no data set {dataset}")
    return shards


def text(value):
    """HDF5 gives fixed-length texts as bytes."""
    return value.decode() if isinstance(value, bytes) else str(value)


def _open(path):
    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise Failure(BAD_DATA, f"{path} is not a data set: {error}") from None


def digest(dataset):
    """The digest of the content that the file contains."""
    stated = []
    for path in files_of(dataset):
        with _open(path) as file:
            stated.append(text(file.attrs.get("digest", path.stat().st_size)))
    return "+".join(stated)


def load(dataset, category, dtype=np.float32):
    """@return CSR matrix and labels -1 / +1; no bias column."""
    matrix, labels = load_categories(dataset, [category], dtype)
    return matrix, labels[0]


def load_categories(dataset, categories, dtype=np.float32):
    """@return CSR matrix, and a row of labels -1 / +1 for each category; no bias column."""
    matrices, labels = [], []
    for path in files_of(dataset):
        with _open(path) as file:
            group = file["X"]
            shape = tuple(int(n) for n in group.attrs["shape"])
            matrices.append(scipy.sparse.csr_matrix(
                (group["data"][:].astype(dtype), group["indices"][:], group["indptr"][:]),
                shape=shape))
            labels.append([_labels(file, shape[0], category, path) for category in categories])
    matrix = matrices[0] if len(matrices) == 1 else scipy.sparse.vstack(matrices, format="csr")
    return matrix, np.concatenate(labels, axis=1)


def _labels(file, rows, category, path):
    if "y" in file:
        return file["y"][:].astype(float)
    topics = file["topics"]
    names = [text(name) for name in topics["names"][:]]
    if category not in names:
        raise Failure(BAD_DATA, f"{path} has no topic {category}")
    indptr = topics["indptr"][:]
    members = topics["indices"][:] == names.index(category)
    row_of = np.repeat(np.arange(rows), np.diff(indptr))
    labels = np.full(rows, -1.0)
    labels[row_of[members]] = 1.0
    return labels


def with_bias(matrix):
    """A column of ones at the end: the intercept as a feature, regularised like the rest."""
    return scipy.sparse.hstack([matrix, np.ones((matrix.shape[0], 1))], format="csr")


def read_model(path):
    """@return the columns that have a weight, their weights, and the bias."""
    with _open(path) as file:
        weights = file["weights"][:]
        columns = file["columns"][:] if "columns" in file else np.arange(len(weights))
        return columns, weights, float(file["bias"][()].item())


class Predictor:
    """The test documents that a model classifies correctly. The data set is read once."""

    BLOCK = 50_000  # rows at a time: SciPy converts what it multiplies to double

    def __init__(self, dataset, category):
        self.matrix, self.labels = load(dataset, category)

    def right(self, model):
        columns, listed, bias = read_model(model)
        known = columns < self.matrix.shape[1]
        weights = np.zeros(self.matrix.shape[1])
        weights[columns[known]] = listed[known]
        right = np.empty(len(self.labels), bool)
        for first in range(0, len(self.labels), self.BLOCK):
            rows = slice(first, first + self.BLOCK)
            scores = self.matrix[rows] @ weights + bias
            right[rows] = scores * self.labels[rows] > 0.0
        return right
