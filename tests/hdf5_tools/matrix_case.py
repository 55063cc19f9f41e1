"""Matrices as other programs store them, for the tests of `matrix_to_hdf5`."""
import io
import zipfile

import command
from converter_case import ConverterTest


def make_matrix(rows=60, columns=40, seed=1):
    """A CSR matrix of float64 whose values decimal text holds exactly, some rows empty."""
    np, sparse = command.need("numpy", "scipy.sparse")
    random = np.random.default_rng(seed)
    dense = np.where(random.random((rows, columns)) < 0.2,
                     random.integers(-40, 40, (rows, columns)) / 8, 0.0)
    dense[5] = 0.0
    dense[0, columns - 1] = 1.5
    return sparse.csr_matrix(dense)


def svmlight_text(matrix, labels):
    """The same matrix as text; the first column is feature 1."""
    lines = []
    for row, label in enumerate(labels):
        part = matrix[row]
        lines.append(f"{label} " + " ".join(f"{j + 1}:{v!r}" for j, v in
                                            zip(part.indices.tolist(), part.data.tolist())))
    return "\n".join(lines) + "\n"


def write_text_attributes(h5py, group, **attributes):
    for name, value in attributes.items():
        group.attrs.create(name.replace("_", "-"), value, dtype=h5py.string_dtype())


def write_sparse(file, name, matrix, index_type="i4", version="0.1.0", **storage):
    h5py, = command.need("h5py"),
    group = file.create_group(name)
    write_text_attributes(h5py, group, encoding_type=matrix.format + "_matrix",
                          encoding_version=version)
    group.attrs["shape"] = matrix.shape
    group.create_dataset("data", data=matrix.data, **storage)
    group.create_dataset("indices", data=matrix.indices.astype(index_type), **storage)
    group.create_dataset("indptr", data=matrix.indptr.astype(index_type), **storage)
    return group


class MatrixTest(ConverterTest):
    program = "matrix_to_hdf5"

    def setup_method(self):
        self.np, self.h5py = command.need("numpy", "h5py")
        self.matrix = make_matrix()
        self.labels = [1 if k % 3 else -1 for k in range(self.matrix.shape[0])]

    def write_h5ad(self, name, write_x, columns=()):
        """`write_x(file)` writes X; `columns` are pairs of a name and an array for obs."""
        with self.h5py.File(self.dir / name, "w") as file:
            write_text_attributes(self.h5py, file, encoding_type="anndata",
                                  encoding_version="0.1.0")
            write_x(file)
            obs = file.create_group("obs")
            write_text_attributes(self.h5py, obs, encoding_type="dataframe",
                                  encoding_version="0.2.0", _index="_index")
            texts = self.h5py.string_dtype()
            obs.create_dataset("_index", data=[f"row{k}" for k in range(self.matrix.shape[0])],
                               dtype=texts)
            for column, values in columns:
                obs[column] = values
        return name

    def labelled_h5ad(self, name, matrix=None, **storage):
        return self.write_h5ad(
            name, lambda file: write_sparse(file, "X", self.matrix if matrix is None else matrix,
                                            **storage), [("label", self.labels)])

    def text_digest(self, labels=None, *options):
        """Of the same documents, converted from text."""
        labels = self.labels if labels is None else labels
        (self.dir / "same.svm").write_text(svmlight_text(self.matrix, labels))
        self.check(command.tool("svmlight_to_hdf5", "--input", "same.svm", "--output", "same.h5",
                                *options, cwd=self.dir))
        return self.digest("same.h5")

    def write_npz(self, name, compression=zipfile.ZIP_DEFLATED, drop=(), **changed):
        """As save_npz does, but for what is changed: arrays, or the bytes of a member."""
        np = self.np
        members = {"data": self.matrix.data, "indices": self.matrix.indices,
                   "indptr": self.matrix.indptr, "shape": np.array(self.matrix.shape),
                   "format": np.array(self.matrix.format.encode())} | changed
        with zipfile.ZipFile(self.dir / name, "w", compression) as archive:
            for member, value in members.items():
                if member in drop:
                    continue
                if not isinstance(value, bytes):
                    stream = io.BytesIO()
                    np.lib.format.write_array(stream, np.asanyarray(value))
                    value = stream.getvalue()
                archive.writestr(member + ".npy", value)
        return name
