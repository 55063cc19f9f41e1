"""`hogwild export`: other programs read our models and decide as we do."""
import math
import shutil

import pytest

import command

NAMES = "names.txt"


class ExportTest(command.Case):
    @classmethod
    def setup_class(cls):
        cls.documents = command.make_documents(200, seed=2)
        cls.data = command.convert(cls.documents, cls.shared / "data.h5")
        cls.train_set = command.convert(command.make_documents(400), cls.shared / "train.h5")
        cls.models = {loss: cls.train(cls.shared / f"{loss}.h5", "--loss", loss)
                      for loss in ("hinge", "logistic")}

    @classmethod
    def train(cls, model, *options):
        outcome = command.hogwild(None, "train", "--train", cls.train_set, "--category", "CCAT",
                                  "--batch-size", "20", "--model", model, "--quiet", *options)
        assert outcome.code == 0, outcome
        return model

    def export(self, *options, model=None, code=0, name="out", read=True):
        outcome = command.hogwild(None, "export", "--model", model or self.models["hinge"],
                                  "--output", name, *options, cwd=self.dir)
        self.check(outcome, code)
        return (self.dir / name).read_text() if code == 0 and read else outcome

    def weights(self, model=None):
        h5py = command.need("h5py")
        with h5py.File(model or self.models["hinge"], "r") as file:
            return file["weights"][:], float(file["bias"][()].ravel()[0])

    def scores(self, model):
        out = self.check(command.hogwild(None, "predict", "--model", model, "--data", self.data,
                                         "--output", "-", "--quiet", cwd=self.dir)).out
        return [float(line.split("\t")[1]) for line in out.splitlines()]


class TestTsv(ExportTest):
    def test_every_weight_with_all_its_digits(self):
        weights, bias = self.weights()
        head, first, *lines = self.export().splitlines()
        assert (head, first) == ("feature\tweight", f"bias\t{bias!r}")
        found = {int(f): float(w) for f, w in (line.split("\t") for line in lines)}
        assert found == {k + 1: w for k, w in enumerate(weights) if w != 0.0}
        assert list(found) == sorted(found)

    def test_a_threshold_is_said(self):
        model = self.train(self.dir / "t.h5", "--threshold", "0.25")
        assert "score is above 0.25" in self.export(model=model, read=False, name="o").err
        assert self.export(read=False, name="p").err == ""

    def test_names(self):
        (self.dir / NAMES).write_text("".join(f"{k}\tword {k}\n" for k in range(1, 250)))
        head, first, *lines = self.export("--feature-names", NAMES).splitlines()
        assert head == "feature\tweight\tname"
        rows = [line.split("\t") for line in (first, *lines)]
        assert all(len(row) == 3 for row in rows)
        assert all(row[2] == (f"word {row[0]}" if int(row[0]) < 250 else "") for row in rows[1:])

    def test_names_are_only_for_tsv(self):
        (self.dir / NAMES).write_text("1 a\n")
        outcome = self.export("--feature-names", NAMES, "--format", "vw", code=2)
        assert "--feature-names" in outcome.err

    def test_two_ranks_and_standard_output(self):
        once = self.export()
        outcome = self.check(command.hogwild(2, "export", "--model", self.models["hinge"],
                                             "--output", "-", cwd=self.dir))
        assert outcome.out == once

    def test_replaces_its_own_files_only(self):
        for name in ("tsv", "liblinear", "vw", "npz"):
            for _ in range(2):
                self.export("--format", name, read=False)
        (self.dir / "out").write_text("my notes\n")
        self.export(code=73)
        assert (self.dir / "out").read_text() == "my notes\n"

    def test_ids_that_begin_at_0(self):
        text = command.write_text(self.dir / "zero.svm", "+1 0:1\n-1 1:1\n" * 50)
        self.check(command.tool("svmlight_to_hdf5", "--input", text, "--output",
                                self.dir / "zero.h5", "--zero-based", "--quiet"))
        self.check(command.hogwild(None, "train", "--train", "zero.h5", "--model", "zero.model.h5",
                                   "--quiet", cwd=self.dir))
        model = self.dir / "zero.model.h5"
        weights, _ = self.weights(model)
        lines = self.export(model=model).splitlines()[2:]
        assert lines == [f"{k}\t{w!r}" for k, w in enumerate(weights.tolist())]
        assert "id 0 is feature 1" in self.check(command.hogwild(
            None, "export", "--model", model, "--format", "liblinear", "--output", "l",
            cwd=self.dir)).err


class TestLiblinear(ExportTest):
    def predict(self, model, *options):
        if shutil.which("liblinear-predict") is None:
            pytest.skip("needs liblinear-predict (package liblinear-tools)")
        self.export("--format", "liblinear", model=model, name="m")
        text = self.dir / "data.svm"
        self.check(command.tool("hdf5_to_svmlight", "--input", self.data, "--category", "CCAT",
                                "--output", text))
        self.check(command.run(["liblinear-predict", *options, text, self.dir / "m",
                                self.dir / "p"]))
        return [line.split() for line in (self.dir / "p").read_text().splitlines()]

    def test_decisions_are_ours(self):
        decided = [int(words[0]) for words in self.predict(self.models["hinge"])]
        assert decided == [1 if s > 0 else -1 for s in self.scores(self.models["hinge"])]
        assert len(set(decided)) == 2

    def test_probabilities_are_those_of_our_scores(self):
        head, *lines = self.predict(self.models["logistic"], "-b", "1")
        assert head == ["labels", "1", "-1"]
        for words, score in zip(lines, self.scores(self.models["logistic"]), strict=True):
            assert float(words[1]) == pytest.approx(1 / (1 + math.exp(-score)), rel=1e-5)

    def test_without_bias(self):
        model = self.train(self.dir / "nobias.h5", "--bias", "off")
        decided = [int(words[0]) for words in self.predict(model)]
        assert decided == [1 if s > 0 else -1 for s in self.scores(model)]


class TestVw(ExportTest):
    def test_as_a_readable_model(self):
        weights, bias = self.weights()
        head, _, body = self.export("--format", "vw").partition("\n:0\n")
        assert head.startswith("Version 8.6.1\nId hogwild\nMin label:-1\nMax label:1\nbits:18\n")
        found = [line.split(":") for line in body.splitlines()]
        indices = [int(index) for index, _ in found]
        assert indices == sorted(indices)
        values = {int(index): float(weight) for index, weight in found}
        assert values.pop(116060) == bias  # 11650396 mod 2^18
        assert values == {k + 1: w for k, w in enumerate(weights) if w != 0.0}


class TestNpz(ExportTest):
    def test_scikit_learn_decides_as_we_do(self):
        np, linear = pytest.importorskip("numpy"), pytest.importorskip("sklearn.linear_model")
        datasets = pytest.importorskip("sklearn.datasets")
        self.export("--format", "npz", name="m.npz", read=False)
        text = self.dir / "data.svm"
        self.check(command.tool("hdf5_to_svmlight", "--input", self.data, "--category", "CCAT",
                                "--output", text))
        with np.load(self.dir / "m.npz") as arrays:
            assert set(arrays) == {"coef_", "intercept_", "classes_"}
            classifier = linear.SGDClassifier()
            for name in arrays:
                setattr(classifier, name, arrays[name])
        rows, _ = datasets.load_svmlight_file(str(text), n_features=classifier.coef_.shape[1],
                                              zero_based=False)
        ours = self.scores(self.models["hinge"])
        assert classifier.decision_function(rows) == pytest.approx(ours, abs=1e-6)  # floats
        assert classifier.predict(rows).tolist() == [1 if s > 0 else -1 for s in ours]
