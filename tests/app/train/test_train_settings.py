"""`hogwild train`: test data, configuration files and outputs."""
import math
import re

import pytest

import command
from train_case import CCAT, LEARN, TrainTest

pytestmark = [pytest.mark.mpi]


class TestData(TrainTest):
    def test_several_test_sets_are_one(self):
        first = command.convert(self.test_documents[:70], self.dir / "first.h5")
        second = command.convert(self.test_documents[70:], self.dir / "second.h5", "--shards", "2")
        results = [self.run_train(None, *LEARN, "--strategy", "sequential", "--test", *sets).result
                   for sets in ((self.test_set,), (first, second))]
        for key in ("test_accuracy", "test_accuracy_positive", "test_accuracy_negative"):
            assert results[0][key] == results[1][key]
        assert abs(results[0]["test_objective"] - results[1]["test_objective"]) < 5e-8

    def test_more_and_fewer_features_than_the_training_data(self):
        wide = [d._replace(terms=(*d.terms, (5000, "0.5"))) for d in self.test_documents]
        wide = command.convert(wide, self.dir / "wide.h5")
        narrow = [d._replace(terms=tuple(t for t in d.terms if t[0] <= 250))
                  for d in self.test_documents]
        narrow = command.convert(narrow, self.dir / "narrow.h5")
        assert command.inspect(narrow)[0]["features"] < 300
        for strategy, ranks in (("sequential", None), ("lock-free", 2)):
            plain, with_wide, with_narrow = [
                self.run_train(ranks, *LEARN, "--strategy", strategy, "--test", test, "--model",
                               "model.h5").result["test_accuracy"]
                for test in (self.test_set, wide, narrow)]
            assert with_narrow > 0.7
            if strategy == "sequential":  # what training never saw weighs nothing
                assert plain == with_wide
            else:
                assert with_wide > 0.85


class TestConfiguration(TrainTest):
    GROUPS = ("train test category validation-fraction seed balance loss regularizer lambda bias "
              "precision regularization strategy batch-size learning-rate schedule decay sampling "
              "iterations epochs evaluate-every evaluate-train patience log model quiet config "
              "dump-config").split()

    def dump(self, *options, code=0):
        return self.check(command.hogwild(None, "train", *options, "--dump-config",
                                          cwd=self.dir), code).out

    def test_dump_and_config_are_inverse(self):
        options = ("--train", self.train_set, "--test", self.test_set, "second.h5", *CCAT,
                   "--lambda", "0.012345678901234567", "--epochs", "3", "--evaluate-every", "7",
                   "--precision", "float", "--schedule", "inverse", "--evaluate-train",
                   "--log", "a log.jsonl", "--model", "größe=1.h5", "--seed",
                   "9223372036854775807")
        for given in (options, ("--iterations", "12", "--evaluate-every", "0", "--quiet")):
            with self.subtests.test(given=given):
                first = self.dump(*given)
                (self.dir / "run.ini").write_text(first)
                assert self.dump("--config", "run.ini") == first

    def test_dump_of_a_name_that_looks_like_a_comment(self):
        """It must come back, or be refused."""
        outcome = command.hogwild(None, "train", "--model", "run#1.h5", "--dump-config")
        if outcome.code == 2:
            return
        (self.dir / "run.ini").write_text(self.check(outcome).out)
        assert "model = run#1.h5\n" in self.dump("--config", "run.ini")

    def test_a_run_from_a_config(self):
        options = ("--train", self.train_set, "--test", self.test_set, *CCAT, *LEARN,
                   "--strategy", "sequential", "--model", "model.h5")
        (self.dir / "run.ini").write_text(self.dump(*options))
        by_hand = self.run_train(None, *options)
        model = self.model("model.h5")
        by_config = self.run_train(None, "--config", "run.ini", "--train", self.train_set)
        assert by_hand.start["options"] == by_config.start["options"]
        assert self.model("model.h5") == model

    def test_the_command_line_wins(self):
        (self.dir / "run.ini").write_text(
            "# settings\n\nlambda = 0.5\niterations = 12\ntest = a.h5\ntest = b.h5\nquiet = true\n"
            "seed=3\n")
        text = self.dump("--config", "run.ini", "--lambda", "0.25", "--test", "c.h5")
        assert "lambda = 0.25\n" in text
        assert "iterations = 12\n" in text
        assert "seed = 3\n" in text
        assert re.findall("test = (.*)", text) == ["c.h5"]
        text = self.dump("--config", "run.ini", "--epochs", "2")
        assert "epochs = 2\n" in text
        assert "iterations" not in text
        (self.dir / "run.ini").write_text("epochs = 4\n")
        text = self.dump("--config", "run.ini", "--iterations", "400")  # the default, but said
        assert "iterations = 400\n" in text
        assert not re.search("(?m)^epochs", text)

    def test_an_empty_config_changes_nothing(self):
        for content in ("", "\n", "# nothing\n"):
            (self.dir / "run.ini").write_text(content)
            with self.subtests.test(content=content):
                assert self.dump("--config", "run.ini") == self.dump()

    def test_settings_of_the_paper(self):
        paper = command.SOURCE / "jobs/settings/paper.ini"
        if not paper.exists():
            pytest.skip("there is no jobs/settings/paper.ini")
        text = self.dump("--config", paper)
        assert text == self.dump("--config", paper)
        for line in ("loss = hinge", "batch-size = 100"):
            assert line + "\n" in text

    def test_help(self):
        outcome = self.check(command.hogwild(None, "train", "--help-all"))
        for option in self.GROUPS:
            assert re.search(rf"(?m)^ +--{option}( |$)", outcome.out)
        for default in ("=400", "=100", "=0.035", "=0.1", "=30", "=lock-free", "=hinge", "=double"):
            assert "(" + default + ")" in outcome.out

    def test_version(self):
        for ranks in (None, 2):
            outcome = self.check(command.hogwild(ranks, "--version"))
            assert re.search(r"^hogwild \d+\.\d+", outcome.out)
            assert re.search(r"(?m)MPI.*\d", outcome.out)
            assert re.search(r"(?m)HDF5 \d+\.\d+", outcome.out)
            assert outcome.out.count("hogwild") == 1


class TestOutputs(TrainTest):
    def test_outputs_of_a_finished_run_are_replaced(self):
        for seed in ("1", "2"):
            self.run_train(2, *LEARN, "--seed", seed, "--model", "model.h5")
        assert self.names() == ["model.h5", "run.jsonl"]
        rows = command.read_json_lines(self.dir / "run.jsonl")
        assert [row["event"] for row in rows].count("start") == 1
        assert rows[0]["options"]["seed"] == 2
        assert command.inspect(self.dir / "model.h5")[0]["seed"] == 2

    def test_model_file(self):
        run = self.run_train(2, *LEARN, "--test", self.test_set, "--model", "model.h5")
        facts = command.inspect(self.dir / "model.h5")[0]
        assert facts["schema"] == "hogwild.model"
        for key, value in {"features": 300, "category": "CCAT", "loss": "hinge", "seed": 1,
                           "regularizer": "seed", "lambda": 1e-4, "strategy": "lock-free",
                           "ranks": 2, "precision": "double"}.items():
            assert facts[key] == value, key
        assert facts["dataset_digests"] == run.start["dataset_digests"]
        for key, value in facts["metrics"].items():
            assert value == run.result[key], key
        assert "test_accuracy" in facts["metrics"]
        options = dict(line.split(" = ", 1) for line in facts["options"].splitlines())
        logged = {name: value[-1] if isinstance(value, list) else value
                  for name, value in run.start["options"].items()}
        assert options.keys() == logged.keys()
        for name, value in logged.items():
            if isinstance(value, bool):
                assert options[name] == str(value).lower(), name
            elif isinstance(value, str):
                assert options[name] == value, name
            else:
                assert float(options[name]) == value, name
        self.check(command.tool("hdf5_inspect", "--verify", self.dir / "model.h5"))

        h5py = command.need("h5py")
        with h5py.File(self.dir / "model.h5", "r") as file:
            assert file["weights"].dtype.str == "<f8"
            assert file["weights"].shape == (300,)
            assert file["bias"].dtype.str == "<f8"
            assert file["bias"].size == 1
            assert int(file.attrs["version"]) == 1
            assert math.isfinite(file["weights"][:].sum())

    def test_outputs_are_optional(self):
        outcome = command.hogwild(2, "train", "--train", self.train_set, *CCAT, cwd=self.dir)
        self.check(outcome)
        assert self.names() == []
