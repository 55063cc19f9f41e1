"""Weights of documents and classes: a weight of 2 is as good as the document twice."""
import random

import pytest

import command

pytestmark = [pytest.mark.mpi, pytest.mark.slow]

# every step sees all documents, so that nothing depends on their order
FULL_BATCH = ("--batch-fraction", "1", "--sampling", "permutation", "--epochs", "8",
              "--validation-fraction", "0", "--patience", "0")
STRATEGIES = ("sequential", "lock-free", "locked", "atomic", "striped", "round-robin",
              "synchronous", "asynchronous", "downpour")
REGULARIZERS = ("none", "seed", "scalar", "l2")


def make_lines(count, seed):
    """Of label and features, apart."""
    draw = random.Random(seed)
    lines = []
    for _ in range(count):
        positive = draw.random() < 0.3
        ids = sorted(set(draw.sample(range(1, 30), 6)) | ({30} if positive else set()))
        lines.append(("+1" if positive else "-1",
                      " ".join(f"{j}:{draw.choice(('0.25', '0.5', '0.75'))}" for j in ids)))
    return lines


class TestWeights(command.Case):
    def convert(self, name, text, *options):
        command.write_text(self.dir / f"{name}.svm", text)
        self.check(command.tool("svmlight_to_hdf5", "--input", f"{name}.svm", "--output",
                                f"{name}.h5", "--no-shuffle", "--quiet", *options, cwd=self.dir))

    def twins(self):
        """The same documents, with weights and with copies; and the mean weight."""
        lines = make_lines(60, 1)
        times = [1 + k % 3 for k in range(len(lines))]
        self.convert("weighted", "".join(f"{y}:{n} {x}\n" for (y, x), n in zip(lines, times)))
        self.convert("copies", "".join(f"{y} {x}\n" * n for (y, x), n in zip(lines, times)))
        return sum(times) / len(times)

    def train(self, ranks, name, *options):
        """@return the log's first and last row, and the weights."""
        np, h5py = command.need("numpy", "h5py")
        log = self.dir / f"{name}.jsonl"
        self.check(command.hogwild(ranks, "train", "--train", f"{name}.h5", "--log", log,
                                   "--model", f"{name}-model.h5", "--quiet", *options,
                                   cwd=self.dir))
        rows = command.read_json_lines(log)
        with h5py.File(self.dir / f"{name}-model.h5", "r") as file:
            return rows[0], rows[-1], np.append(file["weights"][:], file["bias"][()])

    def check_same(self, a, b, measures=True):
        assert abs(a[1]["train_objective"] - b[1]["train_objective"]) < 1e-12
        assert abs(a[2] - b[2]).max() < 1e-12
        assert abs(a[2]).max() > 0.01
        if measures:
            assert abs(a[1]["train_accuracy"] - b[1]["train_accuracy"]) < 1e-12

    @pytest.mark.parametrize("ranks, strategy", [(1, "sequential"), (2, "synchronous")])
    @pytest.mark.parametrize("regularizer", REGULARIZERS)
    def test_weighted_documents_are_copies(self, ranks, strategy, regularizer):
        mean = self.twins()
        options = ("--strategy", strategy, "--regularizer", regularizer, "--loss", "logistic",
                   "--lambda", "0.01", "--precision", "double", *FULL_BATCH)
        weighted = self.train(ranks, "weighted", "--learning-rate", repr(0.01 * mean), *options)
        copies = self.train(ranks, "copies", "--learning-rate", "0.01", *options)
        assert weighted[0]["document_weights"] and not copies[0]["document_weights"]
        self.check_same(weighted, copies)

    @pytest.mark.parametrize("strategy", STRATEGIES)
    def test_copies_whatever_the_strategy(self, strategy):
        """One worker; in full batches, and document by document where all margins stay below 1:
        then the hinge loss pulls alike whatever came before, and two steps are one of twice the
        length."""
        lines = make_lines(60, 9)
        of_documents = [1 + k % 2 for k in range(len(lines))]
        times = [n * (2 if y == "+1" else 1) for (y, _), n in zip(lines, of_documents)]
        self.convert("weighted", "".join(f"{y}:{n} {x}\n"
                                         for (y, x), n in zip(lines, of_documents)))
        self.convert("copies", "".join(f"{y} {x}\n" * n for (y, x), n in zip(lines, times)))
        mean = sum(times) / len(times)
        ranks = 2 if strategy == "downpour" else 1  # and a server
        by_document = ("--batch-size", "1", "--sampling", "permutation", "--epochs", "4",
                       "--regularizer", "none", "--validation-fraction", "0", "--patience", "0")
        for rate, options in ((0.01, (*FULL_BATCH, "--loss", "logistic", "--regularizer", "l2",
                                      "--lambda", "0.01")), (0.002, by_document)):
            options += ("--strategy", strategy, "--precision", "double")
            weighted = self.train(ranks, "weighted", "--learning-rate", repr(rate * mean),
                                  "--class-weight", "2", *options)
            copies = self.train(ranks, "copies", "--learning-rate", repr(rate), *options)
            self.check_same(weighted, copies, measures=False)  # they count no classes' weights

    def test_weighted_classes_are_copies(self):
        lines = make_lines(60, 2)
        times = [3 if y == "+1" else 1 for y, _ in lines]
        self.convert("plain", "".join(f"{y} {x}\n" for y, x in lines))
        self.convert("copies", "".join(f"{y} {x}\n" * n for (y, x), n in zip(lines, times)))
        mean = sum(times) / len(times)
        options = ("--strategy", "sequential", "--lambda", "0.01", *FULL_BATCH)
        weighted = self.train(1, "plain", "--class-weight", "3", "--learning-rate",
                              repr(0.01 * mean), *options)
        copies = self.train(1, "copies", "--learning-rate", "0.01", *options)
        self.check_same(weighted, copies, measures=False)
        assert weighted[0]["class_weights"] == {"positive": 3.0, "negative": 1.0}
        assert command.inspect(self.dir / "plain-model.h5")[0]["class_weights"] == [3.0, 1.0]
        # measures count documents, whatever their classes weigh
        said = self.check(command.hogwild(1, "predict", "--model", "plain-model.h5", "--data",
                                          "plain.h5", "--output", "s.tsv", cwd=self.dir)).out
        assert f"accuracy {weighted[1]['train_accuracy']:.6g} " in said

    def test_balanced(self):
        lines = make_lines(80, 3)
        weights = [1 + k % 2 for k in range(80)]
        self.convert("plain", "".join(f"{y}:{n} {x}\n" for (y, x), n in zip(lines, weights)))
        positive = sum(n for (y, _), n in zip(lines, weights) if y == "+1")
        total = sum(weights)
        start = self.train(3, "plain", "--class-weight", "balanced", "--validation-fraction", "0",
                           "--epochs", "1")[0]
        assert start["class_weights"]["positive"] == pytest.approx(total / 2 / positive, 1e-12)
        assert start["class_weights"]["negative"] == pytest.approx(total / 2 / (total - positive),
                                                                   1e-12)
        assert start["options"]["class-weight"] == "balanced"

    def test_balanced_finds_a_rare_class(self):
        """2 % of the documents, whose telling feature is in 5 % of the others."""
        draw = random.Random(4)
        lines = []
        for k in range(4000):
            tells = draw.random() < (0.8 if k % 50 == 0 else 0.05)
            ids = sorted(draw.sample(range(1, 100), 8)) + ([100] if tells else [])
            lines.append(("+1 " if k % 50 == 0 else "-1 ") + " ".join(f"{j}:0.3" for j in ids))
        self.convert("rare", "\n".join(lines) + "\n")
        options = ("--test", "rare.h5", "--regularizer", "l2", "--epochs", "20", "--learning-rate",
                   "0.01")
        plain, balanced = (self.train(1, "rare", *options, *more)[1]["test_recall"]
                           for more in ((), ("--class-weight", "balanced")))
        assert plain < 0.1 and balanced > 0.7

    @pytest.mark.parametrize("options", [
        ("--strategy", "lock-free", "--batch-size", "1", "--regularizer", "none"),
        ("--strategy", "lock-free", "--batch-size", "1", "--regularization", "aggregated"),
        ("--strategy", "synchronous", "--learning-rate", "auto"),
        ("--strategy", "sequential", "--precision", "float")])
    def test_equal_weights_change_no_bit(self, options):
        lines = make_lines(200, 4)
        self.convert("plain", "".join(f"{y} {x}\n" for y, x in lines))
        self.convert("equal", "".join(f"{y}:0.3 {x}\n" for y, x in lines))
        plain = self.train(1, "plain", "--epochs", "3", *options)
        equal = self.train(1, "equal", "--epochs", "3", "--class-weight", "0.7:0.7", *options)
        assert plain[2].tobytes() == equal[2].tobytes()
        for name in ("train_objective", "validation_objective", "validation_accuracy"):
            assert plain[1][name] == equal[1][name], name

    @pytest.mark.parametrize("ranks", [1, 3])
    @pytest.mark.parametrize("loss", ["hinge", "logistic"])
    def test_measures_as_scikit_learn(self, ranks, loss):
        np, metrics = command.need("numpy", "sklearn.metrics")
        lines = make_lines(300, 5)
        draw = random.Random(6)
        weights = [draw.choice((0.25, 0.5, 1, 3, 7)) for _ in lines]
        self.convert("train", "".join(f"{y} {x}\n" for y, x in make_lines(200, 7)))
        self.convert("test", "".join(f"{y}:{c} {x}\n" for (y, x), c in zip(lines, weights)))
        result = self.train(ranks, "train", "--test", "test.h5", "--loss", loss, "--epochs", "1",
                            "--regularizer", "none", "--class-weight", "balanced")[1]
        self.check(command.hogwild(1, "predict", "--model", "train-model.h5", "--data", "test.h5",
                                   "--output", "s.tsv", cwd=self.dir))
        scores = np.array([float(line.split("\t")[1])
                           for line in (self.dir / "s.tsv").read_text().splitlines()])
        truth = np.array([1 if y == "+1" else -1 for y, _ in lines])
        guess = np.where(scores > 0, 1, -1)
        by = {"sample_weight": weights}
        if loss == "hinge":
            objective = metrics.hinge_loss(truth, scores, **by)
        else:
            objective = metrics.log_loss(truth, 1 / (1 + np.exp(-scores)), **by)
        for name, expected in (("objective", objective),
                               ("accuracy", metrics.accuracy_score(truth, guess, **by)),
                               ("precision", metrics.precision_score(truth, guess, **by)),
                               ("recall", metrics.recall_score(truth, guess, **by)),
                               ("f1", metrics.f1_score(truth, guess, **by)),
                               ("auc", metrics.roc_auc_score(truth, scores, **by)),
                               ("average_precision",
                                metrics.average_precision_score(truth, scores, **by))):
            assert abs(result[f"test_{name}"] - expected) < 1e-12, name

    def test_checkpoint_belongs_to_its_class_weights(self):
        self.convert("plain", "".join(f"{y} {x}\n" for y, x in make_lines(60, 8)))
        options = ("train", "--train", "plain.h5", "--epochs", "2", "--checkpoint", "c.h5",
                   "--quiet")
        self.check(command.hogwild(1, *options, "--class-weight", "2", cwd=self.dir))
        outcome = command.hogwild(1, *options, "--class-weight", "3", "--resume", cwd=self.dir)
        assert outcome.code != 0 and "class-weight" in outcome.err, str(outcome)

    def test_an_older_checkpoint_has_none(self):
        """Programs that knew no such option did not write its value."""
        np, h5py = command.need("numpy", "h5py")
        self.convert("plain", "".join(f"{y} {x}\n" for y, x in make_lines(60, 8)))
        options = ("train", "--train", "plain.h5", "--checkpoint", "c.h5", "--quiet")
        self.check(command.hogwild(1, *options, "--epochs", "2", cwd=self.dir))
        with h5py.File(self.dir / "c.h5", "r+") as file:
            names = [name for name in file.attrs["identity"] if name != b"class-weight"]
            del file.attrs["fact_class-weight"], file.attrs["identity"]
            file.attrs["identity"] = np.array(names)
        options += ("--epochs", "4", "--resume")
        self.check_refused(command.hogwild(2, *options, "--class-weight", "2", cwd=self.dir), 2,
                           "hogwild", "c.h5: is of a run with --class-weight 1:1, not 2:1")
        self.check(command.hogwild(2, *options, "--log", "l.jsonl", cwd=self.dir))
        rows = command.read_json_lines(self.dir / "l.jsonl")
        assert rows[-1]["epoch"] == 4 and "resuming from c.h5" in str(rows)

    def test_sweep_takes_them(self):
        self.convert("plain", "".join(f"{y} {x}\n" for y, x in make_lines(60, 9)))
        self.check(command.hogwild(1, "sweep", "--train", "plain.h5", "--epochs", "2",
                                   "--class-weight", "1:1,5,balanced", "--csv", "s.csv",
                                   cwd=self.dir))
        text = (self.dir / "s.csv").read_text()
        assert "balanced" in text and len(text.splitlines()) == 4, text

    @pytest.mark.parametrize("value", ["0", "-1", "x", "1:", ":1", "1:2:3", "inf", "nan", "1:0"])
    def test_refused(self, value):
        outcome = command.hogwild(1, "train", "--train", "none.h5",
                                  f"--class-weight={value}", cwd=self.dir)
        self.check_refused(outcome, 2, "hogwild", "--class-weight " + value, "balanced")
