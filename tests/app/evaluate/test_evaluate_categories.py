"""`hogwild evaluate` of several categories: the figures of predict, train and scikit-learn."""
import csv
import random
import re
import subprocess

import pytest

import command

pytestmark = [pytest.mark.mpi]
COUNTED = ("micro_precision", "micro_recall", "micro_f1", "macro_precision", "macro_recall",
           "macro_f1", "exact_match", "accuracy", "precision", "recall", "f1")
RANKED = ("auc", "average_precision", "coverage", "ranking_loss", "one_error", "top_accuracy")
UNKNOWN = ("training_positives", "lambda", "positive_weight", "negative_weight", "learning_rate",
           "objective")
FEATURE = (("1", "1"),)


def close(found, right):
    return found is right is None or abs(found - right) < 1e-12


class CategoriesCase(command.Case):
    def call(self, *options, ranks=None, **more):
        return command.hogwild(ranks, "evaluate", *options, cwd=self.dir, **more)

    def evaluate(self, *options, **more):
        """What it prints, and what it logs."""
        outcome = self.check(self.call(*options, "--log", "m.jsonl", "--category-table", "m.csv",
                                       "--force", **more))
        rows = command.read_json_lines(self.dir / "m.jsonl")
        assert [(row["event"], row["schema"]) for row in rows] == [("measures",
                                                                    "hogwild.measures")]
        return outcome, rows[0]

    def table(self, name="m.csv"):
        with open(self.dir / name, newline="") as file:
            return {row["category"]: row for row in csv.DictReader(file)}

    def write_matrix(self, name, categories, ids, scores, thresholds=None):
        h5py, np = command.need("h5py", "numpy")
        with h5py.File(self.dir / name, "w") as file:
            file.attrs["schema"], file.attrs["version"] = np.bytes_("hogwild.scores"), 1
            file["categories"] = np.array([c.encode() for c in categories])
            file["document_id"] = np.asarray(ids, "int64")
            file["scores"] = np.asarray(scores, "float32")
            if thresholds is not None:
                file["thresholds"] = np.asarray(thresholds, "float64")


class TestAsScikitLearn(CategoriesCase):
    """Ties, documents without a category, categories of no document, names with a colon."""
    NAMES = ["A", "B:x", "C", "NONE", "RARE"]
    THRESHOLDS = [0.0, 0.3, -0.2, 0.5, 0.9]

    def make(self, np, seed=4, size=80):
        draw = np.random.default_rng(seed)
        truth = (draw.random((size, 5)) < [0.5, 0.3, 0.2, 0.0, 0.03]).astype(int)
        truth[:4] = 0
        truth[4] = [0, 0, 1, 0, 1]
        scores = np.round(draw.normal(size=(size, 5)) + truth - 0.5, 1).astype("float32")
        ids = 700 + np.arange(size)
        documents = [command.Document(int(i), FEATURE, tuple(
            name for name, y in zip(self.NAMES, row) if y)) for i, row in zip(ids, truth)]
        # a document that is not scored has the category that no other has
        documents.append(command.Document(int(ids[-1]) + 1, FEATURE, ("NONE",)))
        command.convert(documents, self.dir / "data.h5", "--shuffle-seed", "3",
                        "--allow-unlabelled")
        return truth, scores, ids

    def expected(self, np, truth, scores, predicted):
        from sklearn import metrics
        used = truth.any(axis=0)
        averages = {}
        for name, columns in (("micro", slice(None)), ("macro", used)):
            averages.update(zip(
                (f"{name}_{what}" for what in ("precision", "recall", "f1")),
                metrics.precision_recall_fscore_support(
                    truth[:, columns], predicted[:, columns], average=name, zero_division=0)))
        some = truth.any(axis=1)
        own, seen = truth[some], scores[some]
        best = seen.argmax(axis=1)
        single = own.sum(axis=1) == 1
        top = own[np.arange(len(own)), best]
        return averages | {
            "exact_match": metrics.accuracy_score(truth, predicted),
            "accuracy": (truth == predicted).mean(),
            "auc": metrics.roc_auc_score(truth[:, used], scores[:, used], average="macro"),
            "average_precision": metrics.average_precision_score(truth[:, used], scores[:, used]),
            "coverage": metrics.coverage_error(own, seen),
            "ranking_loss": metrics.label_ranking_loss(own, seen),
            "one_error": 1 - top.mean(), "top_accuracy": top[single].mean()}

    def test_matrix(self):
        np, _ = command.need("numpy", "sklearn")
        truth, scores, ids = self.make(np)
        order = np.random.default_rng(1).permutation(len(ids))
        for thresholds, option, in_effect in (
                (None, (), [0.0] * 5), (self.THRESHOLDS, (), self.THRESHOLDS),
                (self.THRESHOLDS, ("--threshold", "0.1"), [0.1] * 5)):
            self.write_matrix("s.h5", self.NAMES, ids[order], scores[order], thresholds)
            outcome, found = self.evaluate("--scores", "s.h5", "--data", "data.h5", *option)
            # a score of 0.3 is a float, which is above the threshold 0.3
            right = self.expected(np, truth, scores,
                                  (scores.astype(float) > in_effect).astype(int))
            for name, value in right.items():
                assert close(found[name], value), name
            assert (found["documents"], found["unscored"]) == (len(ids), 1)
            assert found["categories"] == self.NAMES
            assert "data.h5: 1 documents have no score in s.h5" in outcome.err
            assert re.search(rf"macro average: .*F1 {right['macro_f1']:.4f}\n", outcome.out)
            assert f"AUC {right['auc']:.4f}, average" in outcome.out
            assert f"one-error {right['one_error']:.4f}\n" in outcome.out

    def test_category_table(self):
        np, _ = command.need("numpy", "sklearn")
        from sklearn import metrics
        truth, scores, ids = self.make(np)
        self.write_matrix("s.h5", self.NAMES, ids, scores, self.THRESHOLDS)
        outcome, _ = self.evaluate("--scores", "s.h5", "--data", "data.h5")
        rows = self.table()
        assert list(rows) == sorted(self.NAMES, key=lambda n: -truth[:, self.NAMES.index(n)].sum())
        for k, name in enumerate(self.NAMES):
            predicted = scores[:, k].astype(float) > self.THRESHOLDS[k]
            row = rows[name]
            assert not any(row[key] for key in UNKNOWN)
            assert float(row["threshold"]) == self.THRESHOLDS[k]
            assert int(row["positives"]) == truth[:, k].sum()
            assert int(row["predicted"]) == predicted.sum()
            if name == "NONE":
                assert (row["recall"], row["auc"]) == ("", "")
                continue
            assert close(float(row["f1"]), metrics.f1_score(truth[:, k], predicted))
            assert close(float(row["auc"]), metrics.roc_auc_score(truth[:, k], scores[:, k]))
            assert re.search(rf"(?m)^{name} +{truth[:, k].sum()} .* {float(row['auc']):.4f} ",
                             outcome.out)

    def test_lines(self):
        """In any order, by any program: what is on a document's line is predicted."""
        np, _ = command.need("numpy", "sklearn")
        truth, scores, ids = self.make(np)
        predicted = scores.astype(float) > self.THRESHOLDS
        lines = ["\t".join([str(i), *(f"{self.NAMES[k]}:{row[k]:+.3g}" for k in np.flatnonzero(p))])
                 for i, row, p in zip(ids, scores, predicted)]
        assert any("\t" not in line for line in lines), "a document without categories"
        random.Random(1).shuffle(lines)
        lines.sort(key=lambda line: "\t" in line)  # ids alone come first
        right = self.expected(np, truth, scores, predicted.astype(int))
        command.write_text(self.dir / "s.tsv", "# id, categories\n\n" + "\n".join(lines) + "\n")
        outcome, found = self.evaluate("--scores", "s.tsv", "--data", "data.h5")
        for piped in (False, True):
            if piped:
                with open(self.dir / "s.tsv", "rb") as file:
                    done = subprocess.run(
                        command.hogwild_command(None, "evaluate", "--scores", "-", "--data",
                                                "data.h5", "--log", "piped.jsonl", "--quiet"),
                        stdin=file, capture_output=True, text=True, timeout=60, cwd=self.dir)
                assert done.returncode == 0, done.stderr
                found, = command.read_json_lines(self.dir / "piped.jsonl")
            for name in COUNTED:
                if name in right:
                    assert close(found[name], right[name]), name
            assert [found[name] for name in RANKED] == [None] * len(RANKED)
            assert sorted(found["categories"]) == sorted(self.NAMES)
        assert outcome.out.count("need the scores of all") == 1
        assert "coverage -, ranking loss -, one-error -\n" in outcome.out
        # of all scores, those above a threshold
        command.write_text(self.dir / "all.tsv", "".join(
            "\t".join([str(i), *(f"{n}:{s}" for n, s in zip(self.NAMES, row))]) + "\r\n"
            for i, row in zip(ids, scores.tolist())))
        _, found = self.evaluate("--scores", "all.tsv", "--data", "data.h5", "--threshold", "0.1")
        right = self.expected(np, truth, scores, (scores.astype(float) > 0.1).astype(int))
        assert all(close(found[name], right[name]) for name in COUNTED if name in right)
        assert found["threshold"] == 0.1

    def test_nothing_is_predicted(self):
        np, _ = command.need("numpy", "sklearn")
        _, _, ids = self.make(np)
        command.write_text(self.dir / "s.tsv", "".join(f"{i}\t\n" for i in ids))
        _, found = self.evaluate("--scores", "s.tsv", "--data", "data.h5")
        assert (found["micro_f1"], found["documents"]) == (0.0, len(ids))


class TestAsPredict(CategoriesCase):
    """NONE is in the test set alone, so that the model does not know it."""
    @classmethod
    def setup_class(cls):
        cls.sets = {}
        for name, count, seed in (("train", 500, 1), ("test", 200, 2)):
            documents = [d._replace(topics=(*d.topics, *(("NONE",) if d.id % 7 == 0 else ())))
                         if name == "test" else d
                         for d in command.make_documents(count, seed=seed, first_id=50_000 * seed)]
            weights = command.write_text(cls.shared / f"{name}.w", "".join(
                f"{1 + d.id % 3 / 2}\n" for d in documents))
            for kind, options in (("plain", ()), ("weighted", ("--weights", weights))):
                cls.sets[name, kind] = command.convert(
                    documents, cls.shared / f"{name}-{kind}.h5", "--shuffle-seed", "5", *options)

    def predict(self, kind, *options):
        """Lines and matrix of a model. @return what predict prints, and the row that train logs."""
        self.check(command.hogwild(
            2, "train", "--train", self.sets["train", kind], "--test", self.sets["test", kind],
            "--category", "all", "--strategy", "dual", "--loss", "hinge", "--lambda", "1e-3",
            "--precision", "float", "--validation-fraction", "0.2", *options, "--model", "all.h5",
            "--log", "t.jsonl", "--category-table", "t.csv", "--force", cwd=self.dir))
        predict = ("predict", "--model", "all.h5", "--data", self.sets["test", kind], "--force")
        outcome = self.check(command.hogwild(2, *predict, "--output", "p.tsv", cwd=self.dir))
        self.check(command.hogwild(2, *predict, "--matrix", "p.h5", cwd=self.dir))
        return outcome.out, command.read_json_lines(self.dir / "t.jsonl")[-1]

    @pytest.mark.parametrize("kind", ["plain", "weighted"])
    def test_matrix(self, kind):
        for options in ((), ("--threshold", "f1")):
            printed, logged = self.predict(kind, *options)
            data = ("--data", self.sets["test", kind])
            for ranks in (1, 2):
                outcome, found = self.evaluate("--scores", "p.h5", *data, ranks=ranks)
                for name in COUNTED + RANKED:
                    assert found[name] is not None and close(found[name], logged[f"test_{name}"]), \
                        (name, found[name], logged[f"test_{name}"])
            averages = outcome.out.split("\n\n")[1]
            assert averages.startswith("micro average") and "one-error" in averages
            shared = [line for line in averages.splitlines() if not line.startswith("accuracy")]
            assert printed.splitlines()[-len(shared):] == shared
            own, trained = self.table(), self.table("t.csv")
            assert set(own) == set(trained) == {"CCAT", "ECAT", "MCAT"}
            for name, row in own.items():
                for key in set(row) - {"category", *UNKNOWN}:
                    assert close(*(float(r[key]) if r[key] else None
                                   for r in (row, trained[name]))), (name, key)

    def test_threshold_of_predict_is_kept(self):
        self.predict("plain")
        data = ("--data", self.sets["test", "plain"])
        right = self.evaluate("--scores", "p.h5", *data, "--threshold", "0.4")[1]
        self.check(command.hogwild(1, "predict", "--model", "all.h5", *data, "--threshold", "0.4",
                                   "--matrix", "q.h5", cwd=self.dir))
        outcome, found = self.evaluate("--scores", "q.h5", *data)
        assert [found[name] for name in COUNTED] == [right[name] for name in COUNTED]
        assert self.evaluate("--scores", "p.h5", *data)[1]["micro_f1"] != found["micro_f1"]

    def test_lines(self):
        printed, logged = self.predict("weighted", "--threshold", "f1")
        data = ("--data", self.sets["test", "weighted"])
        outcome, found = self.evaluate("--scores", "p.tsv", *data, "--model", "all.h5")
        for name in COUNTED:
            assert close(found[name], logged[f"test_{name}"]), name
        for line in printed.splitlines()[1:3]:
            assert line.startswith(("micro", "macro")) and line in outcome.out
        # the category that the model does not know is never predicted
        _, all_of_data = self.evaluate("--scores", "p.tsv", *data)
        assert set(all_of_data["categories"]) == {*found["categories"], "NONE"}
        assert all_of_data["micro_precision"] == found["micro_precision"]
        assert all_of_data["micro_recall"] < found["micro_recall"]

    def test_one_category(self):
        """A column is measured as the text of one category."""
        self.predict("plain", "--threshold", "f1")
        data = ("--data", self.sets["test", "plain"], "--category", "MCAT")
        self.check(command.hogwild(1, "predict", "--model", "all.h5", *data, "--output", "m.tsv",
                                   cwd=self.dir))
        log = ("--log", "m.jsonl", "--force")
        rows = []
        for scores, option in (("p.h5", ()), ("p.h5", ("--threshold", "-0.5"))):
            self.check(self.call("--scores", scores, *data, *option, *log))
            rows.append(command.read_json_lines(self.dir / "m.jsonl")[0])
            self.check(self.call("--scores", "m.tsv", *data, *log, "--threshold",
                                 repr(rows[-1]["threshold"])))
            text = command.read_json_lines(self.dir / "m.jsonl")[0]
            for key in ("accuracy", "f1", "auc", "average_precision", "true_positives", "best_f1"):
                assert close(rows[-1][key], text[key]), key
        assert rows[0]["threshold"] == float(self.table("t.csv")["MCAT"]["threshold"])
        assert rows[1]["threshold"] == -0.5


class TestRefusals(CategoriesCase):
    def setup_method(self):
        documents = command.make_documents(20, first_id=1)
        self.ids = [d.id for d in documents]
        command.convert(documents, self.dir / "data.h5")

    def refuse(self, code, options, *says, ranks=None):
        before = self.names()
        outcome = self.call("--data", "data.h5", *options, "--log", "log.jsonl",
                            "--category-table", "t.csv", ranks=ranks)
        self.check_refused(outcome, code, "hogwild", *says)
        assert self.names() == before

    def test_lines(self):
        for line, *says in (
                ("1\tXCAT:1", "s.tsv:2:3", "no category 'XCAT' in data.h5"),
                ("1\tCCAT:1\tCCAT:2", "s.tsv:2:10", "a second time"),
                ("1\tCCAT:high", "s.tsv:2:3", "'CCAT:high'"),
                ("1\tCCAT:nan", "s.tsv:2:3", "'CCAT:nan'"),
                ("1\tCCAT:1\tMCAT", "s.tsv:2:10", "'MCAT'"),
                ("CCAT:1", "s.tsv:2:1", "'CCAT:1' is no document id"),
                ("2\tCCAT:1", "s.tsv: document 2 occurs twice"),
                ("999\tCCAT:1", "document 999 is not in data.h5")):
            command.write_text(self.dir / "s.tsv", f"2\tMCAT:0.5\n{line}\n")
            self.refuse(65, ("--scores", "s.tsv"), *says)

    def test_options(self):
        command.write_text(self.dir / "s.tsv", "2\tMCAT:0.5\n")
        self.refuse(2, ("--scores", "s.tsv", "--category", "MCAT"), "--category MCAT", "--matrix")
        self.refuse(2, ("--scores", "s.tsv", "--probability"), "--probability", ranks=2)
        self.check_refused(self.call("--scores", "s.tsv"), 2, "hogwild", "--data")
        command.write_text(self.dir / "one.txt", "2\t0.5\n")
        self.refuse(2, ("--scores", "one.txt", "--category", "MCAT"), "--category-table")
        self.write_matrix("s.h5", ["MCAT", "CCAT"], self.ids, [[0.5, 1]] * 20)
        self.refuse(2, ("--scores", "s.h5", "--model", "s.h5"), "--model")
        self.check_refused(self.call("--scores", "s.h5"), 2, "hogwild", "--data")
        self.refuse(65, ("--scores", "s.h5", "--category", "ECAT"), "s.h5", "no category 'ECAT'")
        outcome = self.call("--data", "data.h5", "--scores", "s.h5", "--category-table", "s.h5")
        self.check_refused(outcome, 2, "hogwild", "s.h5")

    def test_matrices(self):
        for categories, ids, scores, thresholds, *says in (
                (["MCAT", "XCAT"], self.ids, [[1, 2]] * 20, None, "XCAT", "data.h5"),
                (["MCAT", "MCAT"], self.ids, [[1, 2]] * 20, None, "two categories 'MCAT'"),
                (["MCAT"], self.ids, [[1, 2]] * 20, None, "1 names for 2 columns"),
                (["MCAT"], self.ids[1:], [[1]] * 20, None, "19 ids for 20 rows"),
                (["MCAT"], self.ids, [[1]] * 20, [0.0, 0.0], "2 values for 1 categories"),
                (["MCAT"], self.ids, [[float("nan")]] * 20, None, "s.h5/scores"),
                (["MCAT"], [7000, *self.ids[1:]], [[1]] * 20, None, "document 7000 is not in")):
            self.write_matrix("s.h5", categories, ids, scores, thresholds)
            self.refuse(65, ("--scores", "s.h5"), *says)
        self.refuse(65, ("--scores", "data.h5"), "data.h5", "schema is 'hogwild.dataset'",
                    ranks=2)
        content = (self.dir / "s.h5").read_bytes()
        (self.dir / "s.h5").write_bytes(content[:len(content) // 2])
        self.refuse(65, ("--scores", "s.h5"), "s.h5")
