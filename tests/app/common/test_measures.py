"""Precision, recall, F1, AUC and average precision equal scikit-learn's on the same scores."""
import re

import pytest

import command

pytestmark = [pytest.mark.mpi]
MEASURES = ("precision", "recall", "f1", "auc", "average_precision")


def expected(np, truth, scores):
    from sklearn import metrics
    predicted = np.where(scores > 0, 1, -1)
    return {
        "precision": metrics.precision_score(truth, predicted),
        "recall": metrics.recall_score(truth, predicted),
        "f1": metrics.f1_score(truth, predicted),
        "auc": metrics.roc_auc_score(truth, scores),
        "average_precision": metrics.average_precision_score(truth, scores, pos_label=1),
    }


class TestMeasures(command.Case):
    @classmethod
    def setup_class(cls):
        cls.truth = command.convert_rare_class(
            cls.shared, (400, 200), seed=7, features=40, length=6, telling=(0.6, 0.03))

    @pytest.mark.parametrize("ranks", [1, 3])
    def test_as_scikit_learn(self, ranks):
        np, _ = command.need("numpy", "sklearn")
        log = self.dir / "run.jsonl"
        outcome = self.check(command.hogwild(
            ranks, "train", "--train", self.shared / "train.h5", "--test", self.shared / "test.h5",
            "--regularizer", "l2", "--epochs", "30", "--learning-rate", "0.1", "--batch-size", "10",
            "--strategy", "synchronous",  # the same in every run
            "--model", "m.h5", "--log", log,
            cwd=self.dir))
        result = command.read_json_lines(log)[-1]
        said = self.check(command.hogwild(
            ranks, "predict", "--model", "m.h5", "--data", self.shared / "test.h5", "--output",
            "scores.tsv", cwd=self.dir)).out
        scores = np.array([float(line.split("\t")[1])
                           for line in (self.dir / "scores.tsv").read_text().splitlines()])
        right = expected(np, self.truth, scores)
        assert right["recall"] > 0.2  # else the rest says little
        for name in MEASURES:
            assert abs(result[f"test_{name}"] - right[name]) < 1e-12, name
        line = re.search(r"(?m)^test: (.*)$", outcome.out)[1]
        assert line == (f"precision {right['precision']:.4f}, recall {right['recall']:.4f}, "
                        f"AUC {right['auc']:.4f}, average precision "
                        f"{right['average_precision']:.4f}")
        assert (f"F1 {right['f1']:.4f}, AUC {right['auc']:.4f}, average precision "
                f"{right['average_precision']:.4f}") in said

    def test_one_class_has_no_auc(self):
        command.write_text(self.dir / "one.svm", "-1 1:1\n-1 2:1\n")
        self.check(command.tool("svmlight_to_hdf5", "--input", "one.svm", "--output", "one.h5",
                                "--quiet", cwd=self.dir))
        log = self.dir / "run.jsonl"
        self.check(command.hogwild(2, "train", "--train", self.shared / "train.h5", "--test",
                                   "one.h5", "--epochs", "2", "--log", log, cwd=self.dir))
        result = command.read_json_lines(log)[-1]
        assert (result["test_auc"], result["test_recall"]) == (None, None)
        assert result["validation_auc"] is not None
