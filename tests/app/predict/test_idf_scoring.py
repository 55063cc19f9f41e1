"""Models hold the inverse document frequencies of their training data: what is scored is multiplied
by the same factors, or refused."""
import json

import pytest

import command

pytestmark = [pytest.mark.mpi]


class TestIdf(command.Case):
    @classmethod
    def setup_class(cls):
        for name, first in (("train", 0), ("test", 300)):
            documents = command.make_documents(500)[first:first + (300 if first == 0 else 200)]
            command.write_text(cls.shared / f"{name}.svm", "".join(
                document.svmlight_line("CCAT") for document in documents))
        cls.convert("train.svm", "plain.h5")
        cls.convert("train.svm", "train.h5", "--idf", "--normalize", "l2")
        cls.convert("test.svm", "test.h5", "--idf-from", "train.h5", "--normalize", "l2")
        cls.convert("test.svm", "own.h5", "--idf", "--normalize", "l2")
        cls.convert("test.svm", "none.h5", "--normalize", "l2")
        cls.train("train.h5", "test.h5", "model.h5", "--log", "log.jsonl")

    @classmethod
    def convert(cls, text, output, *options):
        outcome = command.tool("svmlight_to_hdf5", "--input", text, "--output", output, "--quiet",
                               *options, cwd=cls.shared)
        assert outcome.code == 0, outcome

    @classmethod
    def train(cls, train, test, model, *options):
        outcome = command.hogwild(2, "train", "--train", train, "--test", test, "--model", model,
                                  "--loss", "logistic", "--quiet", *options, cwd=cls.shared)
        assert outcome.code == 0, outcome

    def predict(self, model, *options, output="scores.txt"):
        return command.hogwild(2, "predict", "--model", self.shared / model, "--output", output,
                               *options, cwd=self.dir)

    def scores(self, name):
        return [line.split("\t")[1:] for line in (self.dir / name).read_text().splitlines()]

    def test_text_is_scored_as_its_dataset(self):
        self.check(self.predict("model.h5", "--data", self.shared / "test.h5", output="data.txt"))
        self.check(self.predict("model.h5", "--input", self.shared / "test.svm",
                                output="text.txt"))
        assert self.scores("text.txt") == self.scores("data.txt")

    def test_training_and_predict_agree(self):
        said = self.check(self.predict("model.h5", "--input", self.shared / "test.svm")).out
        result = [json.loads(line) for line in
                  (self.shared / "log.jsonl").read_text().splitlines()][-1]
        assert f"accuracy {result['test_accuracy']:g} " in said

    def test_a_test_text_is_read_like_the_training_data(self):
        self.train("train.h5", "test.svm", "text.model.h5")
        of_text, of_data = command.inspect(self.shared / "text.model.h5",
                                           self.shared / "model.h5")
        assert of_text["metrics"] == of_data["metrics"]
        assert of_text["idf"] == of_data["idf"] == command.inspect(self.shared / "train.h5")[0][
            "idf"]

    def test_converters_take_the_factors_of_a_model(self):
        self.convert("test.svm", "again.h5", "--idf-from", "model.h5", "--normalize", "l2")
        again, test = command.inspect(self.shared / "again.h5", self.shared / "test.h5")
        assert again["digest"] == test["digest"]

    @pytest.mark.parametrize("data,says", [
        ("none.h5", "was converted without --idf"),
        ("own.h5", "was converted with the document frequencies of other documents")])
    def test_other_data_is_refused(self, data, says):
        path = self.shared / data
        outcome = self.predict("model.h5", "--data", path)
        self.check_refused(outcome, 65, "hogwild", f"{data}: {says}", "--idf-from")
        outcome = command.hogwild(2, "train", "--train", self.shared / "train.h5", "--test", path,
                                  cwd=self.dir)
        self.check_refused(outcome, 65, "hogwild", f"{data}: {says}", "--idf-from")
        outcome = command.hogwild(2, "train", "--train", path, "--initial-model",
                                  self.shared / "model.h5", cwd=self.dir)
        self.check_refused(outcome, 65, "hogwild", f"{data}: {says}", "--idf-from")

    def test_data_with_factors_is_refused_where_the_model_has_none(self):
        outcome = command.hogwild(1, "train", "--train", self.shared / "none.h5", "--test",
                                  self.shared / "test.h5", cwd=self.dir)
        self.check_refused(outcome, 65, "hogwild", "test.h5: was converted with --idf", "without")

    def test_the_file_of_training_may_go(self):
        """Long runs end with a model, even if the factors are no longer where they were."""
        self.convert("train.svm", "gone.h5", "--idf", "--shards", "2")
        outcome = command.hogwild(1, "train", "--train", self.shared / "gone.h5", "--model",
                                  "m.h5", "--stage", self.dir, "--quiet", cwd=self.dir)
        self.check(outcome)
        assert command.inspect(self.dir / "m.h5")[0]["idf"] != ""

    def test_a_value_that_is_too_large_is_told_with_its_line(self):
        text = command.write_text(self.dir / "large.svm", "+1 1:1\n-1 1:3e38\n")
        self.check_refused(self.predict("model.h5", "--input", text), 65, "hogwild",
                           "large.svm:2:1: a value is too large", "--idf")

    def test_exports_say_so(self):
        outcome = self.check(command.hogwild(None, "export", "--model", self.shared / "model.h5",
                                             "--output", "m.tsv", cwd=self.dir))
        assert "inverse document frequencies (--idf)" in outcome.err
