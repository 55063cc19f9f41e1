"""Models know how the values of their training data were normalized: other data is refused, and
text is treated alike."""
import pytest

import command

pytestmark = [pytest.mark.mpi]
NORMS = ("none", "l2", "l1", "max")


class TestNormalization(command.Case):
    @classmethod
    def setup_class(cls):
        cls.documents = command.make_documents(300)
        cls.text = command.write_text(cls.shared / "data.svm", "".join(
            document.svmlight_line("CCAT") for document in cls.documents))
        for norm in NORMS:
            assert command.tool("svmlight_to_hdf5", "--input", cls.text, "--output",
                                cls.shared / f"{norm}.h5", "--normalize", norm,
                                "--quiet").code == 0
            assert command.hogwild(None, "train", "--train", cls.shared / f"{norm}.h5", "--model",
                                   cls.shared / f"{norm}.model.h5", "--quiet").code == 0

    def model(self, norm):
        return self.shared / f"{norm}.model.h5"

    def predict(self, norm, *options, output="scores.txt", ranks=2):
        return command.hogwild(ranks, "predict", "--model", self.model(norm), "--output", output,
                               "--quiet", *options, cwd=self.dir)

    def scores(self, name):
        return [line.split("\t")[1:] for line in (self.dir / name).read_text().splitlines()]

    @pytest.mark.parametrize("norm", NORMS)
    def test_text_is_normalized_as_the_model_says(self, norm):
        assert command.inspect(self.model(norm))[0]["normalization"] == norm
        self.check(self.predict(norm, "--data", self.shared / f"{norm}.h5", output="data.txt"))
        self.check(self.predict(norm, "--input", self.text, output="text.txt"))
        assert self.scores("text.txt") == self.scores("data.txt")

    def test_also_where_the_model_lacks_features(self):
        """The norm is of all values, as in conversion."""
        text = command.write_text(self.dir / "new.svm", "+1 1:3 900:4\n-1 2:1\n")
        self.check(command.tool("svmlight_to_hdf5", "--input", text, "--output", "new.h5",
                                "--normalize", "l2", "--quiet", cwd=self.dir))
        self.check(self.predict("l2", "--data", "new.h5", output="data.txt"))
        self.check(self.predict("l2", "--input", text, output="text.txt"))
        assert self.scores("text.txt") == self.scores("data.txt")

    def test_the_user_may_say_otherwise(self):
        self.check(self.predict("l2", "--input", self.text, "--normalize", "max", output="a.txt"))
        again = command.tool("hdf5_to_svmlight", "--input", self.shared / "max.h5", "--output",
                             self.dir / "max.svm")
        self.check(again)
        self.check(self.predict("l2", "--input", self.dir / "max.svm", "--normalize", "none",
                                output="b.txt"))
        scores = {name: sorted(float(s) for s, _ in self.scores(name)) for name in
                  ("a.txt", "b.txt")}
        assert scores["a.txt"] == pytest.approx(scores["b.txt"], rel=1e-6)
        self.check_refused(self.predict("l2", "--data", self.shared / "l2.h5", "--normalize",
                                        "max"), 2, "hogwild", "--normalize", "--input")

    @pytest.mark.parametrize("other", ("none", "max"))
    def test_data_normalized_otherwise_is_refused(self, other):
        data = self.shared / f"{other}.h5"
        says = (f"{other}.h5: was converted with --normalize {other}",
                "l2.model.h5 with --normalize l2; convert both alike")
        self.check_refused(self.predict("l2", "--data", data), 65, "hogwild", *says)
        assert self.names() == []
        self.check_refused(command.hogwild(2, "train", "--train", data, "--initial-model",
                                           self.model("l2"), "--quiet"), 65, "hogwild", *says)

    def test_a_model_of_an_older_program(self):
        """It does not say; it knows its own training data by the digest."""
        h5py = command.need("h5py")
        old = self.dir / "old.h5"
        old.write_bytes(self.model("l2").read_bytes())
        with h5py.File(old, "r+") as file:
            del file.attrs["normalization"]
        words = ("predict", "--model", old, "--output", "s.txt", "--quiet")
        for data, warned in ((self.shared / "l2.h5", False), (self.shared / "max.h5", True)):
            outcome = self.check(command.hogwild(2, *words, "--data", data, cwd=self.dir))
            assert ("does not say how its training data was normalized" in outcome.err) == warned
        outcome = self.check(command.hogwild(2, *words, "--input", self.text, cwd=self.dir))
        assert "the text is scored as it is" in outcome.err
        outcome = self.check(command.hogwild(2, *words, "--input", self.text, "--normalize", "l2",
                                             cwd=self.dir))
        assert outcome.own_lines() == []
        outcome = self.check(command.hogwild(2, "train", "--train", self.shared / "max.h5",
                                             "--initial-model", old, "--iterations", "0",
                                             "--quiet", cwd=self.dir))
        assert "does not say how its training data was normalized" in outcome.err
        assert command.inspect(old)[0]["normalization"] is None

    def test_exports_say_so(self):
        for norm, said in (("l2", True), ("none", False)):
            outcome = self.check(command.hogwild(None, "export", "--model", self.model(norm),
                                                 "--output", "m.tsv", cwd=self.dir))
            assert ("divided by their l2 norm" in outcome.err) == said
