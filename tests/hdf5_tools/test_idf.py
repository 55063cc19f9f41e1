"""`--idf` and `--idf-from` of the converters: what scikit-learn's TfidfTransformer makes."""
import pytest

import command
from converter_case import read_csr
from matrix_case import MatrixTest, make_matrix, svmlight_text


class TestIdf(MatrixTest):
    def setup_method(self):
        super().setup_method()
        self.other = make_matrix(rows=25, seed=2)
        (self.dir / "a.svm").write_text(svmlight_text(self.matrix, self.labels))
        (self.dir / "b.svm").write_text(svmlight_text(self.other, self.labels[:25]))

    def convert_text(self, text, output, *options, code=0):
        return self.check(command.tool("svmlight_to_hdf5", "--input", text, "--output", output,
                                       "--no-shuffle", *options, cwd=self.dir), code)

    def expect(self, name, matrix):
        got = read_csr(self.dir / name)
        got.resize(matrix.shape)
        assert (got.indptr == matrix.indptr).all()
        assert abs(got - matrix).max() < 4e-6  # values are up to 20, in float

    @pytest.mark.parametrize("norm", ["none", "l2"])
    def test_as_scikit_learn(self, norm):
        """Of the training set, and of a test set with features that the former lacks."""
        text = command.need("sklearn.feature_extraction.text")
        matrix = self.matrix.copy()
        matrix[:, 7] = 0
        matrix.eliminate_zeros()
        (self.dir / "a.svm").write_text(svmlight_text(matrix, self.labels))
        weighting = text.TfidfTransformer(norm=None if norm == "none" else norm).fit(matrix)
        said = self.convert_text("a.svm", "a.h5", "--idf", "--normalize", norm).out
        assert "with inverse document frequencies" in said
        self.expect("a.h5", weighting.transform(matrix))
        assert self.other[:, 7].nnz > 0
        self.convert_text("b.svm", "b.h5", "--idf-from", "a.h5", "--normalize", norm)
        self.expect("b.h5", weighting.transform(self.other))

    def test_of_a_matrix_and_of_rcv1_text(self):
        self.write_npz("a.npz")
        self.convert("--input", "a.npz", "--output", "m.h5", "--no-shuffle", "--idf")
        self.convert_text("a.svm", "a.h5", "--idf")
        assert (read_csr(self.dir / "m.h5") != read_csr(self.dir / "a.h5")).nnz == 0
        documents = command.make_documents(30)
        command.convert(documents, self.dir / "r.h5", "--idf")
        command.convert(documents, self.dir / "plain.h5")
        weighted, plain = read_csr(self.dir / "r.h5"), read_csr(self.dir / "plain.h5")
        counts = plain.getnnz(axis=0)
        factors = self.np.log(31 / (1 + counts)) + 1
        assert abs(weighted - plain.multiply(factors)).max() < 1e-6

    def test_ids_from_0(self):
        """Where it is found out only at the end that ids begin at 0, or at 1."""
        self.convert_text("a.svm", "a.h5", "--idf")
        self.convert_text("a.svm", "auto.h5", "--idf", "--zero-based=auto")
        assert command.inspect(self.dir / "auto.h5")[0]["idf"] == self.idf("a.h5")
        assert (read_csr(self.dir / "auto.h5") != read_csr(self.dir / "a.h5")).nnz == 0

    def idf(self, name):
        return command.inspect(self.dir / name)[0]["idf"]

    def test_sets_of_shards_remember_it(self):
        self.convert_text("a.svm", "one.h5", "--idf")
        self.convert_text("a.svm", "set.h5", "--idf", "--shards", "4")
        shards = command.inspect("--verify", self.dir / "set.h5")
        assert [shard["idf"] for shard in shards] == [self.idf("one.h5")] * 4
        for name in ("one", "set"):
            self.convert_text("b.svm", f"b.{name}.h5", "--idf-from", f"{name}.h5")
        assert self.digest("b.one.h5") == self.digest("b.set.h5")
        # a dataset that took the factors of another one hands them on
        self.convert_text("b.svm", "c.h5", "--idf-from", "b.one.h5")
        assert self.digest("c.h5") == self.digest("b.one.h5")

    def test_digests_differ(self):
        for name, *options in (("plain",), ("idf", "--idf"), ("l2", "--normalize", "l2"),
                               ("both", "--idf", "--normalize", "l2")):
            self.convert_text("a.svm", name + ".h5", *options)
        names = ("plain", "idf", "l2", "both")
        assert len({self.digest(name + ".h5") for name in names}) == 4
        assert self.idf("plain.h5") == self.idf("l2.h5") == ""

    def test_what_is_refused(self):
        self.convert_text("a.svm", "plain.h5")
        self.convert_text("a.svm", "idf.h5", "--idf")
        before = self.names()
        for code, says, *options in (
                (2, "--idf and --idf-from", "--idf", "--idf-from", "idf.h5"),
                (65, "plain.h5: holds no inverse", "--idf-from", "plain.h5"),
                (66, "none.h5", "--idf-from", "none.h5")):
            outcome = command.tool("svmlight_to_hdf5", "--input", "b.svm", "--output", "b.h5",
                                   *options, cwd=self.dir)
            self.check_refused(outcome, code, "svmlight_to_hdf5", says)
            assert self.names() == before
        (self.dir / "large.svm").write_text("1 1:3e38 2:1\n-1 2:1\n")
        outcome = command.tool("svmlight_to_hdf5", "--input", "large.svm", "--output", "l.h5",
                               "--idf", cwd=self.dir)
        self.check_refused(outcome, 65, "svmlight_to_hdf5", "document 1", "too large")
        assert not (self.dir / "l.h5").exists()

    def test_a_damaged_factor_is_found(self):
        self.convert_text("a.svm", "a.h5", "--idf")
        with self.h5py.File(self.dir / "a.h5", "r+") as file:
            file["idf/factor"][3] += 0.5
        outcome = command.tool("hdf5_inspect", "--verify", "a.h5", cwd=self.dir)
        self.check_refused(outcome, 65, "hdf5_inspect", "/idf")
        with self.h5py.File(self.dir / "a.h5", "r+") as file:
            file["idf/factor"][3] -= 0.5
        self.check(command.tool("hdf5_inspect", "--verify", "a.h5", cwd=self.dir))
        with self.h5py.File(self.dir / "a.h5", "r+") as file:
            file.attrs["idf"] = self.np.bytes_("0123456789abcdef")
        outcome = command.tool("hdf5_inspect", "--verify", "a.h5", cwd=self.dir)
        self.check_refused(outcome, 65, "hdf5_inspect", "/idf is not what attribute idf says")
