"""`hogwild sweep`: the grid, what is selected, what a second start does, shares."""
import csv
import itertools
import json
import os
import re
import shlex
import signal
import statistics
import subprocess
import time

import pytest

import command

pytestmark = [pytest.mark.mpi, pytest.mark.slow]
CCAT = ("--category", "CCAT")
SHORT = ("--batch-size", "20", "--iterations", "20")
GRID = ("--learning-rate", "0.01,0.05,0.2", "--lambda", "1e-5,1e-2", *SHORT)
TEST = ("test_objective", "test_accuracy", "test_accuracy_positive", "test_accuracy_negative")


class SweepTest(command.Case):
    @classmethod
    def setup_class(cls):
        cls.train_set = command.convert(command.make_documents(600), cls.shared / "train.h5",
                                        "--shuffle-seed", "1")
        cls.test_set = command.convert(command.make_documents(200, seed=2, first_id=50_000),
                                       cls.shared / "test.h5")

    def words(self, *options):
        if "--train" not in options:
            options = ("--train", self.train_set, *CCAT, *options)
        return ("sweep", *options)

    def sweep(self, ranks, *options, code=0):
        outcome = command.hogwild(ranks, *self.words(*options), cwd=self.dir)
        return self.check(outcome, code)

    def refused(self, ranks, code, *options, says=()):
        outcome = command.hogwild(ranks, *self.words(*options), cwd=self.dir)
        self.check_refused(outcome, code, "hogwild", *says)

    def csv(self, name="sweep.csv"):
        with open(self.dir / name, newline="") as file:
            return list(csv.DictReader(file))

    def state(self, name="state.jsonl"):
        return command.read_json_lines(self.dir / name)

    def validation(self, name="sweep.csv"):
        """Of every training: its options and seed, and what came of it."""
        return {(row["lambda"], row["learning-rate"], row["seed"]):
                (row["validation_objective"], row["validation_accuracy"]) for row in self.csv(name)}

    def best(self, outcome):
        """The values in the marked row of the table."""
        rows = [line.split() for line in outcome.out.splitlines() if line.startswith("*  ")]
        assert len(rows) == 1, str(outcome)
        return rows[0][1:]


class TestGrid(SweepTest):
    def test_every_point_is_what_train_makes_of_it(self):
        """One rank is deterministic, in groups as alone."""
        options = (*GRID, "--strategy", "sequential", "--repetitions", "2", "--test", self.test_set)
        self.sweep(3, *options, "--csv", "sweep.csv", "--seed", "5")
        rows = self.csv()
        assert [(row["lambda"], row["learning-rate"], row["seed"]) for row in rows] == list(
            itertools.product(("1e-5", "1e-2"), ("0.01", "0.05", "0.2"), ("5", "6"))
        )
        assert [int(row["point"]) for row in rows] == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6]
        assert [int(row["repetition"]) for row in rows] == [1, 2] * 6
        for row in rows[::3]:
            self.check(command.hogwild(
                None, "train", "--train", self.train_set, *CCAT, *SHORT, "--strategy", "sequential",
                "--lambda", row["lambda"], "--learning-rate", row["learning-rate"], "--seed",
                row["seed"], "--test", self.test_set, "--log", "run.jsonl", cwd=self.dir))
            result = command.read_json_lines(self.dir / "run.jsonl")[-1]
            for key in ("validation_objective", "validation_accuracy", "epoch", *TEST):
                assert float(row[key]) == result[key], key
            for key in ("stop_reason", "verdict"):
                assert row[key] == result[key]
            assert int(row["samples"]) == result["samples"]

    @pytest.mark.parametrize(
        "ranks, each, idle",
        [(None, 1, 0), (2, 1, 0), (2, 2, 0), (3, 2, 1), (4, 1, 0), (4, 2, 0), (4, 3, 1)],
    )
    def test_ranks_and_groups(self, ranks, each, idle):
        outcome = self.sweep(ranks, *GRID, "--ranks-per-point", str(each), "--csv",
                             "sweep.csv", "--state", f"{ranks}-{each}.jsonl")
        assert [row["verdict"] for row in self.csv()] == ["VALID"] * 6
        assert {int(row["samples"]) for row in self.csv()} == {20 * 20 * each}
        lines = self.state(f"{ranks}-{each}.jsonl")
        assert [line["ranks"] for line in lines] == [each] * 6
        assert ("idle" in outcome.err) == (idle > 0)

    def test_groups_share_memory_among_themselves_only(self):
        """Two ranks in turns give the same bits again: unless another group writes there too."""
        options = (*GRID, "--strategy", "round-robin", "--ranks-per-point", "2", "--csv")
        self.sweep(2, *options, "alone.csv")
        self.sweep(6, *options, "sweep.csv")
        assert self.validation("alone.csv") == self.validation()

    def test_any_option_can_be_a_dimension(self):
        self.sweep(2, *SHORT, "--strategy", "lock-free,locked, sequential", "--precision",
                   "double,float", "--validation-fraction", "0.1,0.2", "--csv", "sweep.csv")
        rows = self.csv()
        assert {
            (row["validation-fraction"], row["precision"], row["strategy"]) for row in rows
        } == set(
            itertools.product(
                ("0.1", "0.2"), ("double", "float"), ("lock-free", "locked", "sequential")
            )
        )
        assert list(rows[0])[:5] == [
            "point",
            "validation-fraction",
            "precision",
            "strategy",
            "repetition",
        ]

    def test_a_grid_of_one_point(self):
        outcome = self.sweep(2, *SHORT, "--repetitions", "3", "--csv", "sweep.csv")
        assert [row["seed"] for row in self.csv()] == ["1", "2", "3"]
        assert len({row["validation_objective"] for row in self.csv()}) == 3
        assert "3/3" in outcome.out

    def test_config(self):
        (self.dir / "grid.ini").write_text(
            "learning-rate = 0.01, 0.05\nlambda = 1e-5,1e-2\niterations = 20\nbatch-size = 20\n"
            "repetitions = 2\nevaluate-train = true\nquiet = false\n")
        self.sweep(2, "--config", "grid.ini", "--csv", "sweep.csv", "--state", "state.jsonl")
        assert len(self.csv()) == 8
        assert self.state()[0]["key"]["options"]["evaluate-train"] == "true"
        self.sweep(2, "--config", "grid.ini", "--csv", "sweep.csv", "--lambda", "0.5", "--epochs",
                   "1,2", "--repetitions", "1")  # replaces the file's iterations
        assert [(row["learning-rate"], row["epochs"], row["epoch"]) for row in self.csv()] == [
            ("0.01", "1", "1"),
            ("0.01", "2", "2"),
            ("0.05", "1", "1"),
            ("0.05", "2", "2"),
        ]

    def test_names_with_commas(self):
        train = command.convert(command.make_documents(200), self.dir / "a, b.h5")
        self.sweep(None, "--train", train, *CCAT, *SHORT, "--csv", "a, b.csv")
        assert "a, b.csv" in self.names()

    def test_the_papers_grid(self):
        outcome = self.sweep(
            2,
            "--config",
            command.SOURCE / "jobs/settings/paper_grid.ini",
            "--repetitions",
            "1",
            "--iterations",
            "1",
        )
        assert "[40/40]" in outcome.err


class TestSelection(SweepTest):
    def test_table(self):
        outcome = self.sweep(2, *GRID, "--repetitions", "3", "--csv", "sweep.csv", "--strategy",
                             "sequential")
        lines = outcome.out.splitlines()
        assert lines[0].split() == ["lambda", "learning-rate", "objective", "accuracy",
                                    "train", "s", "valid"]
        points = {}
        for row in self.csv():
            points.setdefault((row["lambda"], row["learning-rate"]), []).append(row)
        expected = []
        for point, rows in points.items():
            cells = []
            for key, digits in (("validation_objective", 5), ("validation_accuracy", 4)):
                values = [float(row[key]) for row in rows]
                cells += [f"{statistics.mean(values):.{digits}f}", "±",
                          f"{statistics.stdev(values):.{digits}f}"]
            expected.append([*point, *cells])
        expected.sort(key=lambda cells: float(cells[2]))
        shown = [line.replace("*", " ").split() for line in lines[1:7]]
        assert [cells[:-2] for cells in shown] == expected
        assert {cells[-1] for cells in shown} == {"3/3"}
        assert [line[0] for line in lines[1:7]] == ["*"] + [" "] * 5

    def test_the_best_can_be_pasted(self):
        outcome = self.sweep(2, *GRID, "--strategy", "sequential", "--csv", "sweep.csv", "--seed",
                             "3", "--evaluate-train")
        best = self.best(outcome)
        words = shlex.split(outcome.out.splitlines()[-1])
        assert words[:5] == ["mpirun", "-np", "1", "hogwild", "train"]
        assert "--evaluate-train" in words
        self.check(command.hogwild(None, *words[4:], "--log", "run.jsonl", cwd=self.dir))
        result = command.read_json_lines(self.dir / "run.jsonl")[-1]
        assert f"{result['validation_objective']:.5f}" == best[2]

    def test_the_best_as_settings(self):
        best = self.best(self.sweep(2, *GRID, "--strategy", "sequential", "--best", "best.ini"))
        self.check(command.hogwild(None, "train", "--config", "best.ini", "--log", "run.jsonl",
                                   cwd=self.dir))
        result = command.read_json_lines(self.dir / "run.jsonl")[-1]
        assert f"{result['validation_objective']:.5f}" == best[2]
        assert self.names() == ["best.ini", "run.jsonl"]

    def test_select(self):
        """A regularizer that weighs much has a large objective, however accurate the model."""
        grid = ("--learning-rate", "0.001,0.5", "--lambda", "0,5", *SHORT, "--strategy",
                "sequential", "--csv", "sweep.csv")
        for select, better in (("objective", min), ("accuracy", max)):
            best = self.best(self.sweep(2, *grid, "--select", select))
            rows = {(row["lambda"], row["learning-rate"]): float(row["validation_" + select])
                    for row in self.csv()}
            assert rows[tuple(best[:2])] == better(rows.values()), select

    def test_test_results_have_no_say(self):
        """The test labels are upside down: what validates best tests worst."""
        documents = [d._replace(topics=("ECAT",) if "CCAT" in d.topics else ("CCAT",))
                     for d in command.make_documents(200, seed=2, first_id=50_000)]
        upside_down = command.convert(documents, self.dir / "test.h5")
        for select in ("objective", "accuracy"):
            options = (*GRID, "--strategy", "sequential", "--select", select, "--csv", "sweep.csv")
            best = self.best(self.sweep(2, *options))
            assert [name for name in self.csv()[0] if name.startswith("test")] == []
            outcome = self.sweep(2, *options, "--test", upside_down)
            assert self.best(outcome)[:-2] == best[:-2]  # all but the seconds
            tests = {(row["lambda"], row["learning-rate"]): float(row["test_accuracy"])
                     for row in self.csv()}
            assert tests[tuple(best[:2])] < max(tests.values())
            assert "test" not in outcome.out.splitlines()[0]

    def test_a_point_that_diverges(self):
        outcome = self.sweep(2, "--learning-rate", "1e200,0.05", *SHORT, "--repetitions", "2",
                             "--csv", "sweep.csv", "--state", "state.jsonl")
        assert self.best(outcome)[0] == "0.05"
        assert "0/2" in outcome.out
        bad = [row for row in self.csv() if row["learning-rate"] == "1e200"]
        for row in bad:
            assert row["verdict"].startswith("INVALID: the weights are not finite")
            assert row["validation_objective"] == ""
        assert outcome.err.count("INVALID") == 2
        again = self.sweep(2, "--learning-rate", "1e200,0.05", *SHORT, "--repetitions", "2",
                           "--state", "state.jsonl")
        assert "[1/" not in again.err
        assert len(self.state()) == 4

    def test_a_point_that_diverges_once_is_not_selected(self):
        options = (*GRID, "--repetitions", "3", "--strategy", "sequential", "--state",
                   "state.jsonl")
        best = self.best(self.sweep(None, *options))
        lines = command.read_json_lines(self.dir / "state.jsonl")
        chosen = [line for line in lines
                  if all(float(line["key"]["options"][name]) == float(value)
                         for name, value in zip(("lambda", "learning-rate"), best))]
        assert len(chosen) == 3
        worst = max(chosen, key=lambda line: line["validation_objective"])
        worst.update(verdict="INVALID: diverged", exit_code=1)  # the others do even better
        (self.dir / "state.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        again = self.sweep(None, *options)
        assert self.best(again)[:2] != best[:2]
        assert "2/3" in again.out

    def test_no_point_is_valid(self):
        outcome = self.sweep(2, "--learning-rate", "1e200,1e250", *SHORT, "--csv", "sweep.csv",
                             code=1)
        assert "no point is VALID" in outcome.own_lines()[-1]
        assert len(self.csv()) == 2
        assert "mpirun" not in outcome.out

    def test_a_training_that_fails_for_itself(self):
        """With so much held out some splits leave one class only: that is these trainings' end."""
        options = ("--validation-fraction", "0.99,0.1", *SHORT, "--repetitions", "4")
        self.sweep(2, *options, "--csv", "sweep.csv", "--state", "state.jsonl",
                   "--train", self.lopsided(), *CCAT)
        verdicts = [row["verdict"] for row in self.csv() if row["validation-fraction"] == "0.99"]
        failed = [v for v in verdicts if v.startswith("FAILED: ") and "nothing to tell apart" in v]
        assert len(failed) > 0
        assert {line["exit_code"] for line in self.state()} == {0, 65}

    def lopsided(self):
        documents = command.make_documents(300)
        few = [d for d in documents if "CCAT" in d.topics][:8]
        rest = [d for d in documents if "CCAT" not in d.topics]
        return command.convert(sorted(few + rest), self.dir / "lopsided.h5")


class TestResuming(SweepTest):
    GRID = (*GRID, "--repetitions", "2", "--strategy", "sequential")

    def keys(self, name="state.jsonl"):
        return [json.dumps(line["key"], sort_keys=True) for line in self.state(name)]

    def trained(self, outcome):
        return len(re.findall(r"(?m)^\[\d+/\d+\]", outcome.err))

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
        """The ranks notice a moment later that mpirun is gone."""
        import fcntl
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with open(self.dir / ".state.jsonl.hogwild-lock", "w") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    time.sleep(0.02)
        time.sleep(0.3)

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
        assert "[4/4]" in outcome.err
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


class TestRefusals(SweepTest):
    def test_grids(self):
        self.refused(2, 2, "--strategy", "lock-free,bogus", says=["point 2 of 2", "bogus"])
        for options, says in [
                (("--strategy", "lock-free,bogus"), ["point 2 of 2", "--strategy bogus"]),
                (("--learning-rate", "0.1,,0.2"), ["--learning-rate", "empty"]),
                (("--learning-rate", "0.1,0.2,"), ["--learning-rate", "empty"]),
                (("--learning-rate", ","), ["--learning-rate", "empty"]),
                (("--learning-rate", "0.1,0.2,1e-1"), ["--learning-rate", "1e-1", "twice"]),
                (("--lambda", "1,2", "--loss", "hinge,hinge"), ["--loss", "twice"]),
                (("--learning-rate", "0.1,0"), ["point 2 of 2", "--learning-rate"]),
                (("--learning-rate", "0.1,x"), ["point 2 of 2", "learning-rate", "x"]),
                (("--batch-size", "1,2.5"), ["point 2 of 2", "batch-size"]),
                (("--iterations", "3", "--epochs", "1,2"), ["point 1 of 2", "exclude"]),
                (("--regularizer", "seed,scalar", "--regularization", "aggregated"),
                 ["point 2 of 2", "scalar"]),
                (("--seed", "1,2"), ["--seed", "--repetitions"]),
                (("--validation-fraction", "0"), ["--validation-fraction"]),
                (("--validation-fraction", "0.1,0"), ["point 2 of 2", "--validation-fraction"]),
                (("--evaluate-every", ",".join(map(str, range(1000))), "--iterations",
                  ",".join(map(str, range(1, 1000)))), ["points"]),
                (("--patience", "1,2", "--repetitions", "60000"), ["trainings"])]:
            with self.subtests.test(options=options):
                self.refused(None, 2, *options, "--state", "state.jsonl", "--csv", "sweep.csv",
                             says=says)
        assert self.names() == []

    def test_own_options(self):
        for options, says in [
                (("--ranks-per-point", "3"), ["--ranks-per-point 3", "2 ranks"]),
                (("--ranks-per-point", "0"), ["--ranks-per-point"]),
                (("--repetitions", "0"), ["--repetitions"]),
                (("--repetitions", "2", "--seed", "9223372036854775807"), ["--seed"]),
                (("--points", "0/3"), ["--points 0/3"]), (("--points", "4/3"), ["--points 4/3"]),
                (("--points", "1"), ["--points 1"]), (("--points", "1/2x"), ["--points 1/2x"]),
                (("--points", "1/2", "--merge", "a.jsonl"), ["--points", "--merge"]),
                (("--select", "test"), ["--select", "objective, accuracy"]),
                (("--log", "a.jsonl"), ["log"]), (("--model", "a.h5"), ["model"]),
                (("--dump-config",), ["dump-config"]), (("--learning", "1"), ["learning"]),
                (("extra",), ["extra"]),
                (("--csv", "a", "--state", "./a"), ["--csv a", "--state ./a"]),
                (("--csv", "a", "--best", "./a"), ["--csv a", "--best ./a"]),
                (("--strategy", "downpour", "--servers", "1,2", "--ranks-per-point", "2"),
                 ["--servers 2", "none of 2 ranks"]),
                (("--strategy", "lock-free,sequential", "--ranks-per-point", "2"),
                 ["--strategy sequential", "one rank"])]:
            with self.subtests.test(options=options):
                ranks = 2 if "--ranks-per-point" in options else None
                self.refused(ranks, 2, *options, says=says)
        self.refused(2, 2, "--train", self.train_set, says=["category"])
        outcome = command.hogwild(2, "sweep", *CCAT)
        self.check_refused(outcome, 2, "hogwild", "--train")

    def test_data(self):
        self.refused(2, 66, "--train", "none.h5", *CCAT, says=["none.h5"])
        self.refused(2, 65, "--train", self.train_set, "--category", "XYZ", says=["XYZ"])
        self.refused(2, 66, "--test", "none.h5", says=["none.h5"])
        self.refused(2, 66, "--config", "none.ini", says=["none.ini"])

    def test_nothing_held_out(self):
        self.refused(2, 2, "--validation-fraction", "0.1,0.0001", "--state", "state.jsonl",
                     says=["--validation-fraction 0.0001", "600"])

    def test_outputs(self):
        (self.dir / "folder").mkdir()
        for output in (("--csv", "folder"), ("--state", "folder"), ("--csv", "none/a.csv"),
                       ("--state", "none/a.jsonl"), ("--state", "/dev/null")):
            with self.subtests.test(output=output):
                self.refused(None, 73, *GRID, *output, says=[output[1]])
        self.refused(2, 73, *GRID, "--csv", "folder", says=["folder"])
        for option in ("--csv", "--state", "--best"):
            self.refused(None, 2, *GRID, option, self.train_set, says=["is an input"])
        assert self.names() == ["folder"]

    def test_a_full_disk(self):
        """The line that says why; what was finished before is in the state."""
        outcome, _ = command.on_small_disk(
            self.dir, 20480, command.hogwild_command(
                2, *self.words("--learning-rate", ",".join(f"0.{i}" for i in range(10, 99)),
                               *SHORT, "--state", "state.jsonl", "--quiet")))
        self.check_refused(outcome, 74, "hogwild", "state.jsonl")

    def test_quiet(self):
        outcome = self.sweep(2, *GRID, "--quiet", "--csv", "sweep.csv")
        assert (outcome.out, outcome.err) == ("", "")

    def test_help(self):
        text = self.check(command.hogwild(None, "sweep", "--help")).out
        for option in ("repetitions", "ranks-per-point", "select", "csv", "best", "state", "points",
                       "merge"):
            assert re.search(rf"(?m)^ +--{option}( |$)", text)
        assert "hogwild sweep " in text
