"""`hogwild bench-exchange`: its table and JSON, the fit, and what it refuses."""
import json

import pytest

import command

pytestmark = [pytest.mark.mpi]
OPERATIONS = ("ping_pong", "allreduce", "iallreduce", "overlapped", "visible")
SHORT = ("--seconds", "0.01", "--max-bytes", "131072")


class TestBenchExchange(command.Case):
    def bench(self, ranks, *options, code=0):
        return self.check(command.hogwild(ranks, "bench-exchange", *options, cwd=self.dir), code)

    def report(self, ranks):
        assert self.bench(ranks, *SHORT, "--quiet", "--json", "exchange.json").out == ""
        return json.loads((self.dir / "exchange.json").read_text())

    def test_report(self):
        report = self.report(2)
        assert (report["schema"], report["version"]) == ("hogwild.bench-exchange", 1)
        assert (report["ranks"], report["nodes"], report["participants"]) == (2, 1, 2)
        assert abs(report["poll_seconds"] - 1e-4) < 5e-8
        for name in OPERATIONS:
            rows = report[name]["rows"]
            assert [row["bytes"] for row in rows] == [8 * 4 ** k for k in range(8)], name
            assert all(row["seconds"] > 0 for row in rows), name
        for name in OPERATIONS[:3]:
            assert report[name]["alpha_seconds"] > 0, name
            assert report[name]["beta_seconds_per_byte"] > 0, name
        for name in OPERATIONS[3:]:  # noise may be larger than what they cost
            assert report[name]["alpha_seconds"] >= 0, name
            assert report[name]["beta_seconds_per_byte"] >= 0, name

    def test_no_other_line_fits_better(self):
        operation = self.report(2)["ping_pong"]
        alpha, beta = operation["alpha_seconds"], operation["beta_seconds_per_byte"]

        def errors(a, b):
            return [(a + b * row["bytes"]) / row["seconds"] - 1 for row in operation["rows"]]

        def squares(a, b):
            return sum(error * error for error in errors(a, b))

        best = squares(alpha, beta)
        for a, b in ((1.01, 1), (0.99, 1), (1, 1.01), (1, 0.99), (1.01, 0.99), (0.99, 1.01)):
            assert best <= squares(a * alpha, b * beta) * (1 + 1e-9)
        assert (
            abs(operation["largest_relative_error"] - max(map(abs, errors(alpha, beta))))
            < 5e-7
        )

    def test_table_and_more_ranks(self):
        outcome = self.bench(3, *SHORT)
        for words in ("3 ranks on 1 node", *OPERATIONS, "alpha us", "beta ns/B"):
            assert words in outcome.out
        lines = outcome.out.splitlines()
        table = lines[2:next(k for k, line in enumerate(lines) if "overlapped:" in line)]
        assert len(table) == 1 + 8 + 3  # headers, sizes, the fit
        assert {len(line) for line in table} == {10 + 5 * 13}
        assert table[-1].count(" %") == 5
        assert self.report(3)["participants"] == 3

    def test_refused(self):
        for ranks, says, more in ((1, "two ranks", ()), (None, "two ranks", ()),
                                  (2, "--max-bytes", ("--max-bytes", "8")),
                                  (2, "--max-bytes", ("--max-bytes", "2000000000")),
                                  (2, "--poll-us", ("--poll-us", "0")),
                                  (2, "--poll-us", ("--poll-us", "nan")),
                                  (2, "--seconds", ("--seconds", "-1")),
                                  (2, "--train", ("--train", "x"))):
            with self.subtests.test(more=more, ranks=ranks):
                self.check_refused(command.hogwild(ranks, "bench-exchange", *more, cwd=self.dir), 2,
                                   "hogwild", says)
        self.check_refused(
            command.hogwild(2, "bench-exchange", "--json", "no/x.json", cwd=self.dir),
            73,
            "hogwild",
            "no/x.json",
        )
