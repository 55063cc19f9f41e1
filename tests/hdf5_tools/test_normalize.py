"""`--normalize` of the converters: what scikit-learn's Normalizer makes of the values."""
import pytest

import command
from converter_case import read_csr
from matrix_case import MatrixTest, svmlight_text


class TestNormalize(MatrixTest):
    @pytest.mark.parametrize("norm", ["l2", "l1", "max"])
    def test_as_scikit_learn(self, norm):
        preprocessing, = command.need("sklearn.preprocessing"),
        expected = preprocessing.normalize(self.matrix, norm)
        self.write_npz("a.npz")
        (self.dir / "a.svm").write_text(svmlight_text(self.matrix, self.labels))
        for tool, name in (("matrix_to_hdf5", "a.npz"), ("svmlight_to_hdf5", "a.svm")):
            output = tool + ".h5"
            self.check(command.tool(tool, "--input", name, "--output", output, "--no-shuffle",
                                    "--normalize", norm, "--quiet", cwd=self.dir))
            got = read_csr(self.dir / output)
            assert (got.indptr == expected.indptr).all()
            assert abs(got - expected).max() < 1e-7
            assert command.inspect(self.dir / output)[0]["normalization"] == norm

    def test_of_rcv1_text(self):
        documents = command.make_documents(30)
        command.convert(documents, self.dir / "a.h5", "--normalize", "max")
        rows = read_csr(self.dir / "a.h5")
        assert all(rows[k].max() == 1.0 for k in range(30))

    def test_digests_and_test_sets(self):
        self.write_npz("a.npz")
        self.np.save(self.dir / "y.npy", self.labels)
        digests = set()
        for norm in ("none", "l2", "max"):
            self.convert("--input", "a.npz", "--label-file", "y.npy", "--output", norm + ".h5",
                         "--normalize", norm)
            digests.add(self.digest(norm + ".h5"))
        assert len(digests) == 3
        self.convert("--input", "a.npz", "--label-file", "y.npy", "--output", "plain.h5")
        assert self.digest("plain.h5") == self.digest("none.h5")
        train = ("train", "--train", "l2.h5", "--iterations", "2", "--test")
        self.check(command.hogwild(1, *train, "l2.h5", cwd=self.dir))
        for other in ("none", "max"):
            self.check_refused(command.hogwild(1, *train, other + ".h5", cwd=self.dir), 65,
                               "hogwild", f"{other}.h5: was converted with --normalize {other}, "
                               "l2.h5 with --normalize l2; convert both alike")
        self.refuse(2, "--input", "a.npz", "--output", "b.h5", "--normalize", "l3",
                    says=("--normalize",))
