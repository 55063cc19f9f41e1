"""jobs/research/experiments: the statistics, times to a target, and one experiment from end to
end."""
import csv
import json
import math
import os
import signal
import subprocess
import sys
import time
import xml.dom.minidom

import pytest

import command

pytestmark = [pytest.mark.mpi]
EXPERIMENTS = command.SOURCE / "jobs/research/experiments"
INFINITE = math.inf


class TestStatistics:
    def setup_method(self):
        command.need("numpy")
        import stats
        self.stats = stats

    def test_quantiles(self):
        stats = self.stats
        assert stats.median([3, 1, 2]) == 2
        assert stats.median([4, 1, 2, 3]) == 2.5
        assert stats.quartiles([1, 2, 3, 4, 5]) == (2, 3, 4)
        assert math.isnan(stats.median([]))

    def test_quantiles_with_runs_that_never_got_there(self):
        median = self.stats.median
        assert median([1, INFINITE, 2]) == 2
        assert median([1, INFINITE, INFINITE]) == INFINITE
        assert median([1, 2, INFINITE, INFINITE]) == INFINITE
        assert median([INFINITE, INFINITE]) == INFINITE
        assert self.stats.quartiles([1, 2, 3, INFINITE]) == (1.75, 2.5, INFINITE)

    def test_time_to_target(self):
        points = [(1, 0.1, 0.5), (2, 0.2, 0.09), (3, 0.3, 0.2), (4, 0.4, 0.01)]
        to_target = self.stats.time_to_target
        assert to_target(points, 0.1) == (2, 0.2)  # the first time, though it gets worse
        assert to_target(points, 0.01) == (4, 0.4)  # the target itself counts
        assert to_target(points, 0.001) == (INFINITE, INFINITE)
        assert to_target([], 0.1) == (INFINITE, INFINITE)

    def test_a_run_that_diverged_never_gets_there(self):
        gap = self.stats.relative_gap
        assert abs(gap(1.1, 1.0, 1.0) - 0.1) < 5e-8
        # from the dual value, by the primal one
        assert abs(gap(2.2, 1.98, 2.0) - 0.11) < 5e-8
        for objective in (None, math.nan, INFINITE):
            assert gap(objective, 1.0, 1.0) == INFINITE

    def test_bootstrap_ratio(self):
        ratio = self.stats.bootstrap_ratio
        estimate, low, high = ratio([2.0, 2.2, 1.8, 2.1, 1.9], [1.0, 1.1, 0.9, 1.05, 0.95])
        assert abs(estimate - 2.0) < 5e-8
        assert abs(low - 2.0) < 5e-8  # pair by pair exactly twice as long: no doubt is left
        assert abs(high - 2.0) < 5e-8
        estimate, low, high = ratio([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [5] * 10)
        assert abs(estimate - 1.1) < 5e-8
        assert 0.4 <= low < 1.1 < high <= 1.8, (low, high)
        assert ratio([1, 2, 3], [4, 5, 6]) == ratio([1, 2, 3], [4, 5, 6])
        with pytest.raises(ValueError):
            ratio([1], [1, 2])

    def test_bootstrap_ratio_counts_failures(self):
        ratio = self.stats.bootstrap_ratio
        estimate, low, high = ratio([1, INFINITE, 2, INFINITE, INFINITE], [1] * 5)
        assert (estimate, high) == (INFINITE, INFINITE)
        assert low < INFINITE
        assert ratio([1, 1, 1], [INFINITE] * 3) == (0.0, 0.0, 0.0)
        assert all(map(math.isnan, ratio([INFINITE] * 3, [INFINITE] * 3)))
        estimate, low, high = ratio([3], [2])
        assert estimate == 1.5
        assert math.isnan(low) and math.isnan(high)

    def test_paired_difference(self):
        difference, error = self.stats.paired_difference([1, 1, 1, 0], [1, 1, 0, 1])
        assert difference == 0.0
        assert abs(error - math.sqrt(0.5 / 4)) < 5e-8
        assert self.stats.paired_difference([1, 0, 1], [1, 0, 1]) == (0.0, 0.0)
        mean, error = self.stats.mean_paired_difference([([1, 1, 1, 1], [1, 1, 1, 0])] * 2)
        assert mean == 0.25
        assert error > 0.0  # the seeds agree, the documents are few


class TestFairComparison:
    """What the comparison makes of logs."""

    def setup_method(self):
        command.need("numpy", "matplotlib", "h5py", "scipy")
        import fair.contest
        import fair.tables
        self.fair = fair

    def record(self, seed, objectives, verdict="VALID"):
        from runner import Record
        rows = [{"epoch": i + 1, "train_seconds": 0.5 * (i + 1), "train_objective": objective}
                for i, objective in enumerate(objectives)]
        return Record({"label": "locked", "ranks": 2, "seed": seed, "oversubscribed": False,
                       "options": {"learning-rate": "0.1"}, "evaluations": rows,
                       "result": {"verdict": verdict, "train_seconds": 2.0, "epoch": 4.0}})

    def test_outcome(self):
        from optimum import Optimum
        from stats import median
        optimum = Optimum(documents=100, dual=1.0, primal=1.0, seconds=0.0)
        runs = [self.record(1, [1.5, 1.05, 1.009, 1.0005]), self.record(2, [1.5, 1.2, 1.08, 1.02]),
                self.record(3, [1.5, 1.0001, None, 1.3], verdict="INVALID: weights")]
        outcome = self.fair.contest.Outcome.measure(runs, optimum)
        assert outcome.seconds[0.1] == [1.0, 1.5, INFINITE]
        assert outcome.epochs[0.01] == [3, INFINITE, INFINITE]
        assert outcome.seconds[0.001] == [2.0, INFINITE, INFINITE]
        assert outcome.reached(0.01) == "1/3"
        assert median(outcome.seconds[0.01]) == INFINITE
        assert outcome.seconds_per_epoch == [0.5, 0.5, 0.5]
        assert outcome.last_gap[2] == INFINITE
        assert self.fair.tables.ratio_text(outcome.seconds[0.01], [1, 1, 1], "x") == "not reached"

    def test_competitors_take_turns(self):
        from runner import interleaved
        jobs = interleaved((lambda seed, name=name: (name, seed) for name in "abcdef"), (1, 2, 3))
        assert [seed for _, seed in jobs] == [1] * 6 + [2] * 6 + [3] * 6
        orders = [[name for name, _ in jobs[i:i + 6]] for i in (0, 6, 12)]
        assert all(sorted(order) == list("abcdef") for order in orders)
        assert len(set(map(tuple, orders))) > 1

    def test_files_are_replaced_without_touching_others(self, folder):
        from runner import Failure, write_file
        (folder / "report.md.part").write_text("mine")
        (folder / "real.md").write_text("old")
        (folder / "real.md").chmod(0o600)
        (folder / "report.md").symlink_to("real.md")
        write_file(folder / "report.md", "new")
        assert (folder / "report.md").is_symlink()
        assert (folder / "real.md").read_text() == "new"
        assert (folder / "real.md").stat().st_mode & 0o777 == 0o600
        before = os.umask(0o027)
        write_file(folder / "new.png", b"\x89PNG")
        os.umask(before)
        assert (folder / "new.png").stat().st_mode & 0o777 == 0o640
        with pytest.raises(Failure):
            write_file(folder / "none/report.md", "new")
        assert (folder / "report.md.part").read_text() == "mine"
        assert sorted(p.name for p in folder.iterdir()) == [
            "new.png",
            "real.md",
            "report.md",
            "report.md.part",
        ]

    def test_liblinear_models_of_either_orientation(self, folder):
        from optimum import read_weights
        model = ("solver_type L2R_L1LOSS_SVC_DUAL\nnr_class 2\nlabel {}\nnr_feature 2\nbias 1\nw\n"
                 "0.5 \n-1 \n0.25 \n")
        for label, sign in (("1 -1", 1), ("-1 1", -1)):
            (folder / "model").write_text(model.format(label))
            assert list(read_weights(folder / "model", 4)) == [sign * v for v in (0.5, -1, 0, 0.25)]


class TestEndToEnd(command.Case):
    @classmethod
    def setup_class(cls):
        command.need("matplotlib", "numpy", "scipy", "sklearn", "h5py")
        documents = command.make_documents(700)
        cls.train = command.convert(documents[:500], cls.shared / "train.h5")
        cls.test = command.convert(documents[500:], cls.shared / "test.h5")

    def arguments(self, *more):
        return [sys.executable, EXPERIMENTS / "run.py", "--bin", command.BIN, "--train", self.train,
                "--test", self.test, "--output", self.dir / "out", *more]

    def run_experiments(self, *more, code=0):
        return self.check(command.run(self.arguments(*more), timeout=120), code)

    def test_one_experiment(self):
        outcome = self.run_experiments("--quick", "--only", "spark", "--cores", "2")
        assert "report.md" in outcome.out
        out = self.dir / "out"
        names = sorted(p.name for p in out.iterdir())
        assert names == [".lock", "report.md", "runs.jsonl", "spark.csv", "spark.jsonl",
                         "spark.md", "spark.png", "spark.svg"]
        runs = command.read_json_lines(out / "spark.jsonl")
        assert len(runs) == 10
        assert all(run["result"]["verdict"] == "VALID" for run in runs)
        assert {(run["ranks"], run["oversubscribed"]) for run in runs} == {
            (1, False),
            (2, False),
            (4, True),
            (8, True),
        }
        assert all(run["pinned"] != run["oversubscribed"] for run in runs)
        assert str(self.shared) not in (out / "spark.jsonl").read_text()
        with open(out / "spark.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == 10
        assert min(float(row["seconds_per_100_iterations"]) for row in rows) > 0
        report = (out / "report.md").read_text()
        for words in ("## Spark", "| 137.5 ", "8 †", "**Reading.**",
                      "![seconds per 100 iterations](spark.png)", "hogwild 0."):
            assert words in report
        assert (out / "spark.png").read_bytes().startswith(b"\x89PNG")
        xml.dom.minidom.parse(str(out / "spark.svg"))

        # Again: nothing is run twice.
        before = (out / "runs.jsonl").read_text()
        again = self.run_experiments("--quick", "--only", "spark", "--cores", "2")
        assert (out / "runs.jsonl").read_text() == before
        assert "seed 1" not in again.err
        # A line that a crash cut off, and one that is gone: those two are run again, no others.
        lines = before.splitlines(keepends=True)
        (out / "runs.jsonl").write_text("".join(lines[1:-1]) + lines[-1][:50] + "\n")
        again = self.run_experiments("--quick", "--only", "spark", "--cores", "2")
        assert again.err.count("seed 1") == 2, str(again)

    def test_interrupted(self):
        process = command.start(self.arguments("--only", "figure1", "--cores", "2"),
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                universal_newlines=True)
        store = self.dir / "out/runs.jsonl"
        deadline = time.monotonic() + 60
        while not (store.exists() and store.stat().st_size) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
        assert process.returncode == 130, err
        assert "experiments: interrupted" in err
        assert sorted(p.name for p in (self.dir / "out").iterdir()) == [".lock", "runs.jsonl"]
        for line in store.read_text().splitlines():
            json.loads(line)

    def test_refused(self):
        for code, says, more in [(2, "figure9", ("--only", "figure9")),
                                 (2, "names no", ("--only", ",")),
                                 (66, "nowhere.h5", ("--train", "nowhere.h5", "--only", "spark")),
                                 (66, "build first", ("--bin", "/nowhere")),
                                 (65, "GCAT", ("--category", "GCAT", "--only", "spark"))]:
            with self.subtests.test(more=more):
                outcome = self.run_experiments(*more, code=code)
                own = [
                    line for line in outcome.err.splitlines() if line.startswith("experiments: ")
                ]
                assert len(own) == 1, str(outcome)
                assert says in own[0]
        (self.dir / "file").write_text("")
        outcome = command.run([*self.arguments(), "--output", self.dir / "file"])
        self.check_refused(outcome, 73, "experiments", "file")

    def test_the_script_refuses(self):
        script = command.SOURCE / "jobs/research/experiments.sh"
        for code, says, more in [(2, "unrecognized arguments: --fast", ("--fast",)),
                                 (2, "--only: expected one argument", ("--only",)),
                                 (2, "belong together", ("--train", "a.h5")),
                                 (2, "exclude", ("--rcv1", "a", "--train", "a", "--test", "b")),
                                 (66, "fetch_rcv1.sh", ("--rcv1", self.dir))]:
            with self.subtests.test(more=more):
                outcome = command.run(["bash", script, *more],
                                      env={**os.environ, "HOGWILD_SKIP_PACKAGES": "1"})
                self.check_refused(outcome, code, "experiments", says)
