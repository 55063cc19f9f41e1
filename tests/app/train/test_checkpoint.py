"""Nothing lost: checkpoints, going on from them, stopping, and being killed at any moment."""
import contextlib
import os
import random
import signal
import time
from pathlib import Path

import pytest

import command

pytestmark = [pytest.mark.mpi, pytest.mark.slow]
KEEPS_BITS = ("sequential", "round-robin", "synchronous")
STRATEGIES = ("lock-free", "locked", "atomic", "striped", "asynchronous", "downpour", *KEEPS_BITS)
FOR_EVER = ("--iterations", "1000000000", "--evaluate-every", "0")
STOPPED = 75


class CheckpointTest(command.Case):
    @classmethod
    def setup_class(cls):
        cls.data = command.convert(command.make_documents(1200, seed=3), cls.shared / "train.h5")
        cls.other = command.convert(command.make_documents(900, seed=4), cls.shared / "other.h5")

    def setup_method(self):
        self.file = self.dir / "run.h5"
        self.log = self.dir / "run.jsonl"
        self.model = self.dir / "model.h5"
        self.stderr = (self.dir / "stderr").open("w")
        self.at_end(self.stderr.close)

    def words(self, *options, data=None):
        return ("train", "--train", data or self.data, "--category", "CCAT", "--quiet", *options)

    def saving(self, *options, **more):
        return self.words("--checkpoint", self.file, "--log", self.log, "--model", self.model,
                          "--resume", *options, **more)

    def until_done(self, ranks, *options, limit=0.02):
        """Runs again and again with a time limit. @return how often it was stopped."""
        stops = 0
        while True:
            one = ranks[min(stops, len(ranks) - 1)] if isinstance(ranks, tuple) else ranks
            outcome = command.hogwild(one, *self.saving(*options, "--max-time", limit))
            if outcome.code != STOPPED:
                self.check(outcome)
                return stops
            assert "stopped by --max-time" in outcome.err
            assert not self.model.exists(), "a model only of a run that is done"
            stops += 1
            limit *= 10  # also a machine that is busy gets there
            assert stops < 60

    def weights(self, model):
        h5py = command.need("h5py")
        with h5py.File(model) as file:
            return list(file["weights"][:]) + list(file["bias"][:])

    def ranks(self):
        """Process ids of what runs on this test's checkpoint."""
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                arguments = (entry / "cmdline").read_bytes().split(b"\0")
                if Path(os.fsdecode(arguments[0])).name == "hogwild" and \
                        os.fsencode(self.file) in arguments:
                    found.append(int(entry.name))
            except OSError:
                continue
        return found

    def evaluations(self, log):
        return [(row["iteration"], row["validation_objective"], row["validation_accuracy"])
                for row in command.read_json_lines(log) if row["event"] == "evaluation"]


class TestResume(CheckpointTest):
    def test_same_bits(self):
        whole = self.dir / "whole.h5"
        whole_log = self.dir / "whole.jsonl"
        settings = ((), ("--precision", "float"),
                    ("--precision", "float", "--regularization", "exact"),
                    ("--precision", "float", "--regularizer", "l2", "--schedule", "inverse"),
                    ("--sampling", "permutation", "--average", "--patience", "40"))
        for k, strategy in enumerate(KEEPS_BITS):
            for more in (settings[k], settings[k + 1], settings[-1]):
                with self.subtests.test(strategy=strategy, more=more):
                    ranks = 1 if strategy == "sequential" else 2
                    slow = 8 if strategy == "sequential" else 1  # to be broken at all
                    options = ("--strategy", strategy, "--batch-size", 10,
                               "--iterations", 12000 * slow, "--evaluate-every", 3100 * slow, *more)
                    self.check(command.hogwild(ranks, *self.words(
                        *options, "--model", whole, "--log", whole_log)))
                    for path in self.dir.glob("run*"):
                        path.unlink()
                    self.model.unlink(missing_ok=True)
                    stops = self.until_done(ranks, *options, limit=0.004)
                    assert stops > 0, "the run was never broken"
                    assert self.weights(self.model) == self.weights(whole)
                    assert self.evaluations(self.log) == self.evaluations(whole_log)

    @pytest.mark.parametrize("strategy", STRATEGIES)
    def test_every_strategy_reaches_what_it_reaches_unbroken(self, strategy):
        ranks = 1 if strategy == "sequential" else 3
        options = ("--strategy", strategy, "--batch-size", 10, "--epochs", 40,
                   "--learning-rate", 0.05, "--schedule", "decay", "--decay", 0.9,
                   "--evaluate-every", 0)
        self.check(command.hogwild(ranks, *self.words(*options, "--log", self.log)))
        whole = command.read_json_lines(self.log)[-1]
        for path in self.dir.glob("run*"):
            path.unlink()
        self.model.unlink(missing_ok=True)
        self.until_done(ranks, *options, limit=0.02)
        broken = command.read_json_lines(self.log)[-1]
        assert broken["samples"] == whole["samples"]
        assert broken["epoch"] == whole["epoch"]
        assert abs(broken["train_objective"] / whole["train_objective"] - 1.0) < 0.1
        assert abs(broken["train_accuracy"] - whole["train_accuracy"]) < 0.02

    @pytest.mark.parametrize("strategy", ("lock-free", "synchronous", "downpour"))
    def test_on_other_numbers_of_ranks(self, strategy):
        for path in self.dir.iterdir():
            path.unlink()
        stops = self.until_done((4, 2, 3, 1), "--strategy", strategy, "--batch-size", 10,
                                "--iterations", 6000, "--learning-rate", 0.01, "--patience", 0,
                                "--server-update", "adagrad", limit=0.02)
        rows = command.read_json_lines(self.log)
        ranks = [4, 2, 3, 1, *[1] * stops][:stops + 1]
        # on a busy machine the first ones are stopped before there is anything to save
        begun = ranks.index(rows[0]["ranks"])
        workers = ranks[begun] - (strategy == "downpour" and ranks[begun] > 1)
        assert rows[-1]["samples"] == 6000 * 10 * workers
        assert [row["ranks"] for row in rows if row["event"] == "resume"] == ranks[begun + 1:]
        assert rows[-1]["train_accuracy"] > 0.9

    def test_more_epochs_than_before(self):
        self.check(command.hogwild(1, *self.saving("--epochs", 5, "--strategy", "sequential")))
        self.check(command.hogwild(1, *self.saving("--epochs", 9, "--strategy", "sequential")))
        broken = self.weights(self.model)
        rows = command.read_json_lines(self.log)
        assert [row["event"] for row in rows].count("result") == 1
        assert rows[-1]["epoch"] == 9
        self.check(command.hogwild(1, *self.words("--epochs", 9, "--strategy", "sequential",
                                                  "--model", self.model)))
        assert self.weights(self.model) == broken

    def test_a_finished_run_is_finished(self):
        options = ("--iterations", 50, "--strategy", "sequential")
        self.check(command.hogwild(1, *self.saving(*options)))
        first = command.read_json_lines(self.log)
        self.check(command.hogwild(1, *self.saving(*options)))
        second = command.read_json_lines(self.log)
        assert first[-1]["train_objective"] == second[-1]["train_objective"]
        assert first[-1]["validation_accuracy"] == second[-1]["validation_accuracy"]
        assert [row["event"] for row in second] == [
            *[row["event"] for row in first[:-1]],
            "resume",
            "result",
        ]

    def test_without_a_checkpoint_it_starts_anew(self):
        outcome = self.check(command.hogwild(2, *self.words(
            "--checkpoint", self.file, "--resume", "--iterations", 5)[:-1], "200"))
        assert outcome.err == ""
        assert self.file.exists()

    def test_another_run_is_refused(self):
        self.check(command.hogwild(1, *self.saving("--iterations", 5)))
        for says, options in (
                (("--category", "CCAT", "ECAT"), ("--category", "ECAT")),
                (("--precision", "double", "float"), ("--precision", "float")),
                (("--regularizer", "seed", "l2"), ("--regularizer", "l2")),
                (("--lambda", "1e-04", "0.001"), ("--lambda", "0.001")),
                (("--loss", "hinge", "logistic"), ("--loss", "logistic")),
                (("--bias", "on", "off"), ("--bias", "off")),
                (("--seed", "1", "7"), ("--seed", "7")),
                (("--strategy", "lock-free", "locked"), ("--strategy", "locked"))):
            with self.subtests.test(options=options):
                words = [w for w in self.saving("--iterations", 9)]
                if options[0] == "--category":
                    at = words.index("--category")
                    del words[at:at + 2]
                self.check_refused(command.hogwild(None, *words, *options), 2, "hogwild", "run.h5",
                                   *says)
        self.check_refused(command.hogwild(2, *self.saving("--iterations", 9, data=self.other)),
                           2, "hogwild", "run.h5", "digest")
        assert command.inspect(self.file)[0]["iteration"] == 5

    def test_a_damaged_checkpoint_falls_back_on_the_one_before(self):
        options = ("--epochs", 6, "--strategy", "sequential", "--checkpoint-every", "2e")
        self.check(command.hogwild(1, *self.saving(*options)))
        whole = self.weights(self.model)
        previous = self.dir / "run.prev.h5"
        assert previous.exists()
        data = self.file.read_bytes()
        for damage in (data[:len(data) // 2], b"", data[:5000] + b"\1\2\3" + data[5003:]):
            self.file.write_bytes(damage)
            kept = previous.read_bytes()
            outcome = self.check(command.hogwild(1, *[w for w in self.saving(*options)
                                                      if w != "--quiet"]))
            assert "resuming from " + str(previous) in outcome.err
            assert self.weights(self.model) == whole
            assert command.inspect(self.file)[0]["schema"] == "hogwild.checkpoint"
            previous.write_bytes(kept)
        self.file.write_bytes(b"")
        previous.write_bytes(b"nothing")
        self.check_refused(command.hogwild(1, *self.saving(*options)), 65, "hogwild", "run.h5",
                           "run.prev.h5", "start anew")

    def test_with_nothing_held_out(self):
        """There is no validation loss to save."""
        options = ("--strategy", "sequential", "--validation-fraction", 0)
        self.check(command.hogwild(1, *self.saving(*options, "--epochs", 3)))
        self.check(command.hogwild(1, *self.saving(*options, "--epochs", 6)))
        assert command.read_json_lines(self.log)[-1]["epoch"] == 6

    def test_what_is_not_finite_is_not_saved(self):
        self.check(command.hogwild(1, *self.saving("--iterations", 5, "--strategy", "sequential")))
        saved = self.file.read_bytes()
        outcome = command.hogwild(1, *self.saving(
            "--iterations", 4000, "--strategy", "sequential", "--learning-rate", "1e300",
            "--checkpoint-every", "0.000001", "--evaluate-every", "0"))
        self.check_refused(outcome, 1, "hogwild", "INVALID", "not finite")
        assert command.read_json_lines(self.log)[-1]["event"] == "result"
        newest = command.inspect(self.file)[0]
        assert self.file.read_bytes() == saved or newest["iteration"] < 4000

    def test_usage(self):
        for says, options in (("--resume needs --checkpoint", ("--resume",)),
                              ("--max-time needs --checkpoint", ("--max-time", "5m")),
                              ("--evaluate-later", ("--checkpoint", self.file,
                                                    "--evaluate-later")),
                              ("--max-time 5x", ("--checkpoint", self.file, "--max-time", "5x")),
                              ("--checkpoint-every 0e", ("--checkpoint", self.file,
                                                         "--checkpoint-every", "0e")),
                              ("same file", ("--checkpoint", self.model, "--model",
                                             self.model))):
            with self.subtests.test(says=says):
                self.check_refused(command.hogwild(None, *self.words(*options)), 2, "hogwild", says)


class TestStop(CheckpointTest):
    def running(self, ranks, *options):
        """A run that has saved at least once."""
        process = command.start(
            command.hogwild_command(ranks, *self.saving(*FOR_EVER, "--checkpoint-every", "0.05",
                                                        *options)),
            stderr=self.stderr)
        self.at_end(command.end_group, process)
        deadline = time.monotonic() + 30
        while not self.file.exists():
            assert process.poll() is None, (self.dir / "stderr").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return process

    @pytest.mark.parametrize("strategy", STRATEGIES)
    def test_sigusr1_in_every_strategy(self, strategy):
        for path in self.dir.glob("run*"):
            path.unlink()
        process = self.running(
            1 if strategy == "sequential" else min(3, command.MOST_RANKS),
            "--strategy", strategy)
        process.send_signal(signal.SIGUSR1)
        code = process.wait(30)
        if code != 0 or not command.launcher_forgets_codes():
            assert code == STOPPED
        last = command.read_json_lines(self.log)[-1]
        assert (last["event"], last["reason"]) == ("stop", "SIGUSR1")
        saved = command.inspect(self.file)[0]
        assert saved["iteration"] == last["iteration"]
        assert "to go on, with --resume:" in (self.dir / "stderr").read_text()

    def test_sigterm_to_mpirun_leaves_a_checkpoint(self):
        process = self.running(2)
        before = command.inspect(self.file)[0]["samples"]
        time.sleep(0.3)
        process.terminate()
        process.wait(30)
        assert command.inspect(self.file)[0]["samples"] > before
        assert not self.model.exists()

    def test_a_second_signal_ends_at_once(self):
        process = self.running(1, "--strategy", "sequential")
        ranks = self.ranks()
        assert ranks, "no rank found"
        for pid in ranks:
            os.kill(pid, signal.SIGSTOP)  # both signals before it can look
            os.kill(pid, signal.SIGUSR1)
            os.kill(pid, signal.SIGTERM)
            os.kill(pid, signal.SIGCONT)
        assert process.wait(30) not in (0, STOPPED)
        assert command.inspect(self.file)[0]["schema"] == "hogwild.checkpoint"

    def test_without_a_checkpoint_signals_end_the_run(self):
        process = command.start(command.hogwild_command(1, *self.words(*FOR_EVER)))
        self.at_end(command.end_group, process)
        time.sleep(1.5)
        process.terminate()
        code = process.wait(30)
        if not command.launcher_forgets_codes():
            assert code not in (0, STOPPED)

    def test_a_second_run_on_the_same_checkpoint_is_refused(self):
        process = self.running(1)
        outcome = command.hogwild(1, *self.words("--checkpoint", self.file, "--iterations", 5))
        self.check_refused(outcome, 73, "hogwild", "run.h5")
        process.kill()  # the rank dies with mpirun, and its lock with it
        process.wait(30)
        deadline = time.monotonic() + 30
        while True:
            outcome = command.hogwild(1, *self.words("--checkpoint", self.file, "--iterations", 5))
            if outcome.code != 73 or time.monotonic() > deadline:
                break
        self.check(outcome)


class TestKilled(CheckpointTest):
    def test_a_valid_checkpoint_whenever_it_is_killed(self):
        """SIGKILL of all processes at random moments of back-to-back saves."""
        draw = random.Random(5)
        iteration = -1
        for kill in range(12):
            words = command.hogwild_command(
                2, *self.saving(*FOR_EVER, "--checkpoint-every", "0.000001", "--strategy",
                                "lock-free"))
            process = command.start(words, stderr=self.stderr)
            self.at_end(command.end_group, process)
            deadline = time.monotonic() + 30
            while not (self.file.exists() and self.log.exists()):
                assert time.monotonic() < deadline
                assert process.poll() is None, (self.dir / "stderr").read_text()
                time.sleep(0.005)
            time.sleep(0.6 + draw.uniform(0.0, 0.3) if kill > 0 else 0.2)
            os.killpg(process.pid, signal.SIGKILL)
            for pid in self.ranks():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.wait(30)
            self.wait_for_death()
            whole = []
            for path in (self.file, self.dir / "run.prev.h5"):
                if command.tool("hdf5_inspect", "--json", path).code == 0:
                    whole.append(command.inspect(path)[0]["iteration"])
            assert whole, f"kill {kill}: no checkpoint is whole"
            assert max(whole) >= iteration
            iteration = max(whole)
        assert [] == [n for n in self.names() if n.endswith(".h5") and "run" not in n]

    def wait_for_death(self):
        deadline = time.monotonic() + 30
        while self.ranks():
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def test_an_error_of_one_rank_alone_ends_the_job(self):
        """MPI fails on one rank; the others are waiting for it and cannot know."""
        shim = command.BIN / "mpi_fault.so"
        if not shim.exists():
            pytest.skip("mpi_fault.so was not built")
        words = command.hogwild_command(2, *self.saving(*FOR_EVER, "--checkpoint-every",
                                                        "0.000001"))
        at = words.index(command.BIN / "hogwild")
        words[at:at] = ["env", f"LD_PRELOAD={shim}", "HOGWILD_FAIL_CALL=60"]
        outcome = command.run(words, timeout=30)
        assert outcome.code not in (0, STOPPED), str(outcome)
        assert "hogwild: rank 1: MPI_Allreduce" in outcome.err
        assert command.inspect(self.file)[0]["schema"] == "hogwild.checkpoint"
        assert not self.model.exists()

    def test_a_full_disk_keeps_the_last_checkpoint(self):
        folder = self.dir / "disk"
        folder.mkdir()
        words = command.hogwild_command(1, *self.words(
            "--checkpoint", folder / "run.h5", "--iterations", 40, "--checkpoint-every", "0.000001",
            "--evaluate-every", 1))
        codes = set()
        for size in range(16_384, 180_000, 32_768):
            outcome, left = command.on_small_disk(folder, size, words)
            codes.add(outcome.code)
            assert outcome.code in (0, 73, 74), str(outcome)
            assert command.own_files(left) == [], str(outcome)
        assert 0 in codes
        assert 74 in codes
