"""What a run says of a model that is doubtful or none: WARNING lines in table, log and model, and
the verdict INVALID."""
import random

import pytest

import command

pytestmark = [pytest.mark.mpi, pytest.mark.slow]


def unscaled_lines(count):
    """Columns of about 1 and of 30,000; the first tells the classes apart."""
    draw = random.Random(3)
    for i in range(count):
        y = 1 if i % 2 else -1
        yield (f"{y:+d} 1:{y * draw.random():.3f} 2:{draw.gauss(30000, 9000):.1f} "
               f"3:{draw.gauss(-800, 500):.1f} 4:{draw.random():.3f}\n")


class TestWarnings(command.Case):
    @classmethod
    def setup_class(cls):
        cls.text = command.convert(command.make_documents(300), cls.shared / "text.h5")
        svm = command.write_text(cls.shared / "unscaled.svm", "".join(unscaled_lines(400)))
        cls.unscaled = cls.shared / "unscaled.h5"
        outcome = command.tool(
            "svmlight_to_hdf5", "--input", svm, "--output", cls.unscaled, "--quiet"
        )
        assert outcome.code == 0, outcome

    def train(self, ranks, *options, code=0):
        """@return the outcome and the warnings of the log, which the model has too."""
        log, model = self.dir / "log.jsonl", self.dir / "model.h5"
        outcome = self.check(command.hogwild(ranks, "train", "--log", log, "--model", model,
                                             *options), code)
        result = command.read_json_lines(log)[-1]
        if code == 0:
            assert command.inspect(model)[0]["warnings"] == result["warnings"]
            for warning in result["warnings"]:
                where = outcome.err if "--quiet" in options else outcome.out
                assert where.count(f"WARNING: {warning}\n") == 1, str(outcome)
        else:
            assert not model.exists(), "no model of an INVALID run"
        return outcome, result

    def test_sound_models_have_none(self):
        for ranks in (1, 2):
            _, result = self.train(ranks, "--train", self.text, "--category", "CCAT")
            assert result["warnings"] == []

    def test_worse_than_zero_weights_on_unscaled_features(self):
        for ranks, options in ((1, ["--preset", "paper"]), (2, ["--preset", "paper"]),
                               (2, ["--preset", "paper", "--quiet"]),
                               (1, ["--batch-size", "1", "--regularizer", "l2", "--precision",
                                    "float", "--hot-features", "2"])):
            _, result = self.train(ranks, "--train", self.unscaled, *options)
            assert result["train_objective"] > 1.0
            assert result["verdict"] == "VALID"
            assert "is worse than that of all-zero weights, 1:" in result["warnings"][0]
            assert "scale each column" in result["warnings"][0]

    def test_worse_than_zero_weights_because_of_the_learning_rate(self):
        for loss, zero in (("hinge", "1:"), ("logistic", "0.6931:")):
            _, result = self.train(1, "--train", self.text, "--category", "CCAT", "--loss", loss,
                                   "--learning-rate", "1000", "--regularizer", "none",
                                   "--iterations", "1")
            assert "all-zero weights, " + zero in result["warnings"][0]
            assert "lower --learning-rate" in result["warnings"][0]
            assert "scale each column" not in result["warnings"][0]

    def test_a_test_set_alone_is_worse(self):
        """The model fits the training documents; the test documents have the labels swapped."""
        lines = [f"{y:+d} {1 if y > 0 else 2}:1\n" for y in (1, -1) * 50]
        paths = {}
        for name, text in (("fit", lines), ("swapped", [
                line.replace("+1 ", "* ").replace("-1 ", "+1 ").replace("* ", "-1 ")
                for line in lines])):
            svm = command.write_text(self.dir / f"{name}.svm", "".join(text))
            paths[name] = self.dir / f"{name}.h5"
            self.check(command.tool("svmlight_to_hdf5", "--input", svm, "--output", paths[name],
                                    "--quiet"))
        _, result = self.train(1, "--train", paths["fit"], "--test", paths["swapped"])
        assert result["train_objective"] < 1.0
        assert result["test_objective"] > 1.0
        assert "the test objective" in result["warnings"][0]

    def test_a_class_that_is_never_predicted(self):
        """One document in fifty is +1 and has nothing of its own."""
        lines = [f"{'+1' if i % 50 == 0 else '-1'} 1:1 {2 + i % 7}:1\n" for i in range(500)]
        svm = command.write_text(self.dir / "rare.svm", "".join(lines))
        rare = self.dir / "rare.h5"
        self.check(command.tool("svmlight_to_hdf5", "--input", svm, "--output", rare, "--quiet"))
        _, result = self.train(2, "--train", rare, "--test", rare, "--validation-fraction", "0")
        assert result["test_accuracy_positive"] == 0.0
        assert result["train_accuracy"] == 0.98
        for what in ("training", "test"):
            assert any(f"no {what} document is predicted +1, though 10 of 500 are" in w
                       for w in result["warnings"]), result["warnings"]

    def test_what_is_not_finite_is_invalid(self):
        """Weights of 1e277 are finite, what follows from them is not."""
        for strategy in ("sequential", "lock-free", "synchronous", "downpour"):
            outcome, result = self.train(
                1, "--train", self.text, "--category", "CCAT", "--test", self.text, "--strategy",
                strategy, "--regularizer", "l2", "--lambda", "10", "--learning-rate", "1",
                "--quiet", code=1)
            assert result["verdict"].startswith("INVALID: "), result["verdict"]
            assert "not finite" in result["verdict"]
            assert result["verdict"] in outcome.err

    def test_an_infinite_test_objective_is_invalid(self):
        """The training documents are sound; 3e38 of a test document times weights of 1e301 and
        -1e301 is infinite, and both together are no number at all."""
        fit = "".join(f"{y:+d} {1 if y > 0 else 2}:1\n" for y in (1, -1) * 50)
        paths = {}
        for name, text in (("fit", fit), ("infinite", "+1 2:3e38\n-1 1:1\n"),
                           ("no number", "+1 1:3e38 2:3e38\n-1 2:1\n")):
            svm = command.write_text(self.dir / f"{name}.svm", text)
            paths[name] = self.dir / f"{name}.h5"
            self.check(command.tool("svmlight_to_hdf5", "--input", svm, "--output", paths[name],
                                    "--quiet"))
        for name in ("infinite", "no number"):
            _, result = self.train(1, "--train", paths["fit"], "--test", paths[name],
                                   "--regularizer", "none", "--learning-rate", "1e300",
                                   "--iterations", "1", code=1)
            assert "the test objective is not finite" in result["verdict"], name
