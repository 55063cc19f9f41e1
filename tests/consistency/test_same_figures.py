"""Figures that must agree, whatever the settings: the training file as the test file; the table,
the log and the model's attributes; `predict` on the model and the run that wrote it."""
import itertools
import math

import pytest

import command as c

pytestmark = [pytest.mark.mpi, pytest.mark.slow]
REGULARIZERS = ("seed", "scalar", "hogwild", "l2", "none")
OTHER_STRATEGIES = ("sequential", "locked", "atomic", "striped", "round-robin", "synchronous",
                    "asynchronous", "downpour")
METRICS = ("train_objective", "train_accuracy", "validation_objective", "validation_accuracy",
           "test_objective", "test_accuracy")


def table_of(text):
    """Rows of the final table: name to documents, objective, accuracy and those of both classes."""
    rows = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) == 7 and words[0] in ("train", "validation", "test"):
            rows[words[0]] = [None if word == "-" else float(word) for word in words[1:]]
    return rows


class TestSameFigures(c.Case):
    @classmethod
    def setup_class(cls):
        cls.documents = c.make_documents(400)
        cls.data = c.convert(cls.documents, cls.shared / "data.h5", "--shuffle-seed", "3")

    def train(self, ranks, *options):
        """The training file is the test file too. @return the log's result, the table, the
        model."""
        log, model = self.dir / "log.jsonl", self.dir / "model.h5"
        outcome = self.check(c.hogwild(
            ranks, "train", "--train", self.data, "--test", self.data, "--category", "CCAT",
            "--lambda", "0.2", "--log", log, "--model", model, *options))
        return c.read_json_lines(log)[-1], table_of(outcome.out), c.inspect(model)[0]

    def check_figures(self, ranks, *options):
        result, table, model = self.train(ranks, "--validation-fraction", "0", *options)
        what = f"{ranks} ranks, {' '.join(options)}"
        assert result["verdict"] == "VALID", what
        assert abs(result["train_objective"] / result["test_objective"] - 1.0) < 5e-10, what
        assert result["train_accuracy"] == result["test_accuracy"], what
        assert table["train"] == table["test"], what
        assert abs(table["test"][1] - result["test_objective"]) < 5e-6, what
        assert abs(table["test"][2] - result["test_accuracy"]) < 5e-5, what
        written = {name: result[name] for name in METRICS if result[name] is not None}
        assert model["metrics"] == written, what
        return result

    def test_training_file_as_test_file(self):
        """With hogwild's regularizer the penalty differs from feature to feature, so that weights,
        rows and degrees in different numberings give another objective."""
        for regularizer, precision in itertools.product(REGULARIZERS, ("float", "double")):
            common = ["--regularizer", regularizer, "--precision", precision, "--epochs", "2"]
            for features in ("0", "20", "auto"):
                if regularizer == "scalar" and features == "20":
                    continue  # has no aggregated form, which a hot head needs
                document_by_document = ["--batch-size", "1", "--hot-features", features]
                if regularizer not in ("scalar", "none"):
                    document_by_document += ["--regularization", "aggregated"]
                self.check_figures(None, *common, *document_by_document)
                if features == "20":
                    self.check_figures(2, *common, *document_by_document)
            for strategy in OTHER_STRATEGIES[precision == "float"::2]:
                self.check_figures(None, *common, "--strategy", strategy, "--batch-size", "10")

    def test_strategies_on_two_ranks(self):
        for strategy in OTHER_STRATEGIES[1:]:
            self.check_figures(2, "--strategy", strategy, "--regularizer", "hogwild", "--epochs",
                               "2", "--batch-size", "10")

    def test_predict_gives_the_figures_of_the_run(self):
        """Also for what changes which weights the model has: the mean, several replicas."""
        labels = {d.id: 1 if "CCAT" in d.topics else -1 for d in self.documents}
        for ranks, options in ((1, []), (2, ["--average"]), (1, ["--precision", "float"]),
                               (2, ["--replicas-per-node", "2"]),
                               (2, ["--replicas-per-node", "2", "--average"]),
                               (1, ["--average", "--evaluate-later"])):
            for batch in ("1", "25"):
                result = self.check_figures(ranks, "--regularizer", "none", "--epochs", "3",
                                            "--batch-size", batch, *options)
                scores = self.dir / "scores.tsv"
                self.check(c.hogwild(2, "predict", "--model", self.dir / "model.h5", "--data",
                                     self.data, "--output", scores, "--quiet"))
                margins = [labels[int(row[0])] * float(row[1]) for row in
                           (line.split("\t") for line in scores.read_text().splitlines())]
                assert len(margins) == len(labels)
                hinge = math.fsum(max(0.0, 1.0 - m) for m in margins) / len(margins)
                assert abs(hinge - result["test_objective"]) < 5e-10, f"{options} {batch}"
                correct = sum(m > 0 for m in margins) / len(margins)
                assert abs(correct - result["test_accuracy"]) < 5e-13, f"{options} {batch}"


class TestWhatTheModelIs(c.Case):
    """Options that change what the model is hold for every evaluation, not for the last alone."""

    @classmethod
    def setup_class(cls):
        cls.data = c.convert(c.make_documents(400), cls.shared / "data.h5")

    def objectives(self, *options, ranks=None, log="log.jsonl"):
        """(iteration, validation objective, training objective) of every evaluation."""
        path = self.dir / log
        self.check(c.hogwild(ranks, "train", "--train", self.data, "--category", "CCAT", "--epochs",
                             "6", "--learning-rate", "0.3", "--batch-size", "1", "--evaluate-train",
                             "--patience", "0", "--log", path, "--quiet", *options))
        return [(row["iteration"], row["validation_objective"], row["train_objective"])
                for row in c.read_json_lines(path) if row["event"] == "evaluation"]

    def check_same(self, later, at_once, places):
        assert [row[0] for row in later] == [row[0] for row in at_once]
        for a, b in zip(later, at_once):
            assert abs(a[1] - b[1]) < 0.5 * 10**-places, f"{later}\n{at_once}"
            assert abs(a[2] - b[2]) < 0.5 * 10**-places, f"{later}\n{at_once}"

    def test_evaluating_later_or_at_once(self):
        """On one rank nothing depends on when it is evaluated, with the mean as with the
        weights."""
        for average in ([], ["--average"]):
            for strategy, places in (
                (["--strategy", "sequential"], 12),
                (["--strategy", "locked"], 12),
                (
                    [
                        "--hot-features",
                        "20",
                        "--regularizer",
                        "l2",
                        "--regularization",
                        "aggregated",
                    ],
                    9,
                ),
            ):
                at_once = self.objectives(*strategy, *average)
                later = self.objectives(*strategy, *average, "--evaluate-later")
                self.check_same(later, at_once, places)
                assert len(later) >= 6

    def test_the_mean_is_not_the_weights(self):
        """Else the test above would compare nothing."""
        mean = self.objectives("--strategy", "sequential", "--average", "--evaluate-later")
        raw = self.objectives("--strategy", "sequential", "--evaluate-later")
        for a, b in zip(mean[1:-1], raw[1:-1]):
            assert abs(a[2] - b[2]) > 5e-5

    def test_mean_of_several_ranks(self):
        """Every rank records its own block: a point in the middle has the mean's objective, which
        is smoother than that of the weights by far at this learning rate."""
        for options in (["--strategy", "synchronous"], ["--strategy", "round-robin"]):
            at_once = self.objectives(*options, "--average", ranks=2)
            later = self.objectives(*options, "--average", "--evaluate-later", ranks=2)
            self.check_same(later, at_once, 9)

    def test_mean_and_resumption(self):
        """A run that is broken in the middle averages on."""
        for precision in ("float", "double"):
            options = ["--strategy", "sequential", "--average", "--precision", precision]
            whole = self.objectives(*options)
            checkpoint = ["--checkpoint", self.dir / f"{precision}.h5", "--checkpoint-every", "1e"]
            self.check(c.hogwild(None, "train", "--train", self.data, "--category", "CCAT",
                                 "--epochs", "3", "--learning-rate", "0.3", "--batch-size", "1",
                                 "--patience", "0", "--quiet", *options, *checkpoint))
            resumed = self.objectives(*options, *checkpoint, "--resume", log="resumed.jsonl")
            self.check_same(resumed, whole[-len(resumed):], 12)


class TestSameData(c.Case):
    def test_text_to_hdf5_to_text(self):
        """Documents come back as they were, and train the same model."""
        documents = c.make_documents(200)
        text = c.write_text(self.dir / "in.svm", "".join(d.svmlight_line("CCAT")
                            for d in documents))
        first, again = self.dir / "first.h5", self.dir / "again.h5"
        out = self.dir / "out.svm"
        by_topics = c.convert(documents, self.dir / "topics.h5")
        self.check(c.tool("svmlight_to_hdf5", "--input", text, "--output", first, "--no-shuffle",
                          "--quiet"))
        self.check(c.tool("hdf5_to_svmlight", "--input", first, "--output", out))
        assert out.read_text() == text.read_text()
        self.check(c.tool("svmlight_to_hdf5", "--input", out, "--output", again, "--no-shuffle",
                          "--quiet"))
        results = []
        for data, options in ((first, []), (again, []), (by_topics, ["--category", "CCAT"])):
            log = self.dir / "log.jsonl"
            self.check(c.hogwild(None, "train", "--train", data, *options, "--strategy",
                                 "sequential", "--epochs", "2", "--log", log, "--quiet"))
            result = c.read_json_lines(log)[-1]
            results.append([result[name] for name in METRICS])
        assert results[0] == results[1]
        assert results[0] == results[2]
