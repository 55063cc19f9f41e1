"""`train --multiclass ovr`: documents of one class each, and the highest score decides."""
import csv
import random

import pytest

import command
from train_case import Run

CLASSES = 7
FEATURES = 300
DUAL = ("--strategy", "dual", "--loss", "squared-hinge", "--lambda", "1e-3", "--gap", "1e-4",
        "--precision", "float")
SGD = ("--strategy", "lock-free", "--loss", "hinge", "--regularizer", "l2", "--lambda", "1e-3",
       "--precision", "float", "--batch-size", "1", "--sampling", "permutation", "--epochs", "10",
       "--learning-rate", "0.5", "--schedule", "decay", "--decay", "0.8")


def make_documents(count, seed, classes=CLASSES):
    """Class and entries: each class has a mean of its own, and there are fewer of each next one.
    Classes are called 1, 2, 3, 5, 6, 7, 10."""
    names = (1, 2, 3, 5, 6, 7, 10)
    means = random.Random(7)
    mean = [[means.gauss(0, 0.13) for _ in range(FEATURES)] for _ in range(CLASSES)]
    draw = random.Random(seed)
    documents = []
    for _ in range(count):
        k = min(int(draw.expovariate(0.4)), classes - 1)
        entries = {f: mean[k][f] + draw.gauss(0, 0.25)
                   for f in sorted(draw.sample(range(FEATURES), 30))}
        documents.append((names[k], entries))
    return documents


def text_of(documents):
    return "".join(f"{label} " + " ".join(f"{f + 1}:{v:.5f}" for f, v in entries.items()) + "\n"
                   for label, entries in documents)


class TestMulticlass(command.Case):
    @classmethod
    def setup_class(cls):
        cls.test_documents = make_documents(400, 2)
        cls.training_documents = make_documents(900, 1)
        cls.train_set = cls.convert(text_of(cls.training_documents), cls.shared / "train")
        cls.test_set = cls.convert(text_of(cls.test_documents), cls.shared / "test")
        cls.test_labels = [label for label, _ in cls.test_documents]

    @staticmethod
    def convert(text, path, *options):
        command.write_text(path.with_suffix(".svm"), text)
        outcome = command.tool("svmlight_to_hdf5", "--input", path.with_suffix(".svm"), "--output",
                               path.with_suffix(".h5"), "--quiet", *options)
        assert outcome.code == 0, str(outcome)
        return path.with_suffix(".h5")

    def train(self, ranks, *options, name="run", test=None, train=None):
        log = self.dir / (name + ".jsonl")
        outcome = command.hogwild(ranks, "train", "--train", train or self.train_set, "--test",
                                  test or self.test_set, "--multiclass", "ovr", *options, "--log",
                                  log, "--model", name + ".h5", "--confusion-table", name + ".csv",
                                  cwd=self.dir)
        return Run(self.check(outcome), log)

    def predict(self, ranks, *options, name="p", model="run.h5", source=None):
        source = source or ("--data", self.test_set)
        outcome = command.hogwild(ranks, "predict", "--model", model, *source, "--output",
                                  name + ".tsv", "--confusion-table", name + ".csv", *options,
                                  cwd=self.dir)
        return self.check(outcome)

    def predicted(self, name="p"):
        """The classes in the lines of a file of predictions, each of exactly one class."""
        rows = [line.split("\t") for line in (self.dir / f"{name}.tsv").read_text().splitlines()]
        assert all(len(row) == 2 for row in rows)
        return [int(row[1].rsplit(":", 1)[0]) for row in rows]

    def confusion(self, name):
        """Counts by class and prediction."""
        with open(self.dir / f"{name}.csv", newline="") as file:
            head, *rows = csv.reader(file)
        assert head[0] == "class\\predicted"
        return {(row[0], column): int(n) for row in rows for column, n in zip(head[1:], row[1:])
                if n != "0"}

    def refuse(self, code, options, *says, train=None):
        outcome = command.hogwild(2, "train", "--train", train or self.train_set, "--quiet",
                                  "--multiclass", "ovr", *options, cwd=self.dir)
        self.check_refused(outcome, code, "hogwild", *says)

    def test_table_log_confusion_and_predictions_agree(self):
        """Counted again from the lines of predict, on any number of ranks."""
        run = self.train(2, *DUAL, "--category-table", "table.csv")
        assert run.start["decision"] == "highest"
        confusion = self.confusion("run")
        for ranks in (1, 3):
            out = self.predict(ranks, name=f"p{ranks}").out
            assert self.confusion(f"p{ranks}") == confusion
            assert f"accuracy {run.result['test_accuracy']:.4f}: the share of the documents" in out
            for figure in ("precision", "recall", "f1"):
                assert f" {run.result['test_macro_' + figure]:.4f}" in out.split("macro")[1]
        assert (self.dir / "p1.tsv").read_text() == (self.dir / "p3.tsv").read_text()
        predicted = self.predicted("p1")
        counts = {}
        for pair in zip(self.test_labels, predicted, strict=True):
            counts[tuple(map(str, pair))] = counts.get(tuple(map(str, pair)), 0) + 1
        assert counts == confusion
        right = sum(a == b for a, b in zip(self.test_labels, predicted))
        assert 0.4 < right / 400 < 0.98  # both kinds of documents are there
        for key in ("test_accuracy", "test_top_accuracy", "test_exact_match", "test_micro_f1"):
            assert abs(run.result[key] - right / 400) < 1e-12, key
        with open(self.dir / "table.csv", newline="") as file:
            table = {int(row["category"]): row for row in csv.DictReader(file)}
        f1 = []
        for k, row in table.items():
            hits = sum(a == b == k for a, b in zip(self.test_labels, predicted))
            assert int(row["predicted"]) == predicted.count(k)
            assert int(row["positives"]) == self.test_labels.count(k)
            f1.append(2 * hits / (predicted.count(k) + self.test_labels.count(k)))
            assert abs(float(row["f1"]) - f1[-1]) < 1e-12
        assert abs(run.result["test_macro_f1"] - sum(f1) / len(f1)) < 1e-12
        assert run.result["test_f1"] == run.result["test_macro_f1"]
        table = run.outcome.out
        assert f"{run.result['test_accuracy']:.4f}" in table.splitlines()[3]
        assert "share of the documents whose class is right" in table
        row = [str(confusion.get(("10", str(k)), 0)) for k in (1, 2, 3, 5, 6, 7, 10)]
        matrix = table.split("prediction (columns):")[1]
        assert ["10", *row] in [line.split() for line in matrix.splitlines()]

    def test_the_file_says_how_to_decide(self):
        h5py, np = command.need("h5py", "numpy")
        self.train(1, *DUAL)
        assert command.inspect(self.dir / "run.h5")[0]["decision"] == "highest"
        outcome = command.hogwild(1, "predict", "--model", "run.h5", "--data", self.test_set,
                                  "--output", "p.tsv", "--threshold", "1", cwd=self.dir)
        self.check_refused(outcome, 2, "hogwild", "highest score", "--threshold")
        with h5py.File(self.dir / "run.h5", "r+") as file:
            file.attrs["decision"] = np.bytes_("votes")
        outcome = command.hogwild(1, "predict", "--model", "run.h5", "--data", self.test_set,
                                  "--output", "p.tsv", cwd=self.dir)
        self.check_refused(outcome, 65, "hogwild", "votes", "highest")
        with h5py.File(self.dir / "run.h5", "r+") as file:
            del file.attrs["decision"]  # as an older program wrote it
        assert command.inspect(self.dir / "run.h5")[0]["decision"] == "threshold"
        self.check(command.hogwild(1, "predict", "--model", "run.h5", "--data", self.test_set,
                                   "--output", "p.tsv", cwd=self.dir))
        rows = [line.split("\t") for line in (self.dir / "p.tsv").read_text().splitlines()]
        assert any(len(row) != 2 or not row[1] for row in rows)

    def test_weights_are_those_of_all_categories(self):
        """Classes are trained as categories are; the decision alone differs."""
        h5py = command.need("h5py")
        self.train(2, *DUAL)
        self.check(command.hogwild(2, "train", "--train", self.train_set, "--category", "all",
                                   *DUAL, "--model", "all.h5", cwd=self.dir))
        with h5py.File(self.dir / "run.h5") as a, h5py.File(self.dir / "all.h5") as b:
            assert (a["weights"][:] == b["weights"][:]).all()
            assert (a["bias"][:] == b["bias"][:]).all()
        for model in ("run.h5", "all.h5"):
            self.check(command.hogwild(2, "predict", "--model", model, "--data", self.test_set,
                                       "--matrix", model + ".scores", cwd=self.dir))
            self.check(command.hogwild(1, "predict", "--model", model, "--data", self.test_set,
                                       "--category", "3", "--output", model + ".tsv",
                                       cwd=self.dir))
        with h5py.File(self.dir / "run.h5.scores") as a, h5py.File(self.dir / "all.h5.scores") as b:
            assert (a["scores"][:] == b["scores"][:]).all()
            names = [int(name) for name in a["categories"][:]]
            best = dict(zip(a["document_id"][:], a["scores"][:].argmax(axis=1)))
        assert (self.dir / "run.h5.tsv").read_text() == (self.dir / "all.h5.tsv").read_text()
        self.predict(2)
        assert self.predicted() == [names[best[k + 1]] for k in range(400)]

    def test_texts_are_compared_where_labels_are_classes(self):
        self.train(2, *DUAL)
        said = self.predict(1).out
        text = ("--input", self.test_set.with_suffix(".svm"))
        assert self.predict(2, name="t", source=text).out == said
        assert self.confusion("t") == self.confusion("p")
        assert self.predicted("t") == self.predicted()
        lines = [f"0 {line.split(' ', 1)[1]}" for line in
                 self.test_set.with_suffix(".svm").read_text().splitlines()]
        command.write_text(self.dir / "none.svm", "\n".join(lines) + "\n")
        none = ("--model", "run.h5", "--input", "none.svm", "--output", "n.tsv")
        outcome = self.check(command.hogwild(1, "predict", *none, cwd=self.dir))
        assert outcome.out == "400 documents scored for 7 classes\n"
        assert self.predicted("n") == self.predicted()
        outcome = command.hogwild(1, "predict", *none, "--confusion-table", "n.csv", cwd=self.dir)
        self.check_refused(outcome, 65, "hogwild", "none.svm", "--confusion-table")
        assert not (self.dir / "n.csv").exists()

    def test_classes_without_training_documents_count_as_wrong(self):
        """And a test set need not have all classes."""
        train = self.convert(text_of(make_documents(500, 3, classes=4)), self.dir / "train")
        for ranks in (1, 3):
            run = self.train(ranks, *DUAL, train=train, name=f"r{ranks}")
        assert run.start["categories"] == ["1", "2", "3", "5"]
        confusion = self.confusion("r1")
        assert confusion == self.confusion("r3")
        unknown = sum(label not in (1, 2, 3, 5) for label in self.test_labels)
        assert unknown > 20
        assert sum(n for (label, _), n in confusion.items() if label == "(other)") == unknown
        right = sum(n for (label, predicted), n in confusion.items() if label == predicted)
        assert sum(confusion.values()) == 400
        assert abs(run.result["test_accuracy"] - right / 400) < 1e-12
        assert abs(run.result["test_top_accuracy"] - right / (400 - unknown)) < 1e-12
        self.predict(2, model="r1.h5")
        assert self.confusion("p") == confusion
        few = self.convert(text_of([d for d in self.test_documents if d[0] not in (1, 3)]),
                           self.dir / "few")
        run = self.train(2, *DUAL, test=few, name="fewer")
        confusion = self.confusion("fewer")
        assert not any(label in ("1", "3") for label, _ in confusion)
        assert sum(confusion.values()) == sum(n not in (1, 3) for n in self.test_labels)
        only = self.convert("8 1:1\n9 2:1\n12 2:1\n", self.dir / "only")
        self.refuse(65, ("--test", only, *DUAL), "none of the 7 classes")

    def test_documents_without_a_label_are_left_out(self):
        """They are scored; measures, those of rankings included, are of the others."""
        documents = [d._replace(topics=("abc"[min(2, d.id % 4)],))
                     for d in command.make_documents(300)]
        test = [d._replace(topics=("abc"[min(2, d.id % 4)],) if d.id % 3 else ())
                for d in command.make_documents(150, seed=2, first_id=50_000)]
        train = command.convert(documents, self.dir / "t.h5")
        n = sum(bool(d.topics) for d in test)
        results, said = [], []
        for name, part in (("all", test), ("labelled", [d for d in test if d.topics])):
            data = command.convert(part, self.dir / f"{name}_test.h5", "--allow-unlabelled")
            for ranks in (1, 3):
                run = self.train(ranks, *DUAL, train=train, test=data, name=name)
                assert sum(self.confusion(name).values()) == n
                results.append({key: value if value is None else round(value, 12)
                                for key, value in run.result.items() if key.startswith("test_")})
            said.append(self.predict(2, model=name + ".h5", source=("--data", data)).out)
            assert self.confusion("p") == self.confusion(name)
        assert results[0] == results[1] == results[2] == results[3]
        assert results[0]["test_auc"] is not None
        assert said[0].startswith(f"150 documents scored for 3 classes\n{n} with a class: ")
        rest = [text.replace(f"{n} with a class: ", "").splitlines()[1:] for text in said]
        assert rest[0] == rest[1]

    def test_a_class_that_is_held_out_alone(self):
        """Its documents count as wrong, too."""
        documents = make_documents(300, 4, classes=3)
        train = self.convert(text_of([*documents, (7, {1: 1.0})]), self.dir / "t", "--no-shuffle")
        for seed in range(40):
            run = self.train(2, *DUAL, "--validation-fraction", "0.1", "--seed", str(seed),
                             train=train, test=train, name="one")
            if run.start["skipped_categories"] == ["7"]:
                break
        else:
            raise AssertionError("never held out")
        assert ("(other)" in {label for label, _ in self.confusion("one")})
        assert run.result["validation_top_accuracy"] > run.result["validation_accuracy"]

    def test_validation_and_sgd(self):
        """The figure of the held-out documents is of the same decision, also on the way."""
        for ranks, split in ((1, "auto"), (2, "documents"), (2, "categories")):
            run = self.train(ranks, *SGD, "--split", split)
            last = run.evaluations[-1]
            assert last["validation_accuracy"] == run.result["validation_accuracy"]
            assert run.result["validation_accuracy"] == run.result["validation_top_accuracy"]
            assert run.result["test_accuracy"] > 0.5
            assert run.result["train_accuracy"] > 0.8

    def test_labels_that_are_not_one_class(self):
        several = "".join(f"{'1,2' if k % 10 == 3 else 1 + k % 3} {1 + k % 3}:1\n"
                          for k in range(60))
        train = self.convert(several, self.dir / "several", "--no-shuffle")
        self.refuse(65, DUAL, "several.h5", "document 4 is of 2", "of 60 documents 6 have several",
                    train=train)
        self.refuse(65, ("--category", "1,2", *DUAL), "exactly one of the 2 classes", "is of none",
                    "none")
        self.refuse(65, ("--test", train, *DUAL), "several.h5: document 4 is of 2 classes")
        two = self.convert("1 1:1\n-1 2:1\n" * 20, self.dir / "two")
        self.refuse(2, DUAL, "labels +1 and -1", "leave out --multiclass", train=two)

    def test_contradictions(self):
        self.refuse(2, ("--threshold", "f1", *DUAL), "--threshold", "highest score")
        self.refuse(2, ("--threshold", "0.5", *DUAL), "--threshold", "highest score")
        self.refuse(2, ("--fbr", "0.1", *DUAL), "--fbr")
        self.refuse(2, ("--category", "2", *DUAL), "--category 2 names one class")
        self.refuse(2, ("--confusion-table", "c.csv", "--multiclass", "none", *DUAL), "multiclass")
        outcome = command.hogwild(1, "train", "--train", self.train_set, "--category", "all",
                                  "--confusion-table", "c.csv", *DUAL, cwd=self.dir)
        self.check_refused(outcome, 2, "hogwild", "--confusion-table is for --multiclass")
        self.train(1, *DUAL)
        for options in (("--model", "run.h5", "--category", "3"), ("--model", "all.h5")):
            self.check(command.hogwild(1, "train", "--train", self.train_set, "--category", "all",
                                       *DUAL, "--model", "all.h5", "--quiet", cwd=self.dir))
            outcome = command.hogwild(1, "predict", *options, "--data", self.test_set, "--output",
                                      "p.tsv", "--confusion-table", "c.csv", cwd=self.dir)
            self.check_refused(outcome, 2, "hogwild", "--confusion-table", "--multiclass")
        assert not (self.dir / "c.csv").exists() and not (self.dir / "p.tsv").exists()

    def test_settings_can_be_used_again(self):
        """What --dump-config prints; and a confusion replaces its own kind of file alone."""
        text = command.hogwild(1, "train", "--train", self.train_set, "--multiclass", "ovr",
                               "--dump-config", *DUAL, cwd=self.dir).out
        assert "multiclass = ovr" in text
        command.write_text(self.dir / "again.ini", text)
        a = self.train(1, *DUAL)
        self.check(command.hogwild(1, "train", "--config", "again.ini", "--test", self.test_set,
                                   "--confusion-table", "run.csv", "--log", "b.jsonl",
                                   cwd=self.dir))
        b = Run(None, self.dir / "b.jsonl")
        assert a.result["test_accuracy"] == b.result["test_accuracy"]
        command.write_text(self.dir / "mine.csv", "a,b\n1,2\n")
        self.refuse(73, ("--confusion-table", "mine.csv", *DUAL), "mine.csv")

    def test_a_sweep_selects_by_the_accuracy_of_classes(self):
        outcome = self.check(command.hogwild(
            2, "sweep", "--train", self.train_set, "--multiclass", "ovr", "--strategy", "dual",
            "--loss", "squared-hinge", "--lambda", "1e-4,1e-2,10", "--select", "accuracy", "--csv",
            "s.csv", "--best", "best.ini", cwd=self.dir))
        assert "path" not in outcome.err  # models of several classes are no starts
        with open(self.dir / "s.csv", newline="") as file:
            rows = {row["lambda"]: float(row["validation_accuracy"])
                    for row in csv.DictReader(file)}
        best = max(rows, key=rows.get)
        assert "multiclass = ovr" in (self.dir / "best.ini").read_text()
        log = self.dir / "b.jsonl"
        self.check(command.hogwild(1, "train", "--config", "best.ini", "--log", log, cwd=self.dir))
        run = Run(None, log)
        assert float(run.start["options"]["lambda"]) == float(best)
        assert abs(run.result["validation_accuracy"] - rows[best]) < 0.03

    def test_as_good_as_scikit_learn(self):
        """LinearSVC, which trains one against the rest; accuracy within a percent."""
        np, sparse = pytest.importorskip("numpy"), pytest.importorskip("scipy.sparse")
        svm = pytest.importorskip("sklearn.svm")

        def matrix(documents):
            rows = [(k, f, v) for k, (_, entries) in enumerate(documents)
                    for f, v in entries.items()]
            i, j, v = zip(*rows)
            x = sparse.csr_matrix((v, (i, j)), shape=(len(documents), FEATURES))
            return x, np.array([label for label, _ in documents])

        x, y = matrix(self.training_documents)
        test_x, test_y = matrix(self.test_documents)
        classifier = svm.LinearSVC(C=1 / (1e-3 * len(y)), loss="squared_hinge", tol=1e-6,
                                   max_iter=10000, random_state=1).fit(x, y)
        theirs = (classifier.predict(test_x) == test_y).mean()
        run = self.train(2, *DUAL, "--validation-fraction", "0")
        assert abs(run.result["test_accuracy"] - theirs) <= 0.01
        self.predict(1)
        agree = (np.array(self.predicted()) == classifier.predict(test_x)).mean()
        assert agree >= 0.99
