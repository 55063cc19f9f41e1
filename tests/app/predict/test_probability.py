"""Probabilities and thresholds: chosen by train on held-out documents, used by predict."""
import random

import pytest

import command

pytestmark = [pytest.mark.mpi]


class ProbabilityCase(command.Case):
    @classmethod
    def setup_class(cls):
        cls.truth = command.convert_rare_class(
            cls.shared, (900, 600), seed=5, features=60, length=8, telling=(0.5, 0.07))

    def settings(self, options):
        """These options, and the others' values."""
        every = {"--train": self.shared / "train.h5", "--test": self.shared / "test.h5",
                 "--epochs": 8, "--learning-rate": 0.05, "--validation-fraction": 0.3,
                 "--strategy": "synchronous"}
        every.update(zip(options[::2], options[1::2]))
        return [word for pair in every.items() for word in pair]

    def train(self, *options, ranks=2, model="m.h5"):
        """The result row."""
        self.check(command.hogwild(
            ranks, "train", *self.settings(options), "--model", model, "--log", "run.jsonl",
            "--quiet", cwd=self.dir))
        return command.read_json_lines(self.dir / "run.jsonl")[-1]

    def call(self, *options, data=None, ranks=2):
        return command.hogwild(ranks, "predict", "--model", "m.h5", "--data",
                               data or self.shared / "test.h5", "--output", "scores.tsv", *options,
                               cwd=self.dir)

    def predict(self, *options, **more):
        """What it prints, and its columns."""
        outcome = self.check(self.call(*options, **more))
        rows = [line.split("\t") for line in (self.dir / "scores.tsv").read_text().splitlines()]
        return outcome.out, list(zip(*rows))

    def evaluate(self, *options):
        self.check(command.hogwild(
            None, "evaluate", "--scores", "scores.tsv", "--data", self.shared / "test.h5", "--log",
            "e.jsonl", "--quiet", *options, cwd=self.dir))
        return command.read_json_lines(self.dir / "e.jsonl")[0]


class TestProbability(ProbabilityCase):
    def test_of_the_logistic_loss(self):
        np, _ = command.need("numpy", "sklearn")
        result = self.train("--loss", "logistic")
        assert result["platt_a"] is None
        _, (_, scores, _, probabilities) = self.predict("--probability")
        right = 1 / (1 + np.exp(-np.array(scores, float)))
        np.testing.assert_allclose(np.array(probabilities, float), right, rtol=1e-14)

    @pytest.mark.parametrize("loss", ("hinge", "squared-hinge", "modified-huber"))
    def test_calibrated(self, loss):
        np, h5py, _ = command.need("numpy", "h5py", "sklearn")
        result = self.train("--loss", loss)
        a, b = result["platt_a"], result["platt_b"]
        with h5py.File(self.dir / "m.h5", "r") as file:
            assert (file.attrs["platt_a"], file.attrs["platt_b"]) == (a, b)
        assert command.inspect(self.dir / "m.h5")[0]["platt_a"] == a
        assert a < 0
        _, (_, scores, labels, probabilities) = self.predict("--probability")
        right = 1 / (1 + np.exp(a * np.array(scores, float) + b))
        np.testing.assert_allclose(np.array(probabilities, float), right, rtol=1e-12)
        assert labels == tuple("+1" if float(s) > 0 else "-1" for s in scores)
        share = np.mean(np.array(self.truth) == 1)
        found = self.evaluate("--probability")
        assert found["brier"] < share * (1 - share), "better than the share for all"
        truth = np.array(self.truth) == 1
        assert abs(found["brier"] - ((right - truth) ** 2).mean()) < 1e-12

    def convert_own_features(self, truth, draw):
        """Document i has feature 100 + i, which no other has, and some that tell of its label."""
        command.write_text(self.dir / "own.svm", "".join(
            f"{y:+d} " + " ".join(f"{j}:0.3" for j in sorted(draw.sample(
                range(1, 20), 5) + [20 + (y > 0) * (draw.random() < 0.6)])) + f" {100 + i}:0.3\n"
            for i, y in enumerate(truth)))
        self.check(command.tool("svmlight_to_hdf5", "--input", "own.svm", "--output", "own.h5",
                                "--quiet", cwd=self.dir))

    @pytest.mark.parametrize("loss, share, ranks", (("hinge", 0.12, 1), ("squared-hinge", 0.4, 3),
                                                    ("modified-huber", 0.7, 2)))
    def test_as_scikit_learn(self, loss, share, ranks):
        """Each document has a feature of its own, and no margin reaches 1: of the held-out
        documents, and of no others, these features weigh nothing."""
        np, h5py, _ = command.need("numpy", "h5py", "sklearn")
        from sklearn.calibration import _SigmoidCalibration
        draw = random.Random(ranks)
        truth = np.array([1 if draw.random() < share else -1 for _ in range(600)])
        self.convert_own_features(truth, draw)
        result = self.train("--train", "own.h5", "--loss", loss, "--regularizer", "none",
                            "--sampling", "permutation", "--epochs", 2, "--learning-rate", 0.001,
                            ranks=ranks)
        with h5py.File(self.dir / "m.h5", "r") as file:
            held_out = file["weights"][99:699] == 0
        assert held_out.sum() == 180
        _, (_, scores, _, probabilities) = self.predict("--probability",
                                                        data=self.dir / "own.h5")
        scores, probabilities = np.array(scores, float), np.array(probabilities, float)
        right = _SigmoidCalibration().fit(scores[held_out], truth[held_out])
        expected = right.predict(scores)
        brier, expected_brier = (((p - (truth > 0)) ** 2).mean() for p in (probabilities, expected))
        assert abs(brier - expected_brier) < 1e-6
        assert np.abs(probabilities - expected).max() < 1e-5, "BFGS stops a little earlier"
        assert abs(result["platt_a"] / right.a_ - 1) < 1e-4

    @pytest.mark.parametrize("loss, ranks", (("hinge", 1), ("logistic", 3)))
    def test_isotonic_as_scikit_learn(self, loss, ranks):
        """The held-out documents are known by features of their own, which weigh nothing."""
        np, h5py, _ = command.need("numpy", "h5py", "sklearn")
        from sklearn.isotonic import IsotonicRegression
        draw = random.Random(ranks)
        truth = np.array([1 if draw.random() < 0.4 else -1 for _ in range(900)])
        self.convert_own_features(truth, draw)
        result = self.train("--train", "own.h5", "--loss", loss, "--regularizer", "none",
                            "--sampling", "permutation", "--epochs", 2, "--learning-rate", 0.001,
                            "--calibration", "isotonic", ranks=ranks)
        assert (result["calibration"], result["platt_a"]) == ("isotonic", None)
        with h5py.File(self.dir / "m.h5", "r") as file:
            held_out = file["weights"][99:999] == 0
            points = len(file["isotonic_scores"])
        assert held_out.sum() == 270
        assert command.inspect(self.dir / "m.h5")[0]["isotonic_points"] == points > 4
        _, (_, scores, _, probabilities) = self.predict("--probability",
                                                        data=self.dir / "own.h5")
        scores, probabilities = np.array(scores, float), np.array(probabilities, float)
        right = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip")
        right.fit(scores[held_out], truth[held_out] > 0)
        assert abs(probabilities - right.predict(scores)).max() < 1e-12

    def test_isotonic_needs_held_out_documents(self):
        self.check_refused(command.hogwild(
            2, "train", *self.settings(("--calibration", "isotonic", "--validation-fraction", 0)),
            cwd=self.dir), 2, "hogwild", "--calibration isotonic", "--validation-fraction")

    def test_a_model_without_calibration(self):
        self.train("--validation-fraction", 0)
        self.check_refused(self.call("--probability"), 65, "hogwild", "m.h5: has no calibration",
                           "--validation-fraction", "--loss logistic")
        assert "scores.tsv" not in self.names()

    def bare(self, *options, ranks=None):
        """Nothing is said of how to train: all documents are learnt from. @return the result."""
        self.check(command.hogwild(
            ranks, "train", "--train", self.shared / "train.h5", "--test", self.shared / "test.h5",
            "--model", "m.h5", "--log", "run.jsonl", "--quiet", *options, cwd=self.dir))
        return command.read_json_lines(self.dir / "run.jsonl")[-1]

    @pytest.mark.parametrize("ranks", (None, 3))
    def test_untuned(self, ranks):
        """By the scores of the trial of lambda, nearly as good as by documents held out."""
        np, _ = command.need("numpy", "sklearn")
        result = self.bare(ranks=ranks)
        assert result["calibration"] == "platt" and result["validation_objective"] is None
        self.predict("--probability", ranks=ranks)
        found = self.evaluate("--probability")["brier"]
        self.bare("--validation-fraction", 0.3)
        self.predict("--probability")
        assert abs(found - self.evaluate("--probability")["brier"]) < 0.005
        assert self.bare("--loss", "logistic")["platt_a"] is None

    def test_untuned_isotonic_and_threshold(self):
        result = self.bare("--calibration", "isotonic", "--threshold", "f1")
        assert (result["calibration"], result["platt_a"]) == ("isotonic", None)
        assert result["test_f1"] > (self.bare()["test_f1"] or 0)
        assert result["threshold"] < 0, "the class is rare"

    def test_untuned_and_broken(self):
        """A resumed run has the calibration of one that was not broken."""
        options = ("--strategy", "sequential", "--regularizer", "l2", "--lambda", "auto",
                   "--validation-fraction", 0, "--learning-rate", 0.05)
        whole = self.bare(*options, "--epochs", 6)
        for epochs in (3, 6):
            broken = self.bare(*options, "--epochs", epochs, "--checkpoint", "c.h5", "--resume")
        assert whole["platt_a"] is not None
        for name in ("platt_a", "platt_b", "test_objective"):
            assert broken[name] == whole[name]


class TestThreshold(ProbabilityCase):
    def test_for_f1(self):
        plain = self.train()
        chosen = self.train("--threshold", "f1")
        assert plain["threshold"] == 0 != chosen["threshold"]
        assert chosen["validation_f1"] > (plain["validation_f1"] or 0)
        out, (_, scores, labels) = self.predict()
        threshold = chosen["threshold"]
        assert labels == tuple("+1" if float(s) > threshold else "-1" for s in scores)
        hits = sum(label == f"{y:+d}" for label, y in zip(labels, self.truth))
        assert abs(hits / len(labels) - chosen["test_accuracy"]) < 1e-12
        assert f"accuracy {chosen['test_accuracy']:.6g} " in out
        assert f"a score above the threshold {threshold!r} predicts +1" in out
        found = self.evaluate("--threshold", repr(threshold))
        assert abs(found["f1"] - chosen["test_f1"]) < 1e-12
        assert command.inspect(self.dir / "m.h5")[0]["threshold"] == threshold
        for row in ("labelled +1", "labelled -1"):
            assert row in out

    def test_a_number(self):
        """In training, in the model, and another one in predict."""
        result = self.train("--threshold", "-0.8")
        assert result["threshold"] == -0.8
        self.predict()
        assert abs(self.evaluate("--threshold", "-0.8")["f1"] - result["test_f1"]) < 1e-12
        out, (_, scores, labels) = self.predict("--threshold", "-1.1")
        assert labels == tuple("+1" if float(s) > -1.1 else "-1" for s in scores)
        assert f"F1 {self.evaluate('--threshold', '-1.1')['f1']:.4f}" in out

    def test_refusals(self):
        for options, message in ((("--threshold", "f2"), "f1, or a number"),
                                 (("--threshold", "f1", "--validation-fraction", "0", "--lambda",
                                   "1e-3"), "held-out documents")):
            self.check_refused(command.hogwild(None, "train", "--train",
                                               self.shared / "train.h5", *options),
                               2, "hogwild", message)
        self.train()
        self.check_refused(self.call("--threshold", "inf"), 2, "hogwild", "--threshold")

    def test_a_recall_of_zero_is_said(self):
        self.train()
        out, _ = self.predict("--threshold", "1e9")
        assert "WARNING: no labelled document is predicted +1" in out
        assert "recall 0.0000" in out
