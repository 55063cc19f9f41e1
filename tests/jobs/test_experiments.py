"""jobs/research/experiments: the statistics, times to a target, and one experiment from end to end."""
import csv
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time
import unittest
import xml.dom.minidom
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import command  # noqa: E402

EXPERIMENTS = command.SOURCE / "jobs/research/experiments"
sys.path.insert(0, str(EXPERIMENTS))
INFINITE = math.inf


class Statistics(unittest.TestCase):
    def setUp(self):
        command.need("numpy")
        import stats
        self.stats = stats

    def test_quantiles(self):
        stats = self.stats
        self.assertEqual(stats.median([3, 1, 2]), 2)
        self.assertEqual(stats.median([4, 1, 2, 3]), 2.5)
        self.assertEqual(stats.quartiles([1, 2, 3, 4, 5]), (2, 3, 4))
        self.assertTrue(math.isnan(stats.median([])))

    def test_quantiles_with_runs_that_never_got_there(self):
        median = self.stats.median
        self.assertEqual(median([1, INFINITE, 2]), 2)
        self.assertEqual(median([1, INFINITE, INFINITE]), INFINITE)
        self.assertEqual(median([1, 2, INFINITE, INFINITE]), INFINITE)
        self.assertEqual(median([INFINITE, INFINITE]), INFINITE)
        self.assertEqual(self.stats.quartiles([1, 2, 3, INFINITE]), (1.75, 2.5, INFINITE))

    def test_time_to_target(self):
        points = [(1, 0.1, 0.5), (2, 0.2, 0.09), (3, 0.3, 0.2), (4, 0.4, 0.01)]
        to_target = self.stats.time_to_target
        self.assertEqual(to_target(points, 0.1), (2, 0.2))  # the first time, though it gets worse
        self.assertEqual(to_target(points, 0.01), (4, 0.4))  # the target itself counts
        self.assertEqual(to_target(points, 0.001), (INFINITE, INFINITE))
        self.assertEqual(to_target([], 0.1), (INFINITE, INFINITE))

    def test_a_run_that_diverged_never_gets_there(self):
        gap = self.stats.relative_gap
        self.assertAlmostEqual(gap(1.1, 1.0, 1.0), 0.1)
        self.assertAlmostEqual(gap(2.2, 1.98, 2.0), 0.11)  # from the dual value, by the primal one
        for objective in (None, math.nan, INFINITE):
            self.assertEqual(gap(objective, 1.0, 1.0), INFINITE)

    def test_bootstrap_ratio(self):
        ratio = self.stats.bootstrap_ratio
        estimate, low, high = ratio([2.0, 2.2, 1.8, 2.1, 1.9], [1.0, 1.1, 0.9, 1.05, 0.95])
        self.assertAlmostEqual(estimate, 2.0)
        self.assertAlmostEqual(low, 2.0)  # pair by pair exactly twice as long: no doubt is left
        self.assertAlmostEqual(high, 2.0)
        estimate, low, high = ratio([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [5] * 10)
        self.assertAlmostEqual(estimate, 1.1)
        self.assertTrue(0.4 <= low < 1.1 < high <= 1.8, (low, high))
        self.assertEqual(ratio([1, 2, 3], [4, 5, 6]), ratio([1, 2, 3], [4, 5, 6]))
        with self.assertRaises(ValueError):
            ratio([1], [1, 2])

    def test_bootstrap_ratio_counts_failures(self):
        ratio = self.stats.bootstrap_ratio
        estimate, low, high = ratio([1, INFINITE, 2, INFINITE, INFINITE], [1] * 5)
        self.assertEqual((estimate, high), (INFINITE, INFINITE))
        self.assertLess(low, INFINITE)
        self.assertEqual(ratio([1, 1, 1], [INFINITE] * 3), (0.0, 0.0, 0.0))
        self.assertTrue(all(map(math.isnan, ratio([INFINITE] * 3, [INFINITE] * 3))))
        estimate, low, high = ratio([3], [2])
        self.assertEqual(estimate, 1.5)
        self.assertTrue(math.isnan(low) and math.isnan(high))

    def test_paired_difference(self):
        difference, error = self.stats.paired_difference([1, 1, 1, 0], [1, 1, 0, 1])
        self.assertEqual(difference, 0.0)
        self.assertAlmostEqual(error, math.sqrt(0.5 / 4))
        self.assertEqual(self.stats.paired_difference([1, 0, 1], [1, 0, 1]), (0.0, 0.0))
        mean, error = self.stats.mean_paired_difference([([1, 1, 1, 1], [1, 1, 1, 0])] * 2)
        self.assertEqual(mean, 0.25)
        self.assertGreater(error, 0.0)  # the seeds agree, the documents are few


class FairComparison(unittest.TestCase):
    """What the comparison makes of logs."""

    def setUp(self):
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
        self.assertEqual(outcome.seconds[0.1], [1.0, 1.5, INFINITE])
        self.assertEqual(outcome.epochs[0.01], [3, INFINITE, INFINITE])
        self.assertEqual(outcome.seconds[0.001], [2.0, INFINITE, INFINITE])
        self.assertEqual(outcome.reached(0.01), "1/3")
        self.assertEqual(median(outcome.seconds[0.01]), INFINITE)
        self.assertEqual(outcome.seconds_per_epoch, [0.5, 0.5, 0.5])
        self.assertEqual(outcome.last_gap[2], INFINITE)
        self.assertEqual(self.fair.tables.ratio_text(outcome.seconds[0.01], [1, 1, 1], "x"), "not reached")

    def test_competitors_take_turns(self):
        from runner import interleaved
        jobs = interleaved((lambda seed, name=name: (name, seed) for name in "abcdef"), (1, 2, 3))
        self.assertEqual([seed for _, seed in jobs], [1] * 6 + [2] * 6 + [3] * 6)
        orders = [[name for name, _ in jobs[i:i + 6]] for i in (0, 6, 12)]
        self.assertTrue(all(sorted(order) == list("abcdef") for order in orders))
        self.assertGreater(len(set(map(tuple, orders))), 1)

    def test_files_are_replaced_without_touching_others(self):
        from runner import Failure, write_file
        folder = Path(command.tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, folder)
        (folder / "report.md.part").write_text("mine")
        (folder / "real.md").write_text("old")
        (folder / "real.md").chmod(0o600)
        (folder / "report.md").symlink_to("real.md")
        write_file(folder / "report.md", "new")
        self.assertTrue((folder / "report.md").is_symlink())
        self.assertEqual((folder / "real.md").read_text(), "new")
        self.assertEqual((folder / "real.md").stat().st_mode & 0o777, 0o600)
        before = os.umask(0o027)
        write_file(folder / "new.png", b"\x89PNG")
        os.umask(before)
        self.assertEqual((folder / "new.png").stat().st_mode & 0o777, 0o640)
        self.assertRaises(Failure, write_file, folder / "none/report.md", "new")
        self.assertEqual((folder / "report.md.part").read_text(), "mine")
        self.assertEqual(sorted(p.name for p in folder.iterdir()),
                         ["new.png", "real.md", "report.md", "report.md.part"])

    def test_liblinear_models_of_either_orientation(self):
        from optimum import read_weights
        folder = Path(command.tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, folder)
        model = ("solver_type L2R_L1LOSS_SVC_DUAL\nnr_class 2\nlabel {}\nnr_feature 2\nbias 1\nw\n"
                 "0.5 \n-1 \n0.25 \n")
        for label, sign in (("1 -1", 1), ("-1 1", -1)):
            (folder / "model").write_text(model.format(label))
            self.assertEqual(list(read_weights(folder / "model", 4)),
                             [sign * v for v in (0.5, -1, 0, 0.25)])


class EndToEnd(command.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
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
        self.assertIn("report.md", outcome.out)
        out = self.dir / "out"
        names = sorted(p.name for p in out.iterdir())
        self.assertEqual(names, [".lock", "report.md", "runs.jsonl", "spark.csv", "spark.jsonl",
                                 "spark.md", "spark.png", "spark.svg"])
        runs = command.read_json_lines(out / "spark.jsonl")
        self.assertEqual(len(runs), 10)
        self.assertTrue(all(run["result"]["verdict"] == "VALID" for run in runs))
        self.assertEqual({(run["ranks"], run["oversubscribed"]) for run in runs},
                         {(1, False), (2, False), (4, True), (8, True)})
        self.assertTrue(all(run["pinned"] != run["oversubscribed"] for run in runs))
        self.assertNotIn(str(self.shared), (out / "spark.jsonl").read_text())
        with open(out / "spark.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(len(rows), 10)
        self.assertGreater(min(float(row["seconds_per_100_iterations"]) for row in rows), 0)
        report = (out / "report.md").read_text()
        for words in ("## Spark", "| 137.5 |", "8 †", "**Reading.**",
                      "![seconds per 100 iterations](spark.png)", "hogwild 0."):
            self.assertIn(words, report)
        self.assertTrue((out / "spark.png").read_bytes().startswith(b"\x89PNG"))
        xml.dom.minidom.parse(str(out / "spark.svg"))

        # Again: nothing is run twice.
        before = (out / "runs.jsonl").read_text()
        again = self.run_experiments("--quick", "--only", "spark", "--cores", "2")
        self.assertEqual((out / "runs.jsonl").read_text(), before)
        self.assertNotIn("seed 1", again.err)
        # A line that a crash cut off, and one that is gone: those two are run again, no others.
        lines = before.splitlines(keepends=True)
        (out / "runs.jsonl").write_text("".join(lines[1:-1]) + lines[-1][:50] + "\n")
        again = self.run_experiments("--quick", "--only", "spark", "--cores", "2")
        self.assertEqual(again.err.count("seed 1"), 2, str(again))

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
        self.assertEqual(process.returncode, 130, err)
        self.assertIn("experiments: interrupted", err)
        self.assertEqual(sorted(p.name for p in (self.dir / "out").iterdir()), [".lock", "runs.jsonl"])
        for line in store.read_text().splitlines():
            json.loads(line)

    def test_refused(self):
        for code, says, more in [(2, "figure9", ("--only", "figure9")),
                                 (2, "names no", ("--only", ",")),
                                 (66, "nowhere.h5", ("--train", "nowhere.h5", "--only", "spark")),
                                 (66, "build first", ("--bin", "/nowhere")),
                                 (65, "GCAT", ("--category", "GCAT", "--only", "spark"))]:
            with self.subTest(more=more):
                outcome = self.run_experiments(*more, code=code)
                own = [line for line in outcome.err.splitlines() if line.startswith("experiments: ")]
                self.assertEqual(len(own), 1, str(outcome))
                self.assertIn(says, own[0])
        (self.dir / "file").write_text("")
        outcome = command.run([*self.arguments(), "--output", self.dir / "file"])
        self.check_refused(outcome, 73, "experiments", "file")

    def test_the_script_refuses(self):
        script = command.SOURCE / "jobs/research/experiments.sh"
        for code, says, more in [(2, "unknown option --fast", ("--fast",)),
                                 (2, "--only needs a value", ("--only",)),
                                 (2, "belong together", ("--train", "a.h5")),
                                 (2, "exclude", ("--rcv1", "a", "--train", "a", "--test", "b")),
                                 (66, "fetch_rcv1.sh", ("--rcv1", self.dir))]:
            with self.subTest(more=more):
                outcome = command.run(["bash", script, *more],
                                      env={**os.environ, "HOGWILD_SKIP_PACKAGES": "1"})
                self.check_refused(outcome, code, "experiments", says)


if __name__ == "__main__":
    command.main()
