"""What `hogwild sweep` refuses: one line, the right exit code, files as they were."""
import re

import pytest

import command
from sweep_case import CCAT, GRID, SHORT, SweepTest

pytestmark = [pytest.mark.mpi]


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
                (("--select", "test"), ["--select", "objective, loss, accuracy, f1, auc"]),
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

    def test_documents_without_labels(self):
        """One line, and no training; each would say the same."""
        command.write_text(self.dir / "t.svm", "".join(
            f"{label} {k % 5 + 1}:1\n" for k, label in enumerate(["+1", "-1"] * 50 + ["?"])))
        self.check(command.tool("svmlight_to_hdf5", "--input", "t.svm", "--output", "t.h5",
                                "--no-shuffle", "--quiet", cwd=self.dir))
        self.refused(2, 65, "--train", "t.h5", "--learning-rate", "0.1,0.2,0.3", "--state",
                     "state.jsonl", says=["t.h5: row 100: document 101 has no label"])
        assert not (self.dir / "state.jsonl").exists()

    def test_a_category_that_no_settings_can_hold(self):
        """An INI file cuts C# at its comment, and train --config would learn category C."""
        documents = [command.Document(k + 1, ((1, "0.5"), (2 + k % 3, "1")), (topic,))
                     for k, topic in enumerate(["C#", "C"] * 30)]
        data = command.convert(documents, self.dir / "t.h5")
        self.refused(1, 2, "--train", data, "--category", "C#", "--lambda", "1e-4,1e-5", "--best",
                     "best.ini", says=["--category: no INI file can hold"])
        assert self.names() == ["t.h5"]

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
