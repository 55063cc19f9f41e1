"""`hogwild sweep` goes on where it was stopped, in one run or in shares."""
import json
import os
import re
import signal
import subprocess
import time

import pytest

import command
from sweep_case import CCAT, GRID, SHORT, SweepTest

pytestmark = [pytest.mark.mpi, pytest.mark.slow]


class TestResuming(SweepTest):
    GRID = (*GRID, "--repetitions", "2", "--strategy", "sequential")

    def keys(self, name="state.jsonl"):
        return [json.dumps(line["key"], sort_keys=True) for line in self.state(name)]

    def trained(self, outcome):
        return len(re.findall(r"(?m)^training \d+ of \d+.*: (objective|\w+: )", outcome.err))

    def test_a_second_start_trains_nothing(self):
        first = self.sweep(2, *self.GRID, "--state", "state.jsonl", "--csv", "sweep.csv")
        assert self.trained(first) == 12
        text, rows = (self.dir / "state.jsonl").read_text(), self.csv()
        for ranks in (None, 3):
            again = self.sweep(ranks, *self.GRID, "--state", "state.jsonl", "--csv", "sweep.csv")
            assert self.trained(again) == 0
            assert (self.dir / "state.jsonl").read_text() == text
            assert self.csv() == rows
            assert again.out == first.out
        assert self.names() == ["state.jsonl", "sweep.csv"]

    def test_the_state_is_found_by_content(self):
        """Other numerals, another name of the data, the same training."""
        self.sweep(2, *self.GRID, "--state", "state.jsonl")
        os.symlink(self.train_set, self.dir / "elsewhere.h5")
        again = self.sweep(2, "--train", "elsewhere.h5", *CCAT, "--learning-rate", "5e-2,.01,0.20",
                           "--lambda", "0.01,0.00001", *SHORT, "--repetitions", "2", "--strategy",
                           "sequential", "--state", "state.jsonl")
        assert self.trained(again) == 0
        for change in (("--bias", "off"), ("--seed", "3"), ("--test", self.test_set)):
            more = self.sweep(2, *self.GRID, *change, "--state", "state.jsonl")
            assert self.trained(more) == 12, change

    def test_other_data_under_the_same_name(self):
        train = ("--train", "data.h5", *CCAT)
        for seed in (1, 2):
            command.convert(command.make_documents(200, seed=seed), self.dir / "data.h5")
            outcome = self.sweep(None, *train, *GRID, "--state", "state.jsonl")
            assert self.trained(outcome) == 6

    def test_a_larger_grid_trains_what_is_new(self):
        self.sweep(2, *self.GRID, "--state", "state.jsonl")
        larger = [word.replace("0.01,", "0.01,0.1,") for word in self.GRID]
        outcome = self.sweep(2, *larger, "--repetitions", "3", "--state", "state.jsonl",
                             code=2)  # given twice
        larger[larger.index("--repetitions") + 1] = "3"
        outcome = self.sweep(2, *larger, "--state", "state.jsonl", "--csv", "sweep.csv")
        assert self.trained(outcome) == 2 * 4 * 3 - 12
        assert len(self.csv()) == 24
        assert len(set(self.keys())) == 24

    def test_killed_half_way(self):
        grid = [word.replace("20", "6000") if i else word for i, word in enumerate(self.GRID)]
        grid[grid.index("--iterations") + 1] = "6000"
        whole = self.sweep(2, *grid, "--state", "whole.jsonl", "--csv", "whole.csv")
        process = command.start(
            command.hogwild_command(2, *self.words(*grid, "--state", "state.jsonl", "--csv",
                                                   "sweep.csv")),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.dir)
        state = self.dir / "state.jsonl"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            if state.exists() and state.read_bytes().count(b"\n") >= 3:
                break
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.wait_until_unlocked()
        done = state.read_bytes().count(b"\n")
        assert 3 <= done < 12, f"{done} of 12 before it was killed"
        assert "sweep.csv" not in self.names()
        with open(state, "ab") as file:  # and in the middle of a line
            file.write(state.read_bytes().splitlines()[0][:200])
        again = self.sweep(2, *grid, "--state", "state.jsonl", "--csv", "sweep.csv")
        assert self.trained(again) == 12 - done
        assert self.validation() == self.validation("whole.csv")
        assert self.best(again)[:-2] == self.best(whole)[:-2]
        lines = state.read_bytes().splitlines()
        assert len(lines) == 13
        assert self.trained(self.sweep(2, *grid, "--state", "state.jsonl")) == 0

    def wait_until_unlocked(self):
        """The ranks notice a moment later that mpirun is gone, each at another time: rank 0 holds
        the lock, and the others may still add lines."""
        import fcntl
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with open(self.dir / ".state.jsonl.hogwild-lock", "w") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    time.sleep(0.02)
        size = None
        while size != (self.dir / "state.jsonl").stat().st_size and time.monotonic() < deadline:
            size = (self.dir / "state.jsonl").stat().st_size
            time.sleep(0.5)

    def test_a_torn_line_is_trained_again(self):
        self.sweep(None, *GRID, "--state", "state.jsonl", "--csv", "whole.csv", "--strategy",
                   "sequential")
        state = self.dir / "state.jsonl"
        state.write_bytes(state.read_bytes()[:-30])
        outcome = self.sweep(None, *GRID, "--state", "state.jsonl", "--csv", "sweep.csv",
                             "--strategy", "sequential")
        assert self.trained(outcome) == 1
        assert self.validation() == self.validation("whole.csv")
        again = self.sweep(None, *GRID, "--state", "state.jsonl", "--strategy", "sequential")
        assert self.trained(again) == 0

    def test_a_damaged_line(self):
        self.sweep(None, *GRID, "--state", "state.jsonl")
        state = self.dir / "state.jsonl"
        whole = state.read_text()
        lines = whole.splitlines(keepends=True)
        for damaged in (lines[1].replace(":", ";", 1), lines[1][1:], "what?\n", "{}\n",
                        lines[1].replace('"verdict"', '"vverdict"'), "[]\n",
                        re.sub(r'"exit_code":\d+', '"exit_code":99999999999', lines[1]),
                        re.sub(r'"exit_code":\d+', '"exit_code":' + "[" * 9999 + "]" * 9999,
                               lines[1])):
            state.write_text(lines[0] + damaged + "".join(lines[2:]))
            self.refused(None, 65, *GRID, "--state", "state.jsonl", says=["state.jsonl:2: "])
            self.refused(None, 65, *GRID, "--merge", "state.jsonl", says=["state.jsonl:2: "])
        self.refused(2, 65, *GRID, "--state", "state.jsonl", says=["state.jsonl:2: "])
        assert self.names() == ["state.jsonl"]

    def test_a_failure_of_the_machine_is_tried_again(self):
        self.sweep(None, *GRID, "--state", "state.jsonl")
        lines = self.state()
        lines[2].update(verdict="FAILED: not enough memory", exit_code=71)
        lines[3].update(verdict="FAILED: one class only", exit_code=65)
        (self.dir / "state.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        outcome = self.sweep(None, *GRID, "--state", "state.jsonl", "--csv", "sweep.csv")
        assert self.trained(outcome) == 1
        assert [row["verdict"] for row in self.csv()].count("VALID") == 5

    def test_a_second_start_at_the_same_time(self):
        long = ("--learning-rate", "0.01,0.02", "--iterations", "100000000", "--patience", "0")
        process = command.start(
            command.hogwild_command(None, *self.words(*long, "--state", "state.jsonl", "--csv",
                                                      "sweep.csv", "--quiet")), cwd=self.dir)
        try:
            deadline = time.monotonic() + 20
            while not (self.dir / "state.jsonl").exists() and time.monotonic() < deadline:
                time.sleep(0.02)
            for output in (("--state", "state.jsonl"), ("--csv", "sweep.csv")):
                self.refused(2, 73, *long, *output, says=[output[1], "another run"])
        finally:
            command.end_group(process)


class TestShares(SweepTest):
    GRID = (*GRID, "--repetitions", "2", "--strategy", "sequential")

    def train_shares(self, *numbers, count=3):
        for i in numbers:
            outcome = self.sweep(2, *self.GRID, "--points", f"{i}/{count}", "--state",
                                 f"share{i}.jsonl", "--csv", f"share{i}.csv")
            assert f"share {i} of {count}: 2 of 6 points" in outcome.out
        return [f"share{i}.jsonl" for i in numbers]

    def test_shares_make_the_whole(self):
        whole = self.sweep(2, *self.GRID, "--csv", "whole.csv")
        states = self.train_shares(1, 2, 3)
        assert [sorted({int(row["point"]) for row in self.csv(f"share{i}.csv")})
                for i in (1, 2, 3)] == [[1, 4], [2, 5], [3, 6]]
        for ranks in (None, 2):
            merged = self.sweep(ranks, *self.GRID, "--merge", *states, "--csv", "sweep.csv",
                                "--state", "all.jsonl")
            assert merged.err == ""
            assert self.validation() == self.validation("whole.csv")
            assert self.best(merged)[:-2] == self.best(whole)[:-2]
            assert len(self.state("all.jsonl")) == 12
        larger = [word.replace("0.01,", "0.01,0.1,") for word in self.GRID]
        outcome = self.sweep(2, *larger, "--state", "all.jsonl")
        assert "16 trainings, 12 of them done before" in outcome.err

    def test_a_share_is_missing(self):
        states = self.train_shares(1, 3)
        self.refused(2, 75, *self.GRID, "--merge", *states, "--csv", "sweep.csv", "--state",
                     "all.jsonl", says=["4 of 12", "--lambda 1e-5 --learning-rate 0.05 --seed 1"])
        assert "sweep.csv" not in self.names()
        outcome = self.sweep(2, *self.GRID, "--state", "all.jsonl", "--csv", "sweep.csv")
        assert "training 4 of 4: " in outcome.err
        assert len(self.csv()) == 12

    def test_more_shares_than_points(self):
        outcome = self.sweep(2, *self.GRID, "--points", "7/8", "--state", "state.jsonl", "--csv",
                             "sweep.csv")
        assert "no points" in outcome.out
        assert self.csv() == []

    def test_merge_into_a_share(self):
        states = self.train_shares(1, 2, 3)
        self.sweep(None, *self.GRID, "--merge", *states, "--state", states[0])
        assert len(self.state(states[0])) == 12

    def test_merge_of_what_is_not_there(self):
        self.refused(None, 66, *GRID, "--merge", "none.jsonl", says=["none.jsonl"])
