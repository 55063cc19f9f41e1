"""The benchmarks of jobs/research: a small run of each, and what they
refuse."""
import argparse
import json
import re

import pytest

import command

pytestmark = [pytest.mark.mpi]


class TestBenchmarks(command.Case):
    def script(self, name, *words):
        return command.run(["bash", command.SOURCE / f"jobs/research/{name}.sh", "--build-dir",
                            command.BIN.parent, *words], timeout=120)

    def test_a_line_for_each_lambda(self):
        outcome = self.check(self.script("benchmark_lambda", "--documents", "2000",
                                         "--repeats", "2", "--lambdas", "1e-3 1e-4"))
        rows = re.findall(r"(?m)^(1e-\d) +([\d.]+) +([\d.]+) +0\.\d+ +[01]\.\d+$", outcome.out)
        assert [row[0] for row in rows] == ["1e-3", "1e-4"], str(outcome)
        assert min(float(row[2]) for row in rows) == 1.0

    def test_a_line_for_each_gap_and_number_of_ranks(self):
        command.need("sklearn", "h5py", "scipy")
        outcome = self.check(self.script("benchmark_dual", "--documents", "2000", "--repeats", "1",
                                         "--gaps", "1e-1 1e-2", "--ranks", "1 3"))
        rows = re.findall(r"(?m)^(1e-\d) +([13]) +(\d+) +([\d.]+) +[\d.]+ +[\d.]+ +[\d.]+$",
                          outcome.out)
        assert [row[:2] for row in rows] == [("1e-1", "1"), ("1e-1", "3"), ("1e-2", "1"),
                                             ("1e-2", "3")], str(outcome)
        for row in rows:
            assert 1 <= float(row[3]) <= int(row[2])
        assert "liblinear-multicore and snapml are left out: --peers-python" in outcome.out

    def test_a_python_without_solvers(self):
        """What PyPI has is asked for by a name; a Python without the modules is an error."""
        command.need("sklearn", "h5py", "scipy")
        empty = self.dir / "python"
        empty.write_text("#!/bin/sh\nexit 1\n")
        empty.chmod(0o755)
        outcome = self.script("benchmark_dual", "--documents", "500", "--repeats", "1",
                              "--peers-python", empty)
        self.check_refused(outcome, 66, "benchmark_dual", "lacks numpy or scipy")

    def test_all_categories_beside_peers(self):
        """MCAT cannot be learnt; the targets are so loose that each peer reaches them."""
        command.need("sklearn", "h5py", "scipy", "jinja2", "tabulate")
        for name, size, seed in (("train", 600, 1), ("test", 200, 2)):
            command.convert(command.make_documents(size, seed=seed), self.dir / f"{name}.h5")
        outcome = self.check(self.script(
            "benchmark_categories", "--train", self.dir / "train.h5", "--test",
            self.dir / "test.h5", "--lambda", "1e-2", "--lambdas", "1e-2 1e-3", "--repeats", "1",
            "--splits", "2"))
        assert "; 3 categories, 600 training and 200 test documents, lambda 1e-2" in outcome.out
        number = r"\d+\.\d+"
        rows = re.findall(rf"(?m)^(\S.*?)  +{number}  +(?:{number}|-)  +({number})  +(0\.\d+)"
                          rf"  +0\.\d+  +{number}  +{number}$", outcome.out)
        objectives = {row[0]: float(row[1]) for row in rows}
        own = [f"{name}, {ranks} rank(s)"
               for name in ("dual", "fast.ini", "fast.ini, bfloat16") for ranks in (1, 2)]
        assert list(objectives)[:6] == own, str(outcome)
        assert abs(objectives[own[4]] / objectives[own[2]] - 1) < 0.01, str(outcome)
        theirs = [row for row in objectives if row.startswith(("LinearSVC", "SGDClassifier"))]
        for row in theirs:
            for name in re.search(r"as good as (.*)\)", row).group(1).split(", "):
                assert objectives[row] <= objectives[f"{name}, 1 rank(s)"] + 1e-6, str(outcome)
        assert any(row.startswith("LinearSVC") for row in theirs)
        for row in theirs:
            assert abs(objectives[row] / objectives["dual, 1 rank(s)"] - 1) < 0.02, str(outcome)
        assert len(re.findall(r"(?m)^1e-[23](?:  +0\.\d{4}){4}$", outcome.out)) == 4, str(outcome)
        verdicts = re.findall(r"(?m)^(micro|macro) F1, best of LinearSVC: (0\.\d+) .* ours: "
                              r"(0\.\d+) .*below by more than 0\.003$", outcome.out)
        assert [verdict[0] for verdict in verdicts] == ["micro", "macro"] * 2, str(outcome)
        for _, peer, ours in verdicts:
            assert abs(float(peer) - float(ours)) < 0.05, str(outcome)

    def test_thresholds_of_categories(self):
        np = command.need("numpy")
        from benchmark_categories import threshold_of
        scores = np.array([0.0, 2.0, 3.0, 1.0, 2.0])
        for truth, expected in (
                ((0, 1, 1, 0, 0), 1.5),  # of equal scores both are predicted
                ((0, 0, 1, 0, 0), 2.5),
                ((0, 0, 0, 0, 0), 3.0),  # the highest score
                ((1, 1, 1, 1, 1), np.nextafter(0.0, -1.0))):
            assert threshold_of(scores, np.array(truth, bool)) == expected, truth
        rare = np.arange(40) == 0  # the lowest of 40 scores: F1 = 2 / 41
        assert threshold_of(np.arange(40.0), rare) == 39.0

    def test_held_out_documents_of_categories(self):
        """A model is as right on them as the log says; it is not on others."""
        np, *_ = command.need("numpy", "scipy", "h5py")
        import bench
        import benchmark_categories
        from datasets import Predictor
        programs = bench.Programs(command.BIN.parent, self.dir)
        train = command.convert(command.make_documents(500), self.dir / "train.h5")
        ours = benchmark_categories.Ours(programs, argparse.Namespace(train=train, test=None))
        held_out = ours.held_out(500, 3)
        model = self.dir / "model.h5"
        (*_, result), _ = programs.train_log(1, (
            "--preset", "paper", "--epochs", 1, "--seed", 3, "--validation-fraction", 0.1,
            "--model", model), train=train)
        right = Predictor(train, "CCAT").right(model)
        assert result["validation_accuracy"] == right[held_out].mean() != right[~held_out].mean()

    def test_categories_of_no_dataset(self):
        self.check_refused(self.script("benchmark_categories"), 2, "benchmark_categories",
                           "--train and --test are required")

    def test_a_line_for_each_number_of_columns(self):
        command.need("numpy")
        outcome = self.check(self.script("benchmark_wide", "--documents", "4000", "--repeats", "1",
                                         "--bits", "10 17 24", "--law", "uniform", "--no-peer"))
        rows = re.findall(r"(?m)^ *2\^(\d+) +(\d+) +([\d.]+) +([\d.]+) +- +[\d.]+ +(-|[\d.]+)$",
                          outcome.out)
        assert [row[0] for row in rows] == ["10", "17", "24"], str(outcome)
        assert rows[0][1] == "1024" and 65_536 < int(rows[1][1]) < int(rows[2][1]) <= 200_000
        for row in rows:
            assert 0 < float(row[2]) < float(row[3]), "training is part of the whole"

    def test_untuned_beside_tuned_peers(self, tmp_path):
        command.need("sklearn", "scipy")
        kept = tmp_path / "peers.json"
        words = ("--share", "0.01", "--repeats", "1", "--only", "separable", "--peers", kept)
        outcome = self.check(self.script("compare_untuned", *words))
        number = r"0\.\d{4}"
        row = re.search(rf"(?m)^\| separable \| 1400 × 40 \| .*: {number} {number} {number} "
                        + rf"\| ({number}) ({number}) ({number}) " * 3
                        + r"\| [\d.e-]+ \| ([\d.e-]+) \|", outcome.out)
        assert row, str(outcome)
        assert all(float(measure) > 0.95 for measure in row.groups()[:9])
        assert float(row.group(10)) <= 1e-3
        peers = json.loads(kept.read_text())
        assert list(peers) == ["separable, 1400 documents"]
        peers["separable, 1400 documents"] = {"measures": [0.5, 0.25, 0.125], "setting": "any"}
        kept.write_text(json.dumps(peers))
        again = self.check(self.script("compare_untuned", *words))
        assert "| any: 0.5000 0.2500 0.1250 |" in again.out, "the grid is not tried again"

    def test_a_build_compared_with_itself(self):
        outcome = self.check(self.script("compare_builds", "--old", command.BIN.parent, "--ranks",
                                         "1", "--documents", "2000", "--repeats", "1"))
        rows = re.findall(r"(?m)^([a-z-]+) (float|double) 1 +([\d.]+) +([\d.]+)$", outcome.out)
        assert len(rows) == 2 * 10, str(outcome)
        for row in rows:
            assert 0.5 < float(row[3]) < 2, "the same memory"

    @pytest.mark.parametrize("name", ("benchmark", "benchmark_lambda", "benchmark_dual",
                                      "benchmark_categories", "benchmark_wide",
                                      "compare_untuned"))
    @pytest.mark.parametrize("code, says, words", (
        (2, "--repeats", ("--repeats", "0")),
        (2, "unrecognized arguments", ("--fast",)),
        (66, "build first", ("--build-dir", "/nowhere"))))
    def test_refused(self, name, code, says, words):
        self.check_refused(self.script(name, *words), code, name, says)
