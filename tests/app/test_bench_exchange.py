"""`hogwild bench-exchange`: its table and JSON, the fit, and what it refuses."""
import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import command  # noqa: E402

OPERATIONS = ("ping_pong", "allreduce", "iallreduce", "overlapped", "visible")
SHORT = ("--seconds", "0.01", "--max-bytes", "131072")


class BenchExchange(command.TestCase):
    def bench(self, ranks, *options, code=0):
        return self.check(command.hogwild(ranks, "bench-exchange", *options, cwd=self.dir), code)

    def report(self, ranks):
        self.assertEqual(self.bench(ranks, *SHORT, "--quiet", "--json", "exchange.json").out, "")
        return json.loads((self.dir / "exchange.json").read_text())

    def test_report(self):
        report = self.report(2)
        self.assertEqual((report["schema"], report["version"]), ("hogwild.bench-exchange", 1))
        self.assertEqual((report["ranks"], report["nodes"], report["participants"]), (2, 1, 2))
        self.assertAlmostEqual(report["poll_seconds"], 1e-4)
        for name in OPERATIONS:
            rows = report[name]["rows"]
            self.assertEqual([row["bytes"] for row in rows], [8 * 4 ** k for k in range(8)], name)
            self.assertTrue(all(row["seconds"] > 0 for row in rows), name)
        for name in OPERATIONS[:3]:
            self.assertGreater(report[name]["alpha_seconds"], 0, name)
            self.assertGreater(report[name]["beta_seconds_per_byte"], 0, name)
        for name in OPERATIONS[3:]:  # noise may be larger than what they cost
            self.assertGreaterEqual(report[name]["alpha_seconds"], 0, name)
            self.assertGreaterEqual(report[name]["beta_seconds_per_byte"], 0, name)

    def test_no_other_line_fits_better(self):
        operation = self.report(2)["ping_pong"]
        alpha, beta = operation["alpha_seconds"], operation["beta_seconds_per_byte"]

        def errors(a, b):
            return [(a + b * row["bytes"]) / row["seconds"] - 1 for row in operation["rows"]]

        def squares(a, b):
            return sum(error * error for error in errors(a, b))

        best = squares(alpha, beta)
        for a, b in ((1.01, 1), (0.99, 1), (1, 1.01), (1, 0.99), (1.01, 0.99), (0.99, 1.01)):
            self.assertLessEqual(best, squares(a * alpha, b * beta) * (1 + 1e-9))
        self.assertAlmostEqual(operation["largest_relative_error"],
                               max(map(abs, errors(alpha, beta))), places=6)

    def test_table_and_more_ranks(self):
        outcome = self.bench(3, *SHORT)
        for words in ("3 ranks on 1 node", *OPERATIONS, "alpha us", "beta ns/B"):
            self.assertIn(words, outcome.out)
        self.assertEqual(self.report(3)["participants"], 3)

    def test_refused(self):
        for ranks, says, more in ((1, "two ranks", ()), (None, "two ranks", ()),
                                  (2, "--max-bytes", ("--max-bytes", "8")),
                                  (2, "--max-bytes", ("--max-bytes", "2000000000")),
                                  (2, "--poll-us", ("--poll-us", "0")),
                                  (2, "--poll-us", ("--poll-us", "nan")),
                                  (2, "--seconds", ("--seconds", "-1")),
                                  (2, "--train", ("--train", "x"))):
            with self.subTest(more=more, ranks=ranks):
                self.check_refused(command.hogwild(ranks, "bench-exchange", *more, cwd=self.dir), 2,
                                   "hogwild", says)
        self.check_refused(command.hogwild(2, "bench-exchange", "--json", "no/x.json", cwd=self.dir),
                           73, "hogwild", "no/x.json")


if __name__ == "__main__":
    command.main()
