"""jobs/research/compare_peers.sh on small data: the table has what it promises, bad options are refused."""
import json
import os
import shutil
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import command  # noqa: E402

SCRIPT = command.SOURCE / "jobs/research/compare_peers.sh"


class ComparePeers(command.TestCase):
    def peers(self, *options, **settings):
        command.need("sklearn", "scipy")
        if shutil.which("liblinear-train") is None:
            self.skipTest("LIBLINEAR is not installed")
        return command.run(["bash", SCRIPT, "--build-dir", command.BIN.parent, "--output-dir",
                            self.dir, *options], timeout=120,
                           env={**os.environ, "HOGWILD_SKIP_PACKAGES": "1"}, **settings)

    def test_table(self):
        train = command.convert(command.make_documents(400), self.dir / "train.h5",
                                "--shuffle-seed", "1")
        test = command.convert(command.make_documents(200, seed=2), self.dir / "test.h5")
        outcome = self.check(self.peers("--train", train, "--test", test, "--ranks", "1 2",
                                        "--repeats", "1"))
        report = json.loads((self.dir / "peers.json").read_text())
        best = report["optimum"]
        self.assertLessEqual(best["lower"], best["upper"])
        self.assertLess(best["upper"] - best["lower"], 1e-3 * best["upper"])
        values = report["measurements"]
        for name in ("sklearn", "liblinear", "ours 1", "ours 2"):
            self.assertGreater(values[f"{name} test_accuracy"][0], 0.9, name)
            # nobody is below the lower bound: the same objective for all
            self.assertGreaterEqual(values[f"{name} train_objective"][0], best["lower"], name)
        for name in ("sklearn", "ours 1", "ours 2"):
            self.assertGreater(values[f"{name} train_seconds"][0], 0, name)
            self.assertIn(f"{name} epochs_to_gap", values)
        rows = [row["what"] for row in report["table"]]
        self.assertIn("speed-up of hogwild, 2 ranks over hogwild, 1 rank", rows)
        markdown = (self.dir / "peers.md").read_text()
        for row in rows:
            self.assertIn(row, outcome.out)
            self.assertIn(f"| {row} |", markdown)
        self.assertTrue(report["machine"]["cpu"])
        self.assertIn(report["machine"]["cpu"], markdown)

    def test_refusals(self):
        for options in ((), ("--train", "t.h5"), ("--rcv1", "d", "--train", "t.h5"),
                        ("--train", "t.h5", "--test", "e.h5", "--ranks", "x"),
                        ("--train", "t.h5", "--test", "e.h5", "--repeats", "0"),
                        ("--unknown",)):
            with self.subTest(options=options):
                self.check(self.peers(*options), 2)


if __name__ == "__main__":
    command.main()
