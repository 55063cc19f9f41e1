"""The benchmarks of jobs/research: a small run of each, and what they
refuse."""
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
                                      "benchmark_wide", "compare_untuned"))
    @pytest.mark.parametrize("code, says, words", (
        (2, "--repeats", ("--repeats", "0")),
        (2, "unrecognized arguments", ("--fast",)),
        (66, "build first", ("--build-dir", "/nowhere"))))
    def test_refused(self, name, code, says, words):
        self.check_refused(self.script(name, *words), code, name, says)
