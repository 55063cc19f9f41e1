"""Documents that stay in their files: `train --rows stream`."""
import re

import pytest

import command
from train_case import CCAT, LEARN, TrainTest

pytestmark = pytest.mark.mpi
# 600 documents, 540 of them learnt from: five windows and a rest
STREAM = ("--rows", "stream", "--stream-window", 100, "--sampling", "permutation")
LONG = ("--batch-size", 5, "--epochs", 12, "--learning-rate", 0.05, "--patience", 0)
STRATEGIES = ("lock-free", "locked", "atomic", "striped", "round-robin", "synchronous",
              "asynchronous", "downpour")


class TestStream(TrainTest):
    def objectives(self, run):
        return [run.result[name] for name in ("train_objective", "validation_objective")]

    @pytest.mark.parametrize("strategy", STRATEGIES)
    def test_every_strategy_learns_what_it_learns_from_memory(self, strategy):
        reached = [self.run_train(2, "--strategy", strategy, *LONG, *rows, name=name).result
                   for name, rows in (("stream", STREAM), ("memory", STREAM[4:]))]
        assert [r["verdict"] for r in reached] == ["VALID"] * 2
        assert reached[0]["samples"] == reached[1]["samples"]
        assert reached[0]["train_objective"] == pytest.approx(reached[1]["train_objective"],
                                                              rel=0.15)
        assert reached[0]["train_accuracy"] > 0.9

    @pytest.mark.parametrize("ranks", (1, 2))
    def test_dual_reaches_the_same_certified_optimum(self, ranks):
        options = ("--strategy", "dual", "--loss", "hinge", "--lambda", 1e-3, "--gap", 1e-4,
                   "--workers", ranks)
        streamed = self.run_train(ranks, *options, *STREAM, name="stream").result
        held = self.run_train(ranks, *options, name="memory").result
        assert streamed["duality_gap"] <= 1e-4
        assert streamed["train_objective"] == pytest.approx(held["train_objective"], rel=2e-4)
        assert streamed["primal_objective"] == pytest.approx(streamed["train_objective"], rel=1e-9)

    def test_the_same_model_has_the_same_figures(self):
        """What is evaluated in passes over the file is what is evaluated in memory."""
        self.run_train(1, *LEARN, "--model", "m.h5", name="first")
        kept = ("--initial-model", "m.h5", "--iterations", 0, "--threshold", "f1",
                "--regularizer", "hogwild", "--evaluate-train")
        runs = [self.run_train(2, *kept, *rows, name=name).result
                for name, rows in (("stream", STREAM), ("memory", ()))]
        for name, value in runs[1].items():
            if re.match("(train|validation)_(?!seconds)|threshold", name) and value is not None:
                assert runs[0][name] == pytest.approx(value, rel=1e-12), name

    def test_a_window_of_all_documents_and_one_of_few_say_what_they_are(self):
        run = self.run_train(2, *LEARN, *STREAM, name="few")
        assert run.start["rows"] == "stream"
        assert 60 <= run.start["stream_window"] <= 120  # whole batches
        run = self.run_train(2, *LEARN, "--rows", "memory", name="all")
        assert run.start["rows"] == "memory" and run.start["stream_window"] is None

    def test_kept_blocks_give_the_same_bits_and_leave_nothing(self):
        folder = self.dir / "node"
        folder.mkdir()
        for name, stage in (("kept", ("--stage", folder)), ("read", ())):
            self.run_train(1, *LONG, *STREAM, *stage, "--feature-scaling", "rms",
                           "--regularizer", "l2", "--model", name + "-m.h5", name=name)
        assert self.model("kept-m.h5") == self.model("read-m.h5")
        assert not list(folder.iterdir())

    def test_a_run_that_was_stopped_ends_with_the_same_bits(self):
        options = (*LONG, *STREAM, "--strategy", "sequential")
        self.run_train(1, *options, "--model", "whole.h5", name="whole")
        saving = ("train", "--train", self.train_set, *CCAT, *options, "--model", "again.h5",
                  "--checkpoint", "c.h5", "--resume", "--quiet")
        limit, stops = 0.02, 0
        while True:
            outcome = command.hogwild(1, *saving, "--max-time", limit, cwd=self.dir)
            if outcome.code == 0:
                break
            self.check(outcome, 75)
            limit *= 3
            stops += 1
            assert stops < 30
        assert stops > 0
        assert self.model("again.h5") == self.model("whole.h5")

    def test_a_resumed_run_keeps_its_order(self):
        saving = (*LONG, "--checkpoint", "c.h5", "--resume")
        first = self.run_train(1, *saving, *STREAM, name="first")
        outcome = command.hogwild(1, "train", "--train", self.train_set, *CCAT, *saving,
                                  "--sampling", "permutation", "--rows", "memory", cwd=self.dir)
        self.check(outcome, 2)
        assert "--rows: the run that is resumed had its documents in a stream" in outcome.err
        again = self.run_train(1, *saving, "--sampling", "permutation", name="again")
        assert again.start["stream_window"] == first.start["stream_window"]

    def test_documents_are_streamed_where_they_do_not_fit(self):
        """540 documents of some 12 entries take some 50 kB, 600 of the file a little more."""
        options = (*LONG, "--sampling", "permutation", "--stream-window", 50)
        run = self.run_train(1, *options, "--memory", "20K", name="little")
        assert run.start["rows"] == "stream"
        assert "the documents do not fit into memory" in run.outcome.err
        run = self.run_train(1, *options, "--memory", "20M", name="much")
        assert run.start["rows"] == "memory"

    @pytest.mark.parametrize("options, code, words", (
        (("--rows", "stream", *LEARN), 2, "use --sampling permutation, or blocks"),
        ((*STREAM, "--certify", "--regularizer", "l2"), 2, "--rows stream knows no --certify"),
        (("--memory", "20K", *LEARN), 71, "use --sampling permutation, or blocks"),
        (("--memory", "20K", "--rows", "memory", "--epochs", 1), 71, "leave out --rows memory"),
        ((*STREAM[:2], *STREAM[4:], "--memory", "20K", "--epochs", 1), 71, "lower --stream-window"),
        (("--memory", "much"), 2, "--memory much: auto, or bytes as in 500M"),
    ))
    def test_what_cannot_be(self, options, code, words):
        outcome = command.hogwild(2, "train", "--train", self.train_set, *CCAT, *options,
                                  "--model", "m.h5", cwd=self.dir)
        self.check(outcome, code)
        assert words in outcome.err
        assert not (self.dir / "m.h5").exists()

    def test_several_categories_are_not_streamed(self):
        outcome = command.hogwild(1, "train", "--train", self.train_set, "--category", "all",
                                  *STREAM, cwd=self.dir)
        self.check(outcome, 2)
        assert "--rows stream is for one category at a time" in outcome.err

    def test_damage_that_training_meets_ends_it(self):
        """Labels are read before, entries while training."""
        h5py = command.need("h5py")
        damaged = self.dir / "damaged.h5"
        damaged.write_bytes(self.train_set.read_bytes())
        with h5py.File(damaged) as file:
            chunk = file["X/data"].id.get_chunk_info(0)
        command.flip_byte(damaged, chunk.byte_offset + chunk.size // 2)
        outcome = command.hogwild(2, "train", "--train", damaged, *CCAT, *LONG, *STREAM,
                                  "--model", "m.h5", cwd=self.dir)
        self.check(outcome, 65)
        assert "damaged.h5" in outcome.err and "X/data" in outcome.err
        assert not (self.dir / "m.h5").exists()
