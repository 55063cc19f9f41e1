"""`hogwild export` of a model of several categories."""
import shutil

import pytest

import command
import several_outputs as model

NAMES = "names.txt"


class OutputsTest(command.Case):
    @classmethod
    def setup_class(cls):
        cls.model = model.write(cls.shared / "all.h5")

    def export(self, *options, code=0, of=None, name="out"):
        return self.check(command.hogwild(None, "export", "--model", of or self.model, "--output",
                                          name, *options, cwd=self.dir), code)

    def text(self, *options, **more):
        self.export(*options, **more)
        return (self.dir / "out").read_text()

    def make_documents(self):
        """Every feature alone with either sign, and all of them. No two scores are the same."""
        rows = [{k: sign} for k in range(model.FEATURES) for sign in (1.0, -1.0)]
        rows.append({k: 0.5 + k for k in range(model.FEATURES)})
        text = "".join("1 " + " ".join(f"{k + 1}:{v}" for k, v in row.items()) + "\n"
                       for row in rows)
        return rows, command.write_text(self.dir / "documents.svm", text)

    @staticmethod
    def scores(row, outputs):
        weights = dict(zip(model.COLUMNS, model.WEIGHTS, strict=True))
        return [model.BIAS[k] + sum(v * weights[c][k] for c, v in row.items() if c in weights)
                for k in range(outputs)]


class TestTsv(OutputsTest):
    def test_a_column_per_category(self):
        assert self.text() == ("feature\tC1\tÜnï\tGCAT\nbias\t0.25\t-0.5\t0\n1\t0.5\t-1.5\t0\n"
                               "4\t-0.25\t0\t2\n7\t1\t0.125\t-3\n")

    def test_names(self):
        (self.dir / NAMES).write_text("4\tfour\n")
        lines = self.text("--feature-names", NAMES).splitlines()
        assert lines == ["feature\tname\tC1\tÜnï\tGCAT", "bias\t\t0.25\t-0.5\t0",
                         "1\t\t0.5\t-1.5\t0", "4\tfour\t-0.25\t0\t2", "7\t\t1\t0.125\t-3"]

    def test_one_category(self):
        assert self.text("--category", "GCAT") == "feature\tweight\nbias\t0\n4\t2\n7\t-3\n"
        outcome = self.export("--category", "X", code=65, name="x")
        assert "no category 'X' among its 3" in outcome.err
        one = model.write(self.dir / "one.h5", categories=("C1",))
        assert self.text(of=one).startswith("feature\tweight\nbias\t0.25\n")

    def test_thresholds_are_said(self):
        assert "thresholds, of which 1 are not 0" in self.export().err
        assert "score is above 0.75" in self.export("--category", "Ünï").err
        assert self.export("--category", "C1").err == ""

    def test_replaces_its_own_files(self):
        for name in ("tsv", "liblinear", "npz"):
            for _ in range(2):
                self.export("--format", name)


class TestLiblinear(OutputsTest):
    @pytest.mark.parametrize("outputs", (2, 3))
    def test_the_largest_score_decides(self, outputs):
        if shutil.which("liblinear-predict") is None:
            pytest.skip("needs liblinear-predict (package liblinear-tools)")
        of = model.write(self.dir / "some.h5", categories=model.CATEGORIES[:outputs])
        said = self.export("--format", "liblinear", of=of).err
        assert f"labels 1 to {outputs}" in said
        rows, text = self.make_documents()
        self.check(command.run(["liblinear-predict", text, self.dir / "out", self.dir / "p"]))
        decided = [int(line) for line in (self.dir / "p").read_text().split()]
        expected = [self.scores(row, outputs) for row in rows]
        assert decided == [1 + s.index(max(s)) for s in expected]
        assert len(set(decided)) == outputs

    def test_all_of_it(self):
        lines = self.text("--format", "liblinear").splitlines()
        assert lines[:6] == ["nr_class 3", "label 1 2 3", "solver_type L2R_LR", "nr_feature 8",
                             "bias 1", "w"]
        rows = [[float(word) for word in line.split()] for line in lines[6:]]
        by_column = dict(zip(model.COLUMNS, model.WEIGHTS, strict=True))
        none = (0.0, 0.0, 0.0)
        assert rows == [list(by_column.get(k, none)) for k in range(8)] + [list(model.BIAS)]


class TestClasses(OutputsTest):
    NAMES = ("7", "-3", "10")

    def predicted(self, of, documents):
        self.check(command.hogwild(1, "predict", "--model", of, "--input", documents, "--output",
                                   "p.tsv", "--force", cwd=self.dir))
        return [line.split("\t")[1].rsplit(":", 1)[0]
                for line in (self.dir / "p.tsv").read_text().splitlines()]

    @pytest.mark.parametrize("outputs", (2, 3))
    def test_liblinear_predicts_the_same_classes(self, outputs):
        if shutil.which("liblinear-predict") is None:
            pytest.skip("needs liblinear-predict (package liblinear-tools)")
        of = model.write(self.dir / "some.h5", self.NAMES[:outputs], (0.0,) * 3, "highest")
        for _ in range(2):  # a file of its own kind is replaced
            assert self.export("--format", "liblinear", of=of).err == ""
        assert "\nlabel " + " ".join(self.NAMES[:outputs]) + "\n" in (
            self.dir / "out").read_text()
        _, text = self.make_documents()
        self.check(command.run(["liblinear-predict", text, self.dir / "out", self.dir / "p"]))
        decided = (self.dir / "p").read_text().split()
        assert decided == self.predicted(of, text)
        assert set(decided) == set(self.NAMES[:outputs])

    def test_names_that_are_no_whole_numbers(self):
        for names in (("1", "x"), ("1", "2.5"), ("1", "1e3"), ("1", "3000000000")):
            of = model.write(self.dir / "some.h5", names, (0.0,) * 3, "highest")
            assert "labels 1 to 2" in self.export("--format", "liblinear", of=of).err
            assert "\nlabel 1 2\n" in (self.dir / "out").read_text()


class TestOthers(OutputsTest):
    def test_vw_holds_one_category(self):
        outcome = self.export("--format", "vw", code=2)
        assert "choose it with --category" in outcome.err
        assert not (self.dir / "out").exists()
        assert self.text("--format", "vw", "--category", "C1").endswith(
            "\n:0\n1:0.5\n4:-0.25\n7:1\n116060:0.25\n")

    def test_scikit_learn_reads_the_arrays(self):
        np, linear = pytest.importorskip("numpy"), pytest.importorskip("sklearn.linear_model")
        self.export("--format", "npz", name="m.npz")
        with np.load(self.dir / "m.npz") as arrays:
            classifier = linear.SGDClassifier()
            for name in ("coef_", "intercept_", "classes_"):
                setattr(classifier, name, arrays[name])
        assert classifier.coef_.shape == (3, 8)
        assert classifier.classes_.tolist() == list(model.CATEGORIES)
        rows, _ = self.make_documents()
        documents = np.array([[row.get(k, 0.0) for k in range(8)] for row in rows])
        expected = [self.scores(row, 3) for row in rows]
        assert classifier.decision_function(documents).tolist() == expected
        assert classifier.predict(documents).tolist() == [
            model.CATEGORIES[s.index(max(s))] for s in expected]
