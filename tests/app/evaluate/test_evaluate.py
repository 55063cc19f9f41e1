"""`hogwild evaluate`: measures that equal scikit-learn's, of labels from where users have them."""
import json
import random
import re

import pytest

import command

pytestmark = [pytest.mark.mpi]
SETS = 20


def score_sets(np):
    """(truth, scores) with ties, of one class, empty, and of a few documents."""
    draw = np.random.default_rng(11)
    for k in range(SETS):
        size = (0, 1, 2, 3, 5, 40, 300, 2000)[k % 8]
        share = (0.5, 0.0, 0.1, 1.0, 0.02)[k % 5]
        truth = np.where(draw.random(size) < share, 1, -1)
        scores = draw.normal(size=size) + 0.8 * truth * (k % 3)
        if k % 2:
            scores = np.round(scores, k % 4)  # ties, many of them at 0
        yield truth, scores


def expected(truth, scores, threshold):
    """By scikit-learn; None where a measure is not defined."""
    from sklearn import metrics
    predicted = [1 if score > threshold else -1 for score in scores]
    positives, negatives = (truth == 1).sum(), (truth == -1).sum()
    hits = sum(y == p == 1 for y, p in zip(truth, predicted))
    return {
        "accuracy": metrics.accuracy_score(truth, predicted) if len(truth) else None,
        "precision": metrics.precision_score(truth, predicted) if 1 in predicted else None,
        "recall": metrics.recall_score(truth, predicted) if positives else None,
        "f1": (metrics.f1_score(truth, predicted) if hits else 0.0)
        if positives or 1 in predicted else None,
        "auc": metrics.roc_auc_score(truth, scores) if positives and negatives else None,
        "average_precision": metrics.average_precision_score(truth, scores, pos_label=1)
        if positives else None,
    }


def same(found, right):
    return found is right is None or abs(found - right) < 1e-12


class EvaluateCase(command.Case):
    def evaluate(self, *options, ranks=None, **more):
        """What it prints, and what it logs."""
        outcome = self.check(command.hogwild(ranks, "evaluate", *options, "--log", "m.jsonl",
                                             cwd=self.dir, **more))
        rows = command.read_json_lines(self.dir / "m.jsonl")
        assert [row["event"] for row in rows] == ["measures"]
        return outcome, rows[0]

    def write(self, name, truth, scores):
        command.write_text(self.dir / name, "".join(
            f"{y:+d} {score!r}\n" for y, score in zip(truth.tolist(), scores.tolist())))


class TestAsScikitLearn(EvaluateCase):
    def test_measures(self):
        np, _ = command.need("numpy", "sklearn")
        for truth, scores in score_sets(np):
            self.write("scores.txt", truth, scores)
            outcome, found = self.evaluate("--scores", "scores.txt")
            right = expected(truth, scores, 0.0)
            for name, value in right.items():
                assert same(found[name], value), (name, truth, scores)
            assert found["documents"] == len(truth)
            assert isinstance(found["documents"], int)
            accuracy = f"{right['accuracy']:.4f}" if len(truth) else "-"
            assert re.search(rf"(?m)^accuracy +{accuracy} ", outcome.out)

    def test_confusion_matrix(self):
        np, _ = command.need("numpy", "sklearn")
        from sklearn import metrics
        truth, scores = list(score_sets(np))[7]
        self.write("scores.txt", truth, scores)
        outcome, found = self.evaluate("--scores", "scores.txt", "--threshold", "0.3", ranks=2)
        (tn, fp), (fn, tp) = metrics.confusion_matrix(truth == 1, scores > 0.3).tolist()
        assert [found[f"{name}s"] for name in ("true_negative", "false_positive",
                                               "false_negative", "true_positive")] \
            == [tn, fp, fn, tp]
        assert re.search(rf"labelled \+1 +{tp} +{fn}\nlabelled -1 +{fp} +{tn}\n", outcome.out)
        assert "a score above 0.3 predicts +1" in outcome.out

    def test_probabilities(self):
        np, _ = command.need("numpy", "sklearn")
        from sklearn import calibration, metrics
        for truth, scores in score_sets(np):
            if len(truth) < 40:
                continue
            probability = np.clip(1 / (1 + np.exp(-2 * scores)), 0, 1)
            probability[:2] = 0.0, 1.0
            self.write("p.txt", truth, probability)
            outcome, found = self.evaluate("--scores", "p.txt", "--probability")
            assert found["threshold"] == 0.5
            assert same(found["log_loss"],
                        metrics.log_loss(truth, probability, labels=[-1, 1], eps=2.0**-52))
            assert same(found["brier"], ((probability - (truth == 1)) ** 2).mean())
            for name, value in expected(truth, probability, 0.5).items():
                assert same(found[name], value), name
            bins = [b for b in found["reliability"] if b["documents"]]
            share, mean = calibration.calibration_curve(truth == 1, probability, n_bins=10)
            np.testing.assert_allclose([b["positive_share"] for b in bins], share, atol=1e-12)
            np.testing.assert_allclose([b["mean_probability"] for b in bins], mean, atol=1e-12)
            assert sum(b["documents"] for b in bins) == len(truth)
            assert "Brier score" in outcome.out and "0.9 to 1.0" in outcome.out

    def test_standard_errors(self):
        """Against the spread of the measures over 1,000 bootstrap samples."""
        np, _ = command.need("numpy", "sklearn")
        draw = np.random.default_rng(3)
        truth = np.where(draw.random(800) < 0.3, 1, -1)
        scores = draw.normal(size=800) + 0.7 * truth
        probability = 1 / (1 + np.exp(-scores))
        self.write("p.txt", truth, probability)
        _, found = self.evaluate("--scores", "p.txt", "--probability")
        samples = []
        for _ in range(1000):
            take = draw.integers(0, 800, 800)
            y, p = truth[take], probability[take]
            hits = ((p > 0.5) & (y == 1)).sum()
            ranks = np.argsort(np.argsort(p, kind="stable"), kind="stable") + 1
            positives = (y == 1).sum()
            samples.append({
                "accuracy": ((p > 0.5) == (y == 1)).mean(), "precision": hits / (p > 0.5).sum(),
                "recall": hits / positives, "f1": 2 * hits / ((p > 0.5).sum() + positives),
                "auc": (ranks[y == 1].sum() - positives * (positives + 1) / 2)
                / (positives * (800 - positives)),
                "brier": ((p - (y == 1)) ** 2).mean(),
                "log_loss": -np.log(np.where(y == 1, p, 1 - p)).mean()})
        for name in samples[0]:
            spread = np.std([sample[name] for sample in samples])
            assert abs(found[name + "_error"] / spread - 1) < 0.1, name
        assert found["average_precision_error"] is None

    def test_delong(self):
        """The covariance of the paper, by its definition."""
        np, _ = command.need("numpy", "sklearn")
        for truth, scores in score_sets(np):
            x, y = scores[truth == 1], scores[truth == -1]
            self.write("scores.txt", truth, scores)
            _, found = self.evaluate("--scores", "scores.txt")
            if min(len(x), len(y)) < 2:
                assert found["auc_error"] is None
                continue
            psi = (x[:, None] > y) + 0.5 * (x[:, None] == y)
            right = (psi.mean(1).var(ddof=1) / len(x) + psi.mean(0).var(ddof=1) / len(y)) ** 0.5
            assert same(found["auc_error"], right)

    def test_best_threshold(self):
        np, _ = command.need("numpy", "sklearn")
        from sklearn import metrics
        for truth, scores in score_sets(np):
            self.write("scores.txt", truth, scores)
            outcome, found = self.evaluate("--scores", "scores.txt")
            if not (truth == 1).any():
                assert found["best_f1"] is found["best_f1_threshold"] is None
                continue
            every = [metrics.f1_score(truth, np.where(scores >= s, 1, -1)) for s in set(scores)]
            assert same(found["best_f1"], max(every))
            _, again = self.evaluate("--scores", "scores.txt", "--threshold",
                                     repr(found["best_f1_threshold"]))
            assert same(again["f1"], found["best_f1"])
            assert f"highest F1: {max(every):.4f}" in outcome.out


class TestLabels(EvaluateCase):
    def test_of_a_dataset_by_id(self):
        """Scores of a shuffled dataset, by another program, in any order."""
        documents = command.make_documents(60, first_id=700)
        command.convert(documents, self.dir / "data.h5", "--shuffle-seed", "3")
        lines = [f"{d.id}\t{'1' if 'CCAT' in d.topics else '-1.5'}\n" for d in documents]
        random.Random(1).shuffle(lines)
        command.write_text(self.dir / "s.txt", "".join(lines))
        data = ("--data", "data.h5", "--category", "CCAT")
        assert self.evaluate("--scores", "s.txt", *data)[1]["accuracy"] == 1
        command.write_text(self.dir / "s.txt", "".join(lines[:50]))
        outcome, found = self.evaluate("--scores", "s.txt", *data)
        assert (found["accuracy"], found["documents"]) == (1, 50)
        assert "data.h5: 10 documents have no score in s.txt" in outcome.err
        for wrong, message in ((lines[0] + lines[0], "twice"), ("5\t1\n", "document 5 is not in")):
            command.write_text(self.dir / "s.txt", wrong)
            self.check_refused(self.call("--scores", "s.txt", *data), 65, "hogwild", message)

    def test_of_a_dataset_in_the_order_of_the_text(self):
        documents = command.make_documents(60, first_id=700)
        command.convert(documents, self.dir / "data.h5", "--shuffle-seed", "3")
        command.write_text(self.dir / "s.txt", "".join(
            f"{'2' if 'CCAT' in d.topics else '-3'}\n" for d in documents))
        data = ("--data", "data.h5", "--category", "CCAT")
        assert self.evaluate("--scores", "s.txt", *data)[1]["accuracy"] == 1
        command.write_text(self.dir / "s.txt", "1\n2\n")
        self.check_refused(self.call("--scores", "s.txt", *data), 65, "hogwild",
                           "s.txt has 2 scores, and data.h5 has 60 documents")

    def test_of_text(self):
        command.write_text(self.dir / "s.txt", "0.5\n-0.5\n0.25\n-3\n")
        for text, options, right in (
                ("+1 3:1\n-1 2:1\n# comment\n1\n-1\n", (), [2, 0, 0, 2]),
                ("1\n0\n0\n1\n", (), [1, 1, 1, 1]),
                ("1\n?\n1.0\n-1\n", (), [2, 0, 0, 1]),
                ("3\n1\n3,2\n2\n", ("--positive", "3"), [2, 0, 0, 2]),
                ("spam x\nham\nspam\nspam\n", ("--positive", "spam"), [2, 0, 1, 1])):
            command.write_text(self.dir / "y.txt", text)
            found = self.evaluate("--scores", "s.txt", "--labels", "y.txt", *options)[1]
            assert [found[f"{name}s"] for name in ("true_positive", "false_positive",
                                                   "false_negative", "true_negative")] == right
        for text, message in (("1\n0\n-1\n1\n", "labels -1 and 0"),
                              ("1\n3\n", "y.txt:2:1: label '3'"),
                              ("1\n", "s.txt has 4 scores, and y.txt has 1 documents")):
            command.write_text(self.dir / "y.txt", text)
            self.check_refused(self.call("--scores", "s.txt", "--labels", "y.txt"), 65, "hogwild",
                               message)

    def test_weights_are_not_taken_for_labels_and_not_ignored_in_silence(self):
        command.write_text(self.dir / "a.svm", "+1:2 1:1\n-1:1 2:1\n-1:3 3:1\n")
        command.write_text(self.dir / "s.txt", "0.5\n-1\n2\n")
        outcome = self.check(command.hogwild(None, "evaluate", "--scores", "s.txt", "--labels",
                                             "a.svm", "--positive", "1", cwd=self.dir), 65)
        assert "a.svm:1" in outcome.err and "weight" in outcome.err
        self.check(command.tool("svmlight_to_hdf5", "--input", "a.svm", "--output", "a.h5",
                                "--quiet", cwd=self.dir))
        outcome, _ = self.evaluate("--scores", "s.txt", "--data", "a.h5")
        assert "every document once" in outcome.err

    def test_standard_input(self):
        outcome = self.check(command.run(
            ["bash", "-c", "printf '1 0.5\\n-1 -0.5\\n' | \"$0\" evaluate --scores -",
             command.BIN / "hogwild"]))
        assert "2 documents with a label" in outcome.out

    def call(self, *options):
        return command.hogwild(None, "evaluate", *options, cwd=self.dir)

    def test_refusals(self):
        for text, options, code, message in (
                ("0.5\n", (), 65, "s.txt:1:1: a score without a label"),
                ("7 0.5 +1\n", (), 65, "has 3 columns"),
                ("1 0.5\n1\n", (), 65, "s.txt:2:1: has 1 columns"),
                ("1 x\n", (), 65, "s.txt:1:3: 'x' is no score"),
                ("1 nan\n", (), 65, "'nan' is no score"),
                ("1 1.5\n", ("--probability",), 65, "'1.5' is no probability"),
                ("1 1\n", ("--category", "C"), 2, "--data"),
                ("1 1\n", ("--threshold", "inf"), 2, "--threshold"),
                ("1 1\n", ("--data", "a", "--labels", "b"), 2, "exclude each other"),
                ("1 1\n", ("--log", "s.txt"), 2, "--log")):
            command.write_text(self.dir / "s.txt", text)
            self.check_refused(self.call("--scores", "s.txt", *options), code, "hogwild", message)
        self.check_refused(self.call("--scores", "none"), 66, "hogwild", "none")
        self.check_refused(self.call(), 2, "hogwild", "--scores")

    def test_the_log_replaces_only_its_own_kind(self):
        command.write_text(self.dir / "s.txt", "1 0.5\n")
        self.evaluate("--scores", "s.txt")
        self.evaluate("--scores", "s.txt")
        command.write_text(self.dir / "m.jsonl", "a letter\n")
        self.check_refused(self.call("--scores", "s.txt", "--log", "m.jsonl"), 73, "hogwild",
                           "m.jsonl")
        outcome = self.check(self.call("--scores", "s.txt", "--log", "-", "--quiet"))
        assert json.loads(outcome.out)["auc"] is None
