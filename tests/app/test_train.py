"""`hogwild train` as a user runs it: what it learns, what it logs, and what its options do."""
import concurrent.futures
import math
import re

import pytest

import command

pytestmark = [pytest.mark.mpi, pytest.mark.slow]
ROWS = 600
CCAT = ("--category", "CCAT")
# enough to learn the small data
LEARN = ("--batch-size", "20", "--iterations", "100", "--learning-rate", "0.05")

PROGRESS = {"iteration": int, "epoch": float, "samples": int, "train_seconds": float,
            "elapsed_seconds": float, "validation_objective": float,
            "validation_accuracy": float}
RESULT = {**PROGRESS, "strategy": str, "ranks": int, "nodes": int, "seed": int,
          "load_seconds": float, "evaluation_seconds": float, "total_seconds": float,
          "samples_per_second": float, "train_objective": float, "train_accuracy": float,
          "test_objective": float, "test_accuracy": float, "test_accuracy_positive": float,
          "test_accuracy_negative": float, "stop_reason": str, "peak_rss_bytes": int,
          "verdict": str}


def strategies():
    """Those that --help offers."""
    text = " ".join(command.hogwild(None, "train", "--help").out.split())
    return re.search(r"how ranks work together: ([a-z, -]+?) --", text).group(1).split(", ")


class Run:
    """A finished training run and its log."""

    def __init__(self, outcome, log):
        self.outcome = outcome
        rows = command.read_json_lines(log) if log.exists() else []
        self.start = rows[0] if rows else None
        self.evaluations = rows[1:-1]
        self.result = rows[-1] if rows else None


class TrainTest(command.Case):
    @classmethod
    def setup_class(cls):
        cls.documents = command.make_documents(ROWS)
        cls.test_documents = command.make_documents(200, seed=2, first_id=50_000)
        cls.train_set = command.convert(cls.documents, cls.shared / "train.h5",
                                        "--shuffle-seed", "1")
        cls.test_set = command.convert(cls.test_documents, cls.shared / "test.h5")

    def run_train(self, ranks, *options, name="run", code=0):
        log = self.dir / (name + ".jsonl")
        if "--train" not in options:
            options = ("--train", self.train_set, *CCAT, *options)
        outcome = command.hogwild(ranks, "train", *options, "--log", log, cwd=self.dir)
        self.check(outcome, code)
        return Run(outcome, log)

    def model(self, name):
        """Weights and bias as bytes."""
        h5py = command.need("h5py")
        with h5py.File(self.dir / name, "r") as file:
            return file["weights"][:].tobytes() + file["bias"][()].tobytes()


class TestLog(TrainTest):
    def check_types(self, row, types):
        for key, kind in types.items():
            assert key in row
            kinds = (int, float) if kind is float else (kind,)
            assert isinstance(row[key], kinds), key
            assert not isinstance(row[key], bool), key

    def test_rows(self):
        run = self.run_train(2, *LEARN, "--test", self.test_set)
        assert run.start["event"] == "start"
        assert len(run.evaluations) > 1
        last = None
        for row in run.evaluations:
            assert row["event"] == "evaluation"
            self.check_types(row, PROGRESS)
            assert row["samples"] == 2 * 20 * row["iteration"]
            assert round(abs(row["epoch"] - row["samples"] / 540), 7) == 0
            assert row["elapsed_seconds"] >= row["train_seconds"]
            if last:
                for key in ("iteration", "samples", "train_seconds", "elapsed_seconds"):
                    assert row[key] > last[key]
            last = row
        result = run.result
        assert result["event"] == "result"
        self.check_types(result, RESULT)
        for key in PROGRESS:
            assert result[key] == last[key]
        assert result["samples"] == 2 * 20 * 100
        assert (result["strategy"], result["ranks"], result["nodes"], result["seed"]) == (
            "lock-free",
            2,
            1,
            1,
        )
        assert (result["stop_reason"], result["verdict"]) == ("iterations", "VALID")
        assert (
            result["total_seconds"] + 1e-6
            >= result["load_seconds"] + result["train_seconds"] + result["evaluation_seconds"]
        )
        assert abs(result["samples_per_second"] - result["samples"] / result["train_seconds"]) < 1
        assert 4e6 < result["peak_rss_bytes"] < 500e6
        for key in RESULT:
            if key.endswith("accuracy") or "accuracy_" in key:
                assert 0.8 < result[key] <= 1, key

    def test_start_row_tells_how_to_repeat_the_run(self):
        run = self.run_train(2, *LEARN, "--seed", "7", "--test", self.test_set)
        start = run.start
        options = start["options"]
        assert start["ranks"] == 2
        assert options["seed"] == "7"
        assert options["train"] == str(self.train_set)
        assert options["learning-rate"] == "0.05"
        assert options["regularizer"] == "seed"
        assert start["dataset_digests"] == [command.inspect(p)[0]["digest"] for p in
                                            (self.train_set, self.test_set)]
        assert (start["training_documents"], start["validation_documents"]) == (540, 60)

    def test_without_validation_and_test(self):
        run = self.run_train(2, *LEARN, "--validation-fraction", "0")
        for row in (*run.evaluations, run.result):
            assert row["validation_objective"] is None
            assert row["validation_accuracy"] is None
        for key in ("test_objective", "test_accuracy", "test_accuracy_positive",
                    "test_accuracy_negative"):
            assert run.result[key] is None
        assert run.start["training_documents"] == ROWS
        assert run.result["stop_reason"] == "iterations"
        assert run.result["train_accuracy"] > 0.9

    def test_evaluate_every(self):
        for every, expected in [("30", [30, 60, 90, 100]), ("0", [100]), ("1000", [100]),
                                ("100", [100])]:
            with self.subtests.test(every=every):
                run = self.run_train(None, *LEARN, "--evaluate-every", every)
                assert [row["iteration"] for row in run.evaluations] == expected
        run = self.run_train(None, *LEARN)  # about once an epoch of 27 batches
        assert [row["iteration"] for row in run.evaluations] == [27, 54, 81, 100]

    def test_evaluate_train(self):
        run = self.run_train(2, *LEARN, "--evaluate-train")
        objectives = [row["train_objective"] for row in run.evaluations]
        assert objectives[-1] == run.result["train_objective"]
        assert objectives[-1] < objectives[0]

    def test_quiet(self):
        outcome = self.run_train(2, *LEARN, "--quiet", "--test", self.test_set).outcome
        assert (outcome.out, outcome.err) == ("", "")

    def test_terminal_output(self):
        run = self.run_train(2, *LEARN, "--test", self.test_set)
        assert "\r" not in run.outcome.err
        assert "\033" not in run.outcome.err
        # what is said about where the ranks run: test_placement.py
        lines = [
            line
            for line in run.outcome.own_lines()
            if not line.startswith(("hogwild: ranks", "hogwild: 2 ranks"))
        ]
        assert len(lines) == len(run.evaluations)
        assert re.search(r"iteration .* validation: objective \d", lines[0])
        for word in ("train", "validation", "test", "VALID", "lock-free", "documents/s"):
            assert word in run.outcome.out
        assert f"{run.result['test_accuracy']:.4f}" in run.outcome.out
        assert run.outcome.out.splitlines()[-1] == "VALID"


class TestAmounts(TrainTest):
    """How many documents are processed, and which are held out."""

    @pytest.mark.parametrize(
        "ranks, sampling",
        [
            (1, "permutation"),
            (2, "uniform"),
            (3, "permutation"),
            (7, "permutation"),
            (7, "uniform"),
        ],
    )
    def test_epochs_process_every_document_as_often(self, ranks, sampling):
        run = self.run_train(ranks, "--epochs", "3", "--batch-size", "32", "--sampling",
                             sampling, "--validation-fraction", "0.05")
        assert run.start["training_documents"] == 570
        assert run.result["samples"] == 3 * 570
        assert run.result["epoch"] == 3
        assert run.result["stop_reason"] == "epochs"

    @pytest.mark.parametrize("ranks, fraction, each",
                             [(3, "0.1", 18), (2, "1", 270), (2, "1e-6", 1)])
    def test_batch_fraction_is_shared_out_among_ranks(self, ranks, fraction, each):
        run = self.run_train(ranks, "--strategy", "synchronous", "--batch-fraction",
                             fraction, "--iterations", "5")
        assert run.start["batch_size"] == each
        assert float(run.start["options"]["batch-fraction"]) == float(fraction)
        assert "batch-size" not in run.start["options"]
        assert run.result["samples"] == 5 * ranks * each

    def test_batch_larger_than_the_rows_of_a_rank(self):
        run = self.run_train(3, "--batch-size", "100000", "--iterations", "4")
        assert run.result["samples"] == 4 * 540

    def test_more_ranks_than_documents(self):
        tiny = command.convert(self.documents[:5], self.dir / "tiny.h5", "--shards", "2")
        labels = {"CCAT" in d.topics for d in self.documents[:5]}
        assert len(labels) == 2, "both classes are needed"
        for strategy in ("lock-free", "locked"):
            run = self.run_train(8, "--train", tiny, *CCAT, "--validation-fraction", "0",
                                 "--iterations", "10", "--strategy", strategy)
            assert run.result["samples"] == 10 * 5
            assert run.result["verdict"] == "VALID"
        run = self.run_train(8, "--train", tiny, *CCAT, "--validation-fraction", "0.2",
                             "--epochs", "6", "--sampling", "permutation")
        assert run.result["samples"] == 6 * 4

    @pytest.mark.parametrize("fraction, expected",
                             [("0.0333", 20), ("0.5", 300), ("0.999", 599), ("0.0001", 0)])
    def test_held_out_documents(self, fraction, expected):
        run = self.run_train(None, "--validation-fraction", fraction, "--iterations", "1",
                             code=65 if expected == 599 else 0)
        if expected != 599:  # one document alone has one class only
            assert run.start["validation_documents"] == expected
            assert run.start["training_documents"] == ROWS - expected

    def test_split_depends_on_the_seed_and_the_data_alone(self):
        shards = command.convert(self.documents, self.dir / "three.h5", "--shards", "3",
                                 "--shuffle-seed", "1")

        def split(ranks, *options):
            start = self.run_train(ranks, "--iterations", "1", *options).start
            return (start["training_documents"], start["validation_documents"],
                    start["training_positives"])
        first = split(1)
        assert first[:2] == (540, 60)
        assert first == split(2)
        assert first == split(3, "--balance", "nonzeros")
        assert first == split(2, "--train", shards, *CCAT)
        others = {split(None, "--seed", str(seed)) for seed in range(2, 5)}
        assert len(others) > 1

    def test_early_stopping(self):
        run = self.run_train(2, "--patience", "2", "--learning-rate", "100", "--evaluate-every",
                             "5", "--iterations", "4000", "--model", "model.h5")
        assert run.result["stop_reason"] == "early-stopping"
        assert run.result["iteration"] < 4000
        assert run.result["iteration"] == run.evaluations[-1]["iteration"]
        assert "model.h5" in self.names()
        run = self.run_train(2, "--patience", "0", "--learning-rate", "100", "--evaluate-every",
                             "5", "--iterations", "400")
        assert run.result["stop_reason"] == "iterations"
        assert run.result["iteration"] == 400


class TestLearning(TrainTest):
    def test_every_combination_learns(self):
        """Strategies, regularisers and precisions, some at a time."""
        def one(strategy, regularizer, precision):
            name = f"{strategy}-{regularizer}-{precision}"
            ranks = None if strategy == "sequential" else 3
            return name, self.run_train(
                ranks, *LEARN, "--strategy", strategy, "--regularizer", regularizer, "--precision",
                precision, "--test", self.test_set, "--quiet", name=name)
        majority = max(sum("CCAT" in d.topics for d in self.test_documents) / 200,
                       sum("CCAT" not in d.topics for d in self.test_documents) / 200)
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            runs = [pool.submit(one, strategy, regularizer, precision)
                    for strategy in strategies()
                    for regularizer in ("seed", "scalar", "hogwild", "l2", "none")
                    for precision in ("double", "float")]
        assert len(runs) >= 30
        for future in runs:
            name, run = future.result()
            with self.subtests.test(run=name):
                assert run.result["verdict"] == "VALID"
                assert run.result["test_accuracy"] > majority + 0.25

    @pytest.mark.parametrize("options", [("--loss", "logistic", "--learning-rate", "0.5"),
                                         ("--schedule", "inverse", "--lambda", "1e-2"),
                                         ("--schedule", "decay", "--decay", "0.7"),
                                         ("--bias", "off"), ("--sampling", "permutation"),
                                         ("--regularization", "aggregated"),
                                         ("--precision", "float", "--regularization", "exact")])
    def test_losses_schedules_and_the_rest(self, options):
        learn = LEARN if "--learning-rate" not in options else LEARN[:-2]
        run = self.run_train(None, *learn, *options, "--test", self.test_set)
        assert run.result["test_accuracy"] > 0.85

    def test_sequential_is_reproducible(self):
        for name, options in [("a", ()), ("b", ()), ("other_seed", ("--seed", "2")),
                              ("shards", ("--train", self.dir / "three.h5", *CCAT)),
                              ("packed", ("--train", self.dir / "packed.h5", *CCAT))]:
            if name == "shards":
                command.convert(self.documents, self.dir / "three.h5", "--shards", "3",
                                "--shuffle-seed", "1")
            if name == "packed":
                command.convert(self.documents, self.dir / "packed.h5", "--compress",
                                "--shuffle-seed", "1")
            self.run_train(None, "--strategy", "sequential", *LEARN, *options, "--model",
                           name + ".model")
        assert self.model("a.model") == self.model("b.model")
        assert self.model("a.model") == self.model("shards.model")
        assert self.model("a.model") == self.model("packed.model")
        assert self.model("a.model") != self.model("other_seed.model")

    def test_one_rank_is_sequential(self):
        for precision in ("double", "float"):
            for strategy in ("sequential", "lock-free", "locked"):
                self.run_train(None, *LEARN, "--strategy", strategy, "--precision", precision,
                               "--model", strategy)
            with self.subtests.test(precision=precision):
                assert self.model("lock-free") == self.model("sequential")
                assert self.model("locked") == self.model("sequential")

    def test_labels_of_their_own(self):
        for name, documents in (("own", self.documents), ("own_test", self.test_documents)):
            (self.dir / (name + ".txt")).write_text(
                "".join(d.svmlight_line("CCAT") for d in documents))
            self.check(command.tool("svmlight_to_hdf5", "--input", name + ".txt", "--output",
                                    name + ".h5", cwd=self.dir))
        run = self.run_train(2, "--train", "own.h5", "--test", "own_test.h5", *LEARN)
        assert run.result["test_accuracy"] > 0.85

    def test_balance_nonzeros(self):
        """Documents of very different lengths."""
        documents = command.make_documents(300) + command.make_documents(
            30, seed=3, first_id=90_000, length=120)
        train = command.convert(documents, self.dir / "uneven.h5")
        run = self.run_train(3, "--train", train, *CCAT, "--balance", "nonzeros", "--batch-size",
                             "10", "--iterations", "200", "--test", self.test_set)
        assert run.start["training_documents"] == 297
        assert run.result["samples"] == 3 * 10 * 200
        assert run.result["test_accuracy"] > 0.85
        run = self.run_train(3, "--train", train, *CCAT, "--balance", "nonzeros", "--epochs", "2")
        assert run.result["samples"] == 2 * 297


class TestData(TrainTest):
    def test_several_test_sets_are_one(self):
        first = command.convert(self.test_documents[:70], self.dir / "first.h5")
        second = command.convert(self.test_documents[70:], self.dir / "second.h5", "--shards", "2")
        results = [self.run_train(None, *LEARN, "--strategy", "sequential", "--test", *sets).result
                   for sets in ((self.test_set,), (first, second))]
        for key in ("test_accuracy", "test_accuracy_positive", "test_accuracy_negative"):
            assert results[0][key] == results[1][key]
        assert round(abs(results[0]["test_objective"] - results[1]["test_objective"]), 7) == 0

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
        assert rows[0]["options"]["seed"] == "2"
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
        assert options == run.start["options"]
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
