"""jobs/research/compare_peers.sh on small data: the table has what it promises, bad options are
refused."""
import json
import os
import re
import shutil

import pytest

import command

pytestmark = [pytest.mark.mpi]
SCRIPT = command.SOURCE / "jobs/research/compare_peers.sh"


class TestComparePeers(command.Case):
    def peers(self, *options, **settings):
        command.need("sklearn", "scipy")
        if shutil.which("liblinear-train") is None:
            pytest.skip("LIBLINEAR is not installed")
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
        assert best["lower"] <= best["upper"]
        assert best["upper"] - best["lower"] < 1e-3 * best["upper"]
        values = report["measurements"]
        for name in ("sklearn", "liblinear", "ours 1", "ours 2"):
            assert values[f"{name} test_accuracy"][0] > 0.9, name
            # nobody is below the lower bound: the same objective for all
            assert values[f"{name} train_objective"][0] >= best["lower"], name
        for name in ("sklearn", "ours 1", "ours 2"):
            assert values[f"{name} train_seconds"][0] > 0, name
            assert f"{name} epochs_to_gap" in values
        rows = [row["what"] for row in report["table"]]
        assert "speed-up of hogwild, 2 ranks over hogwild, 1 rank" in rows
        markdown = (self.dir / "peers.md").read_text()
        for row in rows:
            assert row in outcome.out
            assert re.search(rf"(?m)^\| {re.escape(row)} +\|", markdown), markdown
        assert report["machine"]["cpu"]
        assert report["machine"]["cpu"] in markdown

    @pytest.mark.parametrize(
        "options",
        (
            (),
            ("--train", "t.h5"),
            ("--rcv1", "d", "--train", "t.h5"),
            ("--train", "t.h5", "--test", "e.h5", "--ranks", "x"),
            ("--train", "t.h5", "--test", "e.h5", "--repeats", "0"),
            ("--unknown",),
        ),
    )
    def test_refusals(self, options):
        self.check(self.peers(*options), 2)
