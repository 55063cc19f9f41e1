"""Model and data that number features in different ways."""
import random

import pytest

import command

pytestmark = [pytest.mark.mpi]


def make_text(documents, seed, features=50, shift=0):
    """Six of the ids shift + 1 … shift + features per document; the first half means +1."""
    draw = random.Random(seed)
    lines = []
    for n in range(documents):
        low = 1 if n % 2 else features // 2 + 1
        ids = sorted(draw.sample(range(low, low + features // 2), 6))
        lines.append(("+1 " if n % 2 else "-1 ") + " ".join(f"{shift + i}:0.4" for i in ids))
    return "\n".join(lines) + "\n"


class TestFeatures(command.Case):
    @classmethod
    def setup_class(cls):
        texts = {"train": make_text(300, 1), "small": make_text(40, 2),
                 "elsewhere": make_text(100, 3, shift=60_000),
                 "partly": make_text(100, 4, shift=20)}
        for name, text in texts.items():
            command.write_text(cls.shared / f"{name}.svm", text)
            outcome = command.tool("svmlight_to_hdf5", "--input", cls.shared / f"{name}.svm",
                                   "--output", cls.shared / f"{name}.h5", "--no-shuffle", "--quiet")
            assert outcome.code == 0, outcome
        for name in ("train", "elsewhere"):
            outcome = command.hogwild(None, "train", "--train", cls.shared / f"{name}.h5",
                                      "--iterations", "100", "--model",
                                      cls.shared / f"{name}.model.h5", "--quiet")
            assert outcome.code == 0, outcome

    def predict(self, ranks, model, data, *options):
        return command.hogwild(ranks, "predict", "--model", self.shared / f"{model}.model.h5",
                               "--data", self.shared / f"{data}.h5", "--output", "scores.tsv",
                               *options, cwd=self.dir)

    def train(self, data, *tests):
        return self.check(command.hogwild(
            2, "train", "--train", self.shared / f"{data}.h5", "--iterations", "10",
            *(word for test in tests for word in ("--test", self.shared / f"{test}.h5"))))

    def line_with(self, outcome, *words):
        """The only line on stderr that speaks of features."""
        lines = [line for line in outcome.own_lines() if "features" in line]
        assert len(lines) == 1, str(outcome)
        for word in words:
            assert word in lines[0]

    @pytest.mark.parametrize("ranks, model, data",
                             ((1, "train", "elsewhere"), (2, "elsewhere", "train")))
    def test_no_feature_in_common(self, ranks, model, data):
        outcome = self.predict(ranks, model, data)
        self.check_refused(outcome, 65, "hogwild", " 50", " 60050", "feature",
                           f"{data}.h5", f"{model}.model.h5")
        assert self.names() == []

    def test_some_features_in_common(self):
        """4 of 5 ids of `partly` are above 20, 2 of 5 above 50."""
        for options in ((), ("--quiet",)):
            outcome = self.check(self.predict(2, "train", "partly", *options))
            self.line_with(outcome, " 50", " 70", "%", "without a weight")
            assert len((self.dir / "scores.tsv").read_text().splitlines()) == 100

    def test_data_of_the_same_kind(self):
        for data in ("train", "small"):
            assert self.check(self.predict(2, "train", data)).err == ""

    def test_data_that_the_model_was_tested_with(self):
        self.check(command.hogwild(None, "train", "--train", self.shared / "train.h5", "--test",
                                   self.shared / "elsewhere.h5", "--model",
                                   self.shared / "both.model.h5", "--iterations", "50"))
        assert self.check(self.predict(2, "both", "elsewhere")).err == ""

    def test_test_sets(self):
        self.line_with(self.train("train", "small", "elsewhere"), " 50", " 60050", "elsewhere.h5")
        self.line_with(self.train("elsewhere", "train"), " 50", " 60050", "elsewhere.h5")
        assert "features" not in self.train("train", "small").err

    def test_sweep(self):
        words = ("sweep", "--train", self.shared / "train.h5", "--test",
                 self.shared / "elsewhere.h5", "--iterations", "10", "--lambda", "1e-4,1e-5")
        self.line_with(self.check(command.hogwild(2, *words)), " 50", " 60050", "elsewhere.h5")
