"""`hogwild train`: the log, how much is trained, that it learns."""
import concurrent.futures
import re

import pytest

import command
from train_case import CCAT, LEARN, ROWS, TrainTest

pytestmark = [pytest.mark.mpi, pytest.mark.slow]

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
            assert abs(row["epoch"] - row["samples"] / 540) < 5e-8
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
        assert options["seed"] == 7
        assert options["train"] == str(self.train_set)
        assert options["test"] == [str(self.test_set)]
        assert options["learning-rate"] == 0.05
        assert options["merge-every"] == "auto"
        assert options["average"] is False
        assert options["resume"] is False
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
        # a slow run also says how far it is in between, without figures; where the ranks run:
        # test_placement.py
        lines = [line for line in run.outcome.own_lines() if "validation objective" in line]
        assert len(lines) == len(run.evaluations)
        assert re.search(r"^epoch \S+ of \S+?(, \d+ s left)?: validation objective 0\.\d+, "
                         r"accuracy [01]\.\d+$", lines[0])
        assert " of " not in lines[-1]
        for word in ("train", "validation", "test", "VALID", "lock-free", "documents/s"):
            assert word in run.outcome.out
        for jargon in ("contention", "staleness", "private"):
            assert jargon not in run.outcome.out
        assert max(map(len, run.outcome.out.splitlines())) <= 80
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
        """Strategies, regularisers and precisions, some at a time; every two of them meet."""
        def one(strategy, regularizer, precision):
            name = f"{strategy}-{regularizer}-{precision}"
            ranks = None if strategy == "sequential" else 3
            return name, self.run_train(
                ranks, *LEARN, "--strategy", strategy, "--regularizer", regularizer, "--precision",
                precision, "--test", self.test_set, "--quiet", name=name)
        majority = max(sum("CCAT" in d.topics for d in self.test_documents) / 200,
                       sum("CCAT" not in d.topics for d in self.test_documents) / 200)
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            runs = [pool.submit(one, strategy, regularizer, ("double", "float")[(k + m) % 2])
                    for k, strategy in enumerate(strategies()) if strategy != "dual"  # test_dual.py
                    for m, regularizer in enumerate(("seed", "scalar", "hogwild", "l2", "none"))]
        assert len(runs) >= 45
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
