"""`matrix_to_hdf5`: the matrices of AnnData and SciPy become what their text becomes."""
import zipfile

import pytest

import command
from converter_case import read_csr
from matrix_case import (MatrixTest, make_matrix, svmlight_text, write_sparse,
                         write_text_attributes)


class TestMatrix(MatrixTest):
    def convert_and_compare(self, name, *options):
        self.convert("--input", name, "--output", "a.h5", *options)
        assert self.digest("a.h5") == self.text_digest()
        facts = command.inspect(self.dir / "a.h5")[0]
        assert facts["features"] == self.matrix.shape[1]
        assert facts["rows"] == self.matrix.shape[0]

    @pytest.mark.parametrize("value_type", ["f8", "f4", ">f4"])
    @pytest.mark.parametrize("index_type", ["i4", "i8", ">i8", "u4"])
    @pytest.mark.parametrize("form", ["csr", "csc"])
    def test_sparse_anndata(self, form, value_type, index_type):
        matrix = self.matrix.asformat(form).astype("f8")
        matrix.data = matrix.data.astype(value_type)
        name = self.labelled_h5ad("a.h5ad", matrix, index_type=index_type)
        self.convert_and_compare(name, "--label", "label")

    def test_integers_and_truth_values(self):
        for data in (self.np.round(self.matrix.data).astype("i8"), self.matrix.data > 0):
            self.matrix.data = data
            name = self.labelled_h5ad("a.h5ad")
            self.matrix.data = data.astype("f8")
            self.convert_and_compare(name, "--label", "label")

    @pytest.mark.parametrize("storage", [
        {}, {"chunks": (7, 9)}, {"chunks": (60, 1), "compression": "gzip"},
        {"chunks": (1, 40), "compression": "gzip", "shuffle": True, "fletcher32": True}])
    def test_dense_anndata(self, storage):
        dense = self.matrix.toarray()
        self.write_h5ad("a.h5ad", lambda f: f.create_dataset("X", data=dense, **storage),
                        [("label", self.labels)])
        self.matrix.eliminate_zeros()  # zeros are no entries of a dense matrix
        self.convert_and_compare("a.h5ad", "--label", "label")

    def test_compressed_anndata(self):
        self.labelled_h5ad("a.h5ad", chunks=(17,), compression="gzip", shuffle=True)
        self.convert_and_compare("a.h5ad", "--label", "label")

    def test_h5sparse(self):
        def write(file):
            group = write_sparse(file, "X", self.matrix)
            for name in ("encoding-type", "encoding-version", "shape"):
                del group.attrs[name]
            group.attrs["h5sparse_format"] = "csr"
            group.attrs["h5sparse_shape"] = self.matrix.shape

        self.write_h5ad("a.h5ad", write, [("label", self.labels)])
        self.convert_and_compare("a.h5ad", "--label", "label")

    def test_a_layer(self):
        def write(file):
            file.create_dataset("X", data=self.np.zeros(self.matrix.shape))
            write_sparse(file.create_group("layers"), "counts", self.matrix)

        self.write_h5ad("a.h5ad", write, [("label", self.labels)])
        self.convert_and_compare("a.h5ad", "--label", "label", "--layer", "counts")
        self.refuse(65, "--input", "a.h5ad", "--layer", "count", "--output", "b.h5",
                    says=("/layers has no layer 'count'; did you mean 'counts'?",))

    @pytest.mark.parametrize("form", ["csr", "csc"])
    @pytest.mark.parametrize("compressed", [True, False])
    def test_npz(self, form, compressed):
        sparse = command.need("scipy.sparse")
        self.np.savetxt(self.dir / "y.txt", self.labels, fmt="%d")
        sparse.save_npz(self.dir / "any.name", self.matrix.asformat(form), compressed=compressed)
        self.convert_and_compare("any.name.npz", "--label-file", "y.txt")
        (self.dir / "any.name.npz").rename(self.dir / "X")
        self.convert_and_compare("X", "--label-file", "y.txt")
        self.np.save(self.dir / "y.npy", self.np.array(self.labels, dtype="i1"))
        self.convert_and_compare("X", "--label-file", "y.npy", "--force")

    def test_types_of_npz(self):
        self.np.savetxt(self.dir / "y.txt", self.labels, fmt="%d")
        whole = self.np.round(self.matrix.data) + 0.0  # no -0
        for data in (whole.astype(">f8"), whole.astype("f4"), whole.astype("i2")):
            self.write_npz("a.npz", data=data, indices=self.matrix.indices.astype("u2"),
                           indptr=self.matrix.indptr.astype(">i8"), format=self.np.array("csr"))
            kept, self.matrix.data = self.matrix.data, whole
            self.convert_and_compare("a.npz", "--label-file", "y.txt")
            self.matrix.data = kept

    def test_columns_out_of_order_and_twice(self):
        indices, data = self.matrix.indices.copy(), self.matrix.data.copy()
        for begin, end in zip(self.matrix.indptr, self.matrix.indptr[1:]):
            indices[begin:end] = indices[begin:end][::-1]
            data[begin:end] = data[begin:end][::-1]
        indptr = self.matrix.indptr.copy()
        indptr[1:] += 1  # a column of row 0 twice
        first = indices[0]
        self.write_npz("a.npz", indptr=indptr, indices=self.np.insert(indices, 3, first),
                       data=self.np.insert(data, 3, 0.25))
        self.matrix[0, first] += 0.25
        self.convert("--input", "a.npz", "--output", "a.h5")
        assert self.digest("a.h5") == self.text_digest(["?"] * len(self.labels))

    @pytest.mark.parametrize("form", ["csr", "csc", "dense"])
    def test_more_than_is_read_at_once(self, form):
        self.matrix = make_matrix(3000, 150)
        assert self.matrix.nnz > 65536
        matrix = self.matrix.asformat("csr" if form == "dense" else form)
        self.write_h5ad("a.h5ad", lambda f: f.create_dataset(
            "X", data=matrix.toarray(), chunks=(700, 50), compression="gzip")
            if form == "dense" else write_sparse(f, "X", matrix, compression="gzip"))
        names = ["a.h5ad"] if form == "dense" else ["a.h5ad", self.write_npz(
            "a.npz", data=matrix.data, indices=matrix.indices, indptr=matrix.indptr,
            format=self.np.array(form))]
        for name in names:
            self.convert("--input", name, "--output", "a.h5", "--no-shuffle")
            assert (read_csr(self.dir / "a.h5") != self.matrix).nnz == 0

    def test_without_labels(self):
        self.labelled_h5ad("a.h5ad")
        out = self.convert("--input", "a.h5ad", "--output", "a.h5", "--no-shuffle").out
        assert "no document has a label" in out
        assert (abs(read_csr(self.dir / "a.h5") - self.matrix)).nnz == 0
        with self.h5py.File(self.dir / "a.h5") as file:
            assert set(file["y"][:]) == {0}

    def test_shards_and_features(self):
        self.labelled_h5ad("a.h5ad")
        self.convert("--input", "a.h5ad", "--label", "label", "--output", "a.h5", "--shards", "3",
                     "--features", "50")
        assert [f["features"] for f in
                command.inspect(*command.shards_of(self.dir / "a.h5", 3))] == [50] * 3
        self.refuse(65, "--input", "a.h5ad", "--output", "b.h5", "--features", "39",
                    says=("a.h5ad: row 0: term 40 is above --features 39",))

    def test_trained_as_its_text(self):
        self.labelled_h5ad("a.h5ad")
        self.convert("--input", "a.h5ad", "--label", "label", "--output", "a.h5")
        self.text_digest()
        figures = []
        for name in ("a.h5", "same.h5"):
            out = self.check(command.hogwild(1, "train", "--train", name, cwd=self.dir)).out
            figures.append([line for line in out.splitlines() if line.startswith("validation")])
        assert figures[0] == figures[1] != []


class TestLabels(MatrixTest):
    """Columns of obs in all the ways in which AnnData has stored them."""

    def setup_method(self):
        super().setup_method()
        self.words = ["a b", "zeta", "c"] * 20
        self.codes = [0, 2, 1] * 20
        self.names = ["a b", "c", "zeta"]

    def labels_of(self, fill, *options):
        """`fill(obs)` writes the column `label`."""
        self.labelled_h5ad("l.h5ad")
        with self.h5py.File(self.dir / "l.h5ad", "a") as file:
            del file["obs/label"]
            fill(file["obs"])
        self.out = self.convert("--input", "l.h5ad", "--label", "label", "--output", "l.h5",
                                "--no-shuffle", *options).out
        with self.h5py.File(self.dir / "l.h5") as file:
            if "y" in file:
                return list(file["y"][:])
            names = [n.decode() for n in file["topics/names"][:]]
            return [names[k] for k in file["topics/indices"][:]]

    def column(self, values, **kind):
        return lambda obs: obs.create_dataset("label", data=values, **kind)

    def categories(self, codes, names):
        def fill(obs):
            group = obs.create_group("label")
            write_text_attributes(self.h5py, group, encoding_type="categorical")
            group["codes"] = self.np.array(codes, dtype="i1")
            group.create_dataset("categories", data=names)
        return fill

    def test_numbers(self):
        for kind in ("i1", "i8", "u2", "f4", "f8"):
            assert self.labels_of(self.column([0, 1, 1] * 20, dtype=kind)) == [-1, 1, 1] * 20
        assert self.labels_of(self.column([3, 1, 2] * 20, dtype="f8")) == ["3", "1", "2"] * 20
        missing = [float("nan"), 1, -1] * 20
        assert self.labels_of(self.column(missing)) == [0, 1, -1] * 20
        assert self.labels_of(self.column([2, 7, 2] * 20), "--positive", "2") == [1, -1, 1] * 20

    def test_truth_values(self):
        assert self.labels_of(self.column([True, False, True] * 20)) == [1, -1, 1] * 20

    def test_texts(self):
        for kind in (self.h5py.string_dtype(), "S5"):
            assert self.labels_of(self.column(self.words, dtype=kind)) == self.words
        assert "3 classes" in self.out
        assert self.labels_of(self.column(self.words, dtype="S4"), "--positive",
                              "c") == [-1, -1, 1] * 20
        assert "label c (20 documents) is positive" in self.out
        assert self.labels_of(self.column(["no", "yes", "no"] * 20, dtype="S3")) == [-1, 1, -1] * 20
        assert "label yes (20 documents) is positive, no (40 documents) is negative" in self.out
        assert self.labels_of(self.column(["10", "9", "10"] * 20, dtype="S3")) == [1, -1, 1] * 20

    def test_texts_of_fixed_width_count_without_what_fills_them_up(self):
        for a, b in (("c  ", "zeta"), (b"c\0", b"zeta")):
            fill = self.column(self.np.array([a, b] * 30, "S6"))
            assert self.labels_of(fill, "--positive", "c") == [1, -1] * 30

    def test_numbers_beside_words_are_compared_as_numbers(self):
        texts = self.column(["01", "none", "1.0"] * 20, dtype=self.h5py.string_dtype())
        for positive in ("1", "+1", "1.00"):
            assert self.labels_of(texts, "--positive", positive) == [1, -1, 1] * 20
        assert self.labels_of(texts) == [-1, 1, -1] * 20
        assert "label none (20 documents) is positive, 1 (40 documents)" in self.out

    def test_categories(self):
        names = self.np.array(self.names, dtype=object)
        assert self.labels_of(self.categories(self.codes, names)) == self.words
        numbers = self.np.array([0, 1])
        assert self.labels_of(self.categories([0, 1, 1] * 20, numbers)) == [-1, 1, 1] * 20
        assert self.labels_of(self.categories([0, -1, 1] * 20, numbers)) == [-1, 0, 1] * 20
        assert self.labels_of(self.categories([-1, 2, 1, 0] * 15, names),
                              "--skip-unlabelled") == ["zeta", "c", "a b"] * 15

    def test_categories_of_anndata_0_7(self):
        def fill(obs):
            obs["label"] = self.np.array(self.codes, dtype="i1")
            obs.create_group("__categories")["label"] = self.np.array(self.names, dtype=object)
            obs["label"].attrs["categories"] = obs["__categories/label"].ref
        assert self.labels_of(fill) == self.words

    def test_a_name_with_commas_is_one_class(self):
        names = self.np.array(["1,2", "1", "2"], dtype=object)
        assert self.labels_of(self.categories(self.codes, names)) == ["1,2", "2", "1"] * 20
        assert "a label with commas is one class; --label-lists takes it for a list" in self.out
        lists = self.labels_of(self.categories(self.codes, names), "--label-lists")
        assert lists == ["1", "2", "2", "1"] * 20
        assert "--label-lists" not in self.out
        assert self.labels_of(self.categories(self.codes, names), "--positive",
                              "1,2") == [1, -1, -1] * 20
        names = self.np.array(["T cells, CD4+", "B cells", "NK"], dtype=object)
        assert self.labels_of(self.categories([0, 1, 1] * 20, names[:2])) == [1, -1, -1] * 20
        assert "--label-lists" not in self.out
        digests = set()
        for pair in (["a,b", "c"], ["a", "b,c"]):
            pair = self.np.array(pair, dtype=object)
            self.labels_of(self.categories([0, 1, 1] * 20, pair), "--positive", pair[0])
            digests.add(self.digest("l.h5"))
        assert len(digests) == 2

    def test_values_with_a_mask(self):
        def fill(obs):
            group = obs.create_group("label")
            write_text_attributes(self.h5py, group, encoding_type="nullable-integer")
            group["values"] = [1, 1, 0] * 20
            group["mask"] = [False, True, False] * 20
        assert self.labels_of(fill) == [1, 0, -1] * 20

    def test_label_files(self):
        self.write_npz("a.npz")
        for text, expected in (("2\n1\n2\r\n" * 20, [1, -1, 1] * 20),
                               (" b\na \nb\n" * 20, [1, -1, 1] * 20),
                               ("1\n?\n-1\n" * 20, [1, 0, -1] * 20)):
            (self.dir / "y.txt").write_text(text)
            self.convert("--input", "a.npz", "--label-file", "y.txt", "--output", "a.h5",
                         "--no-shuffle")
            with self.h5py.File(self.dir / "a.h5") as file:
                assert list(file["y"][:]) == expected

    def test_several_labels_a_row(self):
        self.write_npz("a.npz")
        (self.dir / "y.txt").write_text("1,2\n2\n3\n" * 20)
        self.convert("--input", "a.npz", "--label-file", "y.txt", "--label-lists", "--output",
                     "a.h5")
        assert self.digest("a.h5") == self.text_digest(["1,2", "2", "3"] * 20)
        out = self.convert("--input", "a.npz", "--label-file", "y.txt", "--output", "a.h5").out
        assert "3 classes" in out and "--label-lists takes it for a list" in out
        with self.h5py.File(self.dir / "a.h5") as file:
            assert list(file["topics/names"][:]) == [b"1,2", b"2", b"3"]

    def test_label_arrays_of_texts(self):
        self.write_npz("a.npz")
        for kind in ("S8", "<U8", ">U8"):
            self.np.save(self.dir / "y.npy", self.np.array(["no  ", "yes", "no"] * 20, kind))
            self.convert("--input", "a.npz", "--label-file", "y.npy", "--output", "a.h5",
                         "--no-shuffle", "--positive", "no", "--force")
            with self.h5py.File(self.dir / "a.h5") as file:
                assert list(file["y"][:]) == [1, -1, 1] * 20
        words = ["M\u00fcll", "\u4e2d", "\U0001f600"]
        self.np.save(self.dir / "y.npy", self.np.array(words * 20))
        self.convert("--input", "a.npz", "--label-file", "y.npy", "--output", "a.h5")
        with self.h5py.File(self.dir / "a.h5") as file:
            assert [n.decode() for n in file["topics/names"][:]] == sorted(words)


class TestWeights(MatrixTest):
    """A column of obs or a file."""

    def setup_method(self):
        super().setup_method()
        self.weights = [k % 4 / 2 for k in range(self.matrix.shape[0])]
        (self.dir / "w.txt").write_text("".join(f"{w}\n" for w in self.weights))
        self.np.save(self.dir / "w.npy", self.np.array(self.weights))
        self.write_h5ad("a.h5ad", lambda file: write_sparse(file, "X", self.matrix),
                        [("label", self.labels), ("w", self.weights)])
        (self.dir / "same.svm").write_text(svmlight_text(
            self.matrix, [f"{y:+d}:{w}" for y, w in zip(self.labels, self.weights)]))
        self.check(command.tool("svmlight_to_hdf5", "--input", "same.svm", "--output", "same.h5",
                                cwd=self.dir))

    def test_are_those_of_the_text(self):
        for name in ("w", "w.txt", "w.npy"):
            out = self.convert("--input", "a.h5ad", "--label", "label", "--weights", name,
                               "--output", "a.h5").out
            assert "with weights; left out: 15 of weight 0" in out
            assert self.digest("a.h5") == self.digest("same.h5")
            facts = command.inspect(self.dir / "a.h5")[0]
            assert facts["weighted"] is True
            assert facts["sources"] == ["a.h5ad"] + ([name] if name != "w" else [])
        (self.dir / "w").write_text("1\n" * 60)  # the column is taken all the same
        self.convert("--input", "a.h5ad", "--label", "label", "--weights", "w", "--output", "a.h5")
        assert self.digest("a.h5") == self.digest("same.h5")

    def test_refusals(self):
        for text, code, says in (("1\n" * 59, 65, "w.txt: has 59 weights, but the matrix has 60"),
                                 ("1\n-2\n" * 30, 65, "w.txt: row 1: the weight is negative"),
                                 ("1\n?\n" * 30, 65, "w.txt: row 1: expected weight"),
                                 ("1 2\n" * 60, 65, "w.txt: row 0: expected one weight a line")):
            (self.dir / "w.txt").write_text(text)
            self.refuse(code, "--input", "a.h5ad", "--weights", "w.txt", "--output", "x.h5",
                        says=(says,))
        self.refuse(66, "--input", "a.h5ad", "--weights", "none", "--output", "x.h5",
                    says=("none",))

    def test_label_files_are_sources(self):
        (self.dir / "y.txt").write_text("".join(f"{y}\n" for y in self.labels))
        self.np.save(self.dir / "y.npy", self.np.array(self.labels))
        digests = []
        for name in ("y.txt", "y.npy"):
            self.convert("--input", "a.h5ad", "--label-file", name, "--output", "a.h5")
            facts = command.inspect(self.dir / "a.h5")[0]
            assert facts["sources"] == ["a.h5ad", name]
            digests += facts["source_digests"]
        assert digests[0] == digests[2] and len(set(digests)) == 3
        assert all(len(digest) == 16 for digest in digests)


class TestRefusals(MatrixTest):
    """One line that says what is wrong and where, and nothing is written."""

    def refuse_file(self, name, *says, options=(), code=65):
        self.refuse(code, "--input", name, "--output", "x.h5", *options, says=says)

    def edited(self, edit, *says, options=()):
        self.labelled_h5ad("a.h5ad")
        with self.h5py.File(self.dir / "a.h5ad", "a") as file:
            edit(file)
        self.refuse_file("a.h5ad", *says, options=options)

    @staticmethod
    def replace(name, values, **storage):
        def edit(file):
            del file[name]
            file.create_dataset(name, data=values, **storage)
        return edit

    def test_arrays_that_contradict_each_other(self):
        m = self.matrix
        indptr, indices, data = m.indptr, m.indices, m.data
        for form in ("csr", "csc"):
            m = self.matrix.asformat(form)
            indptr, indices, data = m.indptr, m.indices, m.data
            most = m.shape[form == "csr"]
            line = "column" if form == "csr" else "row"
            down = indptr.copy()
            down[7] = indptr[-1]
            for changes, says in (
                    ({"indptr": indptr[:-1]}, "/indptr.npy: has"),
                    ({"indptr": indptr + 1}, "/indptr.npy: does not begin with 0"),
                    ({"indptr": down}, "/indptr.npy: falls from"),
                    ({"indptr": self.np.where(indptr == indptr[-1], 10**9, indptr)},
                     "/indptr.npy: names 1000000000 entries"),
                    ({"indices": self.np.append(indices, 1), "data": self.np.append(data, 1.0)},
                     "has 1 entries more than indptr tells"),
                    ({"data": data[:-1]}, "values for"),
                    ({"indices": self.np.where(indices == 3, most, indices)},
                     f"/indices.npy: there is a {line} {most}"),
                    ({"indices": self.np.where(indices == 3, -1, indices)},
                     f"/indices.npy: there is a {line} -1"),
                    ({"data": self.np.where(data == data[9], self.np.nan, data)}, "the value nan"),
                    ({"data": self.np.where(data == data[9], 1e39, data)}, "the value 1e+39")):
                self.write_npz("a.npz", **({"format": self.np.array(form), "data": data,
                                            "indices": indices, "indptr": indptr} | changes))
                self.refuse_file("a.npz", "a.npz", says)

    def test_npz(self):
        np = self.np
        self.write_npz("a.npz", format=np.array("coo"))
        self.refuse_file("a.npz", "in the format 'coo'", "tocsr")
        self.write_npz("a.npz", drop=("format",))
        self.refuse_file("a.npz", "holds no sparse matrix", "save_npz")
        self.write_npz("a.npz", drop=("indices",))
        self.refuse_file("a.npz", "indices.npy: is missing")
        self.write_npz("a.npz", compression=zipfile.ZIP_BZIP2)
        self.refuse_file("a.npz", "is compressed by method 12 of ZIP")
        for shape in ([2**31, 3], [3], [60.0, 40.0], [-1, 40], [60, 2**31], [60, 0]):
            self.write_npz("a.npz", shape=np.array(shape))
            self.refuse_file("a.npz", "a.npz")
        for data, says in ((np.zeros(3, "f2"), "type '<f2'"), (np.zeros(3, "c8"), "type '<c8'"),
                           (np.zeros((2, 2)), "is not one-dimensional"),
                           (np.zeros(3, "S4"), "does not hold numbers"),
                           (np.zeros(3, "f4,f4"), "is an array of records"),
                           (np.array(["x", 1], object), "type '|O'")):
            self.write_npz("a.npz", data=data)
            self.refuse_file("a.npz", "data.npy", says)
        self.write_npz("a.npz", indices=self.matrix.indices.astype("f8"))
        self.refuse_file("a.npz", "indices.npy: does not hold integers")
        self.write_npz("a.npz")
        self.refuse_file("a.npz", "has no layers", options=("--layer", "x"), code=2)
        self.refuse_file("a.npz", "has no columns of labels", options=("--label", "x"))

    def test_damaged_archives(self):
        self.write_npz("a.npz")
        self.convert("--input", "a.npz", "--output", "a.h5")
        expected, refused = self.digest("a.h5"), 0
        for compression in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            self.write_npz("a.npz", compression=compression)
            whole = (self.dir / "a.npz").read_bytes()
            for size in range(4, len(whole), 97):
                (self.dir / "b.npz").write_bytes(whole[:size])
                self.refuse_file("b.npz", "b.npz")
            for at in range(60, len(whole) // 2, 53):  # in the arrays
                (self.dir / "b.npz").write_bytes(whole[:at] + bytes([whole[at] ^ 16]) +
                                                 whole[at + 1:])
                outcome = command.tool(self.program, "--input", "b.npz", "--output", "x.h5",
                                       cwd=self.dir)
                if outcome.code == 0:  # what nobody reads, such as a member's date
                    assert self.digest("x.h5") == expected
                    (self.dir / "x.h5").unlink()
                    continue
                self.check_refused(outcome, 65, self.program, "b.npz")
                refused += 1
        assert refused > 20

    def test_headers_of_arrays(self):
        good = b"{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }"
        for header, says in ((good.replace(b"3", b"9" * 18), "claims 999999999999999999 elements"),
                             (good.replace(b"3", b"9" * 30), "damaged header"),
                             (good.replace(b"(3,)", b"(3,,)"), "damaged header"),
                             (good.replace(b"'shape'", b"'descr'"), "damaged header"),
                             (good[:-3], "damaged header"), (good + b"x", "damaged header"),
                             (good.replace(b"3", b"-3"), "damaged header"),
                             (good.replace(b"'<f8'", b"'<f8"), "type '<f8, '"),
                             (good.replace(b"False", b"Maybe"), "damaged header"),
                             (b"", "damaged header")):
            start = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little")
            self.write_npz("a.npz", data=start + header + b"\0" * 24)
            self.refuse_file("a.npz", "data.npy: ", says)
        for start, says in ((b"\x93NUMPY\x04\x00", "has version 4 of .npy"),
                            (b"\x93NUMPZ\x01\x00", "is not a NumPy array"),
                            (b"\x93NUMPY\x02\x00\xff\xff\xff\xff", "header that is too long"),
                            (b"\x93NUMPY\x01\x00\xff\x7f", "is truncated"), (b"", "is truncated")):
            self.write_npz("a.npz", data=start + (b"\0" * 60 if len(start) > 4 else b""))
            self.refuse_file("a.npz", "data.npy: ", says)

    def test_anndata(self):
        replace = self.replace
        self.edited(lambda f: f["X"].attrs.create("encoding-type", "coo_matrix"), "coo_matrix")
        self.edited(lambda f: f["X"].attrs.__delitem__("shape"), "shape is missing")
        self.edited(lambda f: f["X"].attrs.create("shape", [60]), "shape")
        self.edited(lambda f: f.__delitem__("X"), "has no matrix X")
        self.edited(lambda f: f.__delitem__("X/indices"), "/X/indices is missing")
        self.edited(replace("X/indices", self.matrix.indices.astype("f8")),
                    "/X/indices does not hold integers")
        self.edited(replace("X", self.np.zeros(4)), "/X is not two-dimensional")
        self.edited(replace("X", self.np.zeros((2, 2, 2))), "neither one nor two dimensions")
        self.edited(replace("X/data", [b"x"] * 3), "/X/data does not hold numbers")
        self.edited(lambda f: f.attrs.create("schema", "hogwild.dataset"), "of hogwild's own")

    def test_filters_are_named(self):
        self.edited(self.replace("X/data", self.matrix.data, compression="lzf"),
                    "/X/data", "the filter 'lzf'")
        self.edited(self.replace("X", self.matrix.toarray(), compression="lzf"), "filter 'lzf'")
        self.edited(self.replace("obs/label", self.labels, compression="lzf"), "filter 'lzf'",
                    options=("--label", "label"))

    def test_claims_without_content(self):
        for name in ("X/data", "X/indices", "X/indptr"):
            def claim(file):
                del file[name]  # noqa: B023
                file.create_dataset(name, (1 << 40,), "i8", chunks=(1 << 16,))  # noqa: B023
            self.edited(claim, name, "claims 1099511627776 elements")
        self.edited(lambda f: (f.__delitem__("X"), f.create_dataset(
            "X", (1 << 20, 1 << 20), "f8", chunks=(64, 64))), "/X claims 1099511627776 elements")

        def rows(file):
            write_sparse(file, "Y", self.matrix.tocsc())
            del file["X"]
            file.move("Y", "X")
            file["X"].attrs["shape"] = [1 << 40, 40]
        self.edited(rows, "claims 1099511627776 rows")

    def test_labels(self):
        wrong = ("--label", "lable")
        self.edited(lambda f: f["obs"].create_dataset("other", data=[1]),
                    "/obs has no column 'lable'; did you mean 'label'?; it has: label, other",
                    options=wrong)
        self.edited(lambda f: f.__delitem__("obs"), "has no obs", options=wrong)
        self.edited(self.replace("obs", self.np.zeros(60, "i4,f4")), "before 0.7", options=wrong)
        label = ("--label", "label")
        self.edited(self.replace("obs/label", [1, 0]), "label: has 2 labels", "60 rows",
                    options=label)
        self.edited(self.replace("obs/label", self.np.zeros((60, 2))), "one-dimensional",
                    options=label)
        self.edited(self.replace("obs/label", self.np.arange(60) / 7),
                    "a.h5ad: labels are real numbers",
                    options=label)
        self.edited(lambda f: (f.__delitem__("obs/label"), f["obs"].create_group("label")),
                    "neither codes of categories nor values", options=label)

        def code(file):
            del file["obs/label"]
            group = file["obs"].create_group("label")
            group["codes"] = [7] * 60
            group["categories"] = [b"x"]
        self.edited(code, "/codes holds the code 7 of 1 categories", options=label)

    def test_label_files(self):
        self.write_npz("a.npz")
        for text, says in (("1\n" * 59, "y.txt: has 59 labels, but the matrix has 60 rows"),
                           ("1\n\n" + "2\n" * 58, "y.txt:2:1: there is no label"),
                           ("a\n" * 60, "y.txt: all documents have the label a")):
            (self.dir / "y.txt").write_text(text)
            self.refuse_file("a.npz", says, options=("--label-file", "y.txt"))
        (self.dir / "y.txt").write_text("a\nb\n" * 30)
        self.refuse_file("a.npz",
                         "y.txt: no document has the label A of --positive; labels are a, b",
                         options=("--label-file", "y.txt", "--positive", "A"))
        bad = self.np.frombuffer(b"\xff\xff\xff\xff" * 60, dtype="<U1")
        self.np.save(self.dir / "y.npy", bad)
        self.refuse_file("a.npz", "y.npy: holds a text that is not Unicode",
                         options=("--label-file", "y.npy"))
        self.np.save(self.dir / "y.npy", self.np.zeros((60, 1)))
        self.refuse_file("a.npz", "y.npy: is not one-dimensional",
                         options=("--label-file", "y.npy"))

    def test_other_files(self):
        for content, says in ((b"1 1:2\n", "is no matrix"), (b"<html>", "web page"), (b"", "x: is"),
                              (b"\x93NUMPY\x01\0", "is a NumPy array"), (b"PK\3\4", "ZIP archive"),
                              (b"\x89HDF\r\n\x1a\n", "x")):
            (self.dir / "x").write_bytes(content)
            self.refuse_file("x", says)
        self.refuse_file("missing", "missing", code=66)
        self.refuse_file("-", "must be a file", code=2)

    def test_options(self):
        self.write_npz("a.npz")
        self.refuse_file("a.npz", "contradict", code=2,
                         options=("--label", "x", "--label-file", "y"))
        self.refuse_file("a.npz", "--positive needs labels", code=2, options=("--positive", "1"))
        self.refuse_file("a.npz", "--label-lists needs labels", code=2, options=("--label-lists",))
