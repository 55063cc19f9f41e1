"""What users see of the strategies: what their meters say, how they are evaluated, and how they
take a rank that sleeps or dies."""
import os
import random
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

import command

pytestmark = [pytest.mark.mpi, pytest.mark.slow]
ROWS = 600
LEARN = ("--batch-size", "10", "--iterations", "200", "--learning-rate", "0.05")
FOR_EVER = ("--iterations", "100000000", "--evaluate-every", "1000", "--patience", "0")
SHARED = ("lock-free", "locked", "atomic", "striped", "round-robin")
STRATEGIES = (*SHARED, "synchronous", "asynchronous", "downpour")
LOCKING = ("locked", "striped", "round-robin")


def rank_pids(mpirun_pid):
    """The processes of an mpirun, which is their parent."""
    children = Path(f"/proc/{mpirun_pid}/task/{mpirun_pid}/children").read_text().split()
    return sorted(int(pid) for pid in children
                  if b"hogwild" in Path(f"/proc/{pid}/cmdline").read_bytes())


class StrategyTest(command.Case):
    @classmethod
    def setup_class(cls):
        cls.train_set = command.convert(command.make_documents(ROWS), cls.shared / "train.h5")

    def arguments(self, *options, data=None, log="run.jsonl"):
        return ("train", "--train", data or self.train_set, "--category", "CCAT", "--log",
                self.dir / log, *options)

    def train(self, ranks, *options, **more):
        outcome = command.hogwild(ranks, *self.arguments(*options, **more), timeout=120,
                                  cwd=self.dir)
        self.check(outcome)
        return outcome, command.read_json_lines(self.dir / more.get("log", "run.jsonl"))


class TestMeters(StrategyTest):
    @pytest.mark.parametrize("strategy", STRATEGIES)
    def test_each_strategy_logs_what_applies_to_it(self, strategy):
        outcome, rows = self.train(3, *LEARN, "--verbose", "--strategy", strategy)
        last = rows[-1]
        for key in ("contention_collisions", "contention_lost_fraction"):
            assert (last[key] is not None) == (strategy in SHARED), key
        assert (last["lock_wait_seconds"] is not None) == (strategy in LOCKING)
        assert 0 <= last["staleness_median"]
        assert last["staleness_median"] <= last["staleness_p99"]
        assert last["staleness_p99"] <= last["staleness_max"]
        assert 0 < last["active_fraction"] <= 1
        assert rows[-2]["staleness_max"] == last["staleness_max"]
        if strategy in ("round-robin", "synchronous"):
            assert last["staleness_max"] == 0
        if strategy in SHARED and strategy != "lock-free":
            assert last["contention_lost_fraction"] == 0
        assert "staleness: median" in outcome.out
        assert max(map(len, outcome.out.splitlines())) <= 80

    def test_off(self):
        outcome, rows = self.train(2, *LEARN, "--verbose", "--meters", "off")
        for key in ("contention_collisions", "contention_lost_fraction", "lock_wait_seconds",
                    "staleness_median", "staleness_p99", "staleness_max", "hot_staleness_max"):
            assert rows[-1][key] is None, key
        assert "staleness" not in outcome.out

    def test_hot_features_are_printed_with_their_staleness(self):
        single = ("--iterations", "600", "--learning-rate", "0.05", "--precision", "float",
                  "--batch-size", "1", "--verbose")
        outcome, rows = self.train(3, *single)
        assert rows[0]["hot_features"] > 0
        assert (
            f"hot head: {rows[0]['hot_features']} features and the bias, the most "
            f"frequent merged every {rows[0]['merge_every']}\n" in outcome.out
        )
        last = rows[-1]
        assert 0 <= last["hot_staleness_median"]
        assert last["hot_staleness_median"] <= last["hot_staleness_max"]
        assert "staleness of the hot head: median" in outcome.out
        outcome, rows = self.train(3, *single, "--hot-features", "0")
        assert rows[-1]["hot_staleness_max"] is None
        assert "private" not in outcome.out

    def test_active_documents_get_fewer(self):
        _, rows = self.train(1, *LEARN, "--strategy", "sequential")
        evaluations = [row["active_fraction"] for row in rows if row["event"] == "evaluation"]
        assert evaluations[-1] < evaluations[0]
        _, rows = self.train(1, *LEARN, "--loss", "logistic")
        assert rows[-1]["active_fraction"] == 1  # every document has a gradient


class TestEvaluateLater(StrategyTest):
    @pytest.mark.parametrize("strategy", ("sequential", "downpour"))
    @pytest.mark.parametrize("precision", ("double", "float"))
    def test_evaluating_later_gives_the_same_rows_as_stopping(self, strategy, precision):
        options = (*LEARN, "--strategy", strategy, "--evaluate-every", "30",
                   "--evaluate-train", "--regularizer", "none", "--precision",
                   precision, "--patience", "0")
        _, stopping = self.train(1, *options)
        _, later = self.train(1, *options, "--evaluate-later")
        assert len(later) == len(stopping)
        for one, other in zip(stopping[1:], later[1:]):
            for key in ("iteration", "samples", "epoch", "train_objective",
                        "validation_objective", "validation_accuracy"):
                assert one[key] == other[key], key

    @pytest.mark.parametrize("strategy", STRATEGIES)
    def test_with_several_ranks(self, strategy):
        _, rows = self.train(3, *LEARN, "--strategy", strategy, "--evaluate-every", "20",
                             "--evaluate-later")
        evaluations = rows[1:-1]
        assert [row["iteration"] for row in evaluations] == list(range(20, 201, 20))
        for earlier, row in zip(evaluations, evaluations[1:]):
            assert earlier["samples"] < row["samples"]
            assert earlier["train_seconds"] < row["train_seconds"]
        workers = 2 if strategy == "downpour" else 3
        assert rows[-1]["samples"] == workers * 200 * 10
        assert evaluations[0]["samples"] == workers * 20 * 10
        assert evaluations[-1]["validation_objective"] < evaluations[0]["validation_objective"]


class TestWithoutTuning(StrategyTest):
    @staticmethod
    def fast(**changes):
        """Options of one document a batch; `changes` by name."""
        options = {"strategy": "lock-free", "batch-size": "1", "precision": "float",
                   "regularizer": "l2", "epochs": "5"}
        options.update({name.replace("_", "-"): value for name, value in changes.items()})
        return [word for name, value in options.items() for word in ("--" + name, value)]

    def test_learning_rate_auto(self):
        _, rows = self.train(2, *self.fast(learning_rate="auto"))
        assert rows[0]["options"]["learning-rate"] == "auto"
        assert rows[0]["learning_rate"] > 0
        assert rows[-1]["train_accuracy"] > 0.9
        for wrong in ("automatic", "0", "-1", "nan", "1x"):
            outcome = command.hogwild(None, *self.arguments("--learning-rate", wrong))
            self.check_refused(outcome, 2, "hogwild", f"--learning-rate {wrong}: auto, or a "
                                                      "finite number above 0")

    @pytest.mark.parametrize("strategy", ("lock-free", "sequential", "asynchronous", "downpour"))
    def test_average(self, strategy):
        """The mean fluctuates less than the last weights do with a large constant step."""
        ranks = 1  # alone every run is the same again
        noisy = self.fast(strategy=strategy, learning_rate="3")
        _, last = self.train(ranks, *noisy)
        _, mean = self.train(ranks, *noisy, "--average")
        assert mean[-1]["train_objective"] < last[-1]["train_objective"]

    def test_the_log_says_who_applies_the_regularizer(self):
        for options, applied in (
                ((), "in the gradient"),
                (("--regularizer", "none"), "none"),
                (("--regularizer", "l2"), "weight decay with every batch"),
                (("--regularizer", "l2", "--precision", "float"), "weight decay at intervals"),
                (("--regularizer", "l2", "--precision", "float", "--batch-size", "1"),
                 "common scale of the weights")):
            with self.subtests.test(options=options):
                _, rows = self.train(1, "--iterations", "5", *options)
                assert rows[0]["regularization_applied"] == applied

    def test_hot_features(self):
        _, rows = self.train(2, *self.fast())
        assert rows[0]["hot_features"] > 100
        assert rows[0]["merge_every"] > 0
        _, rows = self.train(2, *self.fast(), "--hot-features", "7", "--merge-every", "9")
        assert (rows[0]["hot_features"], rows[0]["merge_every"]) == (7, 9)
        _, rows = self.train(2, *self.fast(), "--hot-features", "0")
        assert (rows[0]["hot_features"], rows[0]["merge_every"]) == (0, None)
        for options, says in [
                (self.fast(hot_features="some"), "--hot-features some: auto, or a whole"),
                (self.fast(merge_every="0"), "--merge-every 0: auto, or a whole number from 1 on"),
                (self.fast(hot_features="10", precision="double", regularizer="seed"),
                 "--hot-features needs --regularization aggregated")]:
            with self.subtests.test(options=options):
                outcome = command.hogwild(None, *self.arguments(*options))
                self.check_refused(outcome, 2, "hogwild", says)

    def test_renumbering_stays_inside(self):
        """What is private changes no number that leaves the program."""
        h5py = command.need("h5py")
        models = []
        for features in ("0", "20", "auto"):
            options = self.fast(hot_features=features, regularizer="none", precision="double")
            _, rows = self.train(1, *options, "--model", self.dir / "m.h5", "--test",
                                 self.train_set)
            with h5py.File(self.dir / "m.h5", "r") as file:
                models.append(list(file["weights"][:]) + [file["bias"][()]])
            score = command.hogwild(None, "predict", "--model", self.dir / "m.h5", "--data",
                                    self.train_set, "--output", self.dir / "scores.tsv")
            self.check(score)
            assert f"accuracy {rows[-1]['test_accuracy']:.6g}" in score.out
        for other in models[1:]:
            for one, two in zip(models[0], other):
                assert abs(one - two) < 5e-10


class TestDownpour(StrategyTest):
    @pytest.mark.parametrize(
        "ranks, options, says",
        [
            (2, ("--servers", "2"), "--servers 2 leaves none of 2 ranks to work"),
            (3, ("--servers", "0"), "--servers must be at least 1"),
            (2, ("--push-every", "0"), "--push-every must be at least 1"),
            (2, ("--fetch-every", "0"), "--fetch-every must be at least 1"),
            (2, ("--server-update", "adam"), "choose one of plain, adagrad"),
            (2, ("--warm-start-epochs", "-1"), "--warm-start-epochs must not be negative"),
        ],
    )
    def test_refused(self, ranks, options, says):
        outcome = command.hogwild(ranks, *self.arguments(
            *LEARN, "--strategy", "downpour", *options), cwd=self.dir)
        self.check_refused(outcome, 2, "hogwild", says)

    def test_servers_share_the_work_of_none(self):
        _, rows = self.train(4, "--epochs", "3", "--batch-size", "10", "--strategy", "downpour",
                             "--servers", "2", "--server-update", "adagrad", "--learning-rate",
                             "0.1", "--warm-start-epochs", "1")
        assert rows[-1]["samples"] == 3 * 540
        assert rows[-1]["ranks"] == 4
        assert rows[-1]["train_accuracy"] > 0.9


class TestReproducible(StrategyTest):
    def test_the_same_bytes_twice(self):
        h5py = command.need("h5py")
        for strategy in ("round-robin", "synchronous"):
            for precision in ("double", "float"):
                with self.subtests.test(strategy=strategy, precision=precision):
                    models = []
                    for name in ("a.h5", "b.h5"):
                        self.train(4, *LEARN, "--strategy", strategy, "--precision", precision,
                                   "--model", self.dir / name)
                        with h5py.File(self.dir / name, "r") as file:
                            models.append(file["weights"][:].tobytes() + file["bias"][()].tobytes())
                    assert models[0] == models[1]


class TestRankThatDies(StrategyTest):
    def kill_one(self, strategy, ranks, victim):
        process = command.start(command.hogwild_command(ranks, *self.arguments(
            *FOR_EVER, "--strategy", strategy, "--quiet")), cwd=self.dir,
            stderr=subprocess.DEVNULL, env={**os.environ, **command.IMPATIENT})
        try:
            log = self.dir / "run.jsonl"
            deadline = time.monotonic() + 30
            while not (log.exists() and log.read_text().count("\n") > 1):
                assert time.monotonic() < deadline, "training has not begun"
                time.sleep(0.02)
            os.kill(rank_pids(process.pid)[victim], signal.SIGKILL)
            killed = time.monotonic()
            code = process.wait(10)
            assert code != 0
            return time.monotonic() - killed
        finally:
            command.end_group(process)
            log.unlink(missing_ok=True)

    def test_the_job_ends(self):
        for strategy in STRATEGIES:
            for victim in (0, 2) if strategy == "downpour" else (1,):  # 2 is a server
                with self.subtests.test(strategy=strategy, victim=victim):
                    self.kill_one(strategy, 3, victim)


class TestRankThatSleeps(StrategyTest):
    """A rank that is stopped for 200 ms again and again, at any moment."""

    def train_with_naps(self, victim, *options):
        naps = 0
        (self.dir / "naps.jsonl").unlink(missing_ok=True)
        done = threading.Event()
        draw = random.Random(1)
        process = command.start(command.hogwild_command(4, *self.arguments(
            *options, data=command.SAMPLE / "train.h5", log="naps.jsonl")), cwd=self.dir)

        def disturb():
            nonlocal naps
            while not (self.dir / "naps.jsonl").exists():
                if done.wait(0.01):
                    return
            pid = rank_pids(process.pid)[victim]
            while not done.wait(draw.uniform(0.05, 0.3)):
                try:
                    os.kill(pid, signal.SIGSTOP)
                    time.sleep(0.2)
                    os.kill(pid, signal.SIGCONT)
                except ProcessLookupError:
                    return
                naps += 1

        thread = threading.Thread(target=disturb)
        thread.start()
        try:
            assert process.wait(120) == 0
        finally:
            done.set()
            thread.join()
            command.end_group(process)
        return naps, command.read_json_lines(self.dir / "naps.jsonl")[-1]

    @pytest.mark.sample
    @pytest.mark.parametrize(
        "strategy, victim", (("asynchronous", 1), ("downpour", 1), ("downpour", 3))
    )
    def test_it_costs_time_and_nothing_else(self, strategy, victim):
        options = ("--strategy", strategy, "--test", command.SAMPLE / "test.h5", "--regularizer",
                   "l2", "--regularization", "aggregated", "--learning-rate", "0.02",
                   "--schedule", "decay", "--decay", "0.9", "--epochs", "60", "--quiet",
                   "--evaluate-every", "0")
        _, undisturbed = self.train(4, *options, data=command.SAMPLE / "train.h5")
        naps, result = self.train_with_naps(victim, *options)
        assert naps > 1
        assert result["samples"] == undisturbed[-1]["samples"]
        assert abs(result["test_accuracy"] - undisturbed[-1]["test_accuracy"]) < 0.005
        assert result["peak_rss_bytes"] < 1.2 * undisturbed[-1]["peak_rss_bytes"]
        assert result["staleness_max"] > 0
