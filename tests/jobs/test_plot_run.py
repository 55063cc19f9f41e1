"""jobs/plot_run.py: curves of runs from their logs."""
import json
import subprocess
import sys

import pytest

import command

SCRIPT = command.SOURCE / "jobs/plot_run.py"


def log_rows(scale, test=True):
    rows = [{"event": "start", "schema": "hogwild.log"}]
    for epoch in (1, 2, 3):
        rows.append({"event": "evaluation", "epoch": epoch, "train_seconds": 0.5 * epoch * scale,
                     "validation_objective": scale / epoch, "validation_accuracy": 1 - 0.2 / epoch})
    rows.append({**rows[-1], "event": "result", "test_objective": 0.4 if test else None,
                 "test_accuracy": 0.9 if test else None})
    return rows


class TestPlotRun(command.Case):
    @classmethod
    def setup_class(cls):
        command.need("matplotlib")

    def log(self, name, rows):
        path = self.dir / name
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return path

    def plot(self, *arguments):
        return command.run([sys.executable, "-B", SCRIPT, *arguments], cwd=self.dir)

    def test_runs_are_compared(self):
        names = [self.log("one.jsonl", log_rows(1.0)), self.log("two.jsonl", log_rows(2.0, False))]
        for output, beginning in [("c.png", b"\x89PNG"), ("c.svg", b"<?xml"), ("c.pdf", b"%PDF")]:
            outcome = self.check(self.plot(*names, "--output", output))
            assert outcome.out == output + "\n"
            assert (self.dir / output).read_bytes().startswith(beginning)
        self.check(self.plot(names[0]))
        assert (self.dir / "run.png").exists()

    def test_points_of_a_curve(self):
        sys.path.insert(0, str(SCRIPT.parent))
        from plot_program import distinct
        from plot_run import Run
        run = Run(self.log("one.jsonl", log_rows(2.0)))
        assert run.curve("validation_objective", "train_seconds") == [
            (1.0, 2.0), (2.0, 1.0), (3.0, 2.0 / 3)], "the result repeats the last evaluation"
        assert run.curve("train_objective", "epoch") == []
        assert distinct([run.name, run.name]) == ["one (1)", "one (2)"]
        assert distinct(["one", "two"]) == ["one", "two"]
        unfinished = Run(self.log("u.jsonl", log_rows(1.0)[:3]))
        assert len(unfinished.curve("validation_accuracy", "epoch")) == 2

    def test_runs_without_some_measures(self):
        rows = log_rows(1.0)
        for row in rows[1:]:
            row["validation_objective"] = None  # of an INVALID run
        cut = self.log("cut.jsonl", rows[:3])
        cut.write_text(cut.read_text() + '{"event": "eval')
        self.check(self.plot(self.log("a.jsonl", rows), cut))
        for row in rows[1:]:
            for key in [key for key in row if key.startswith(("validation", "test"))]:
                row[key] = None
        self.check_refused(self.plot(self.log("b.jsonl", rows)), 65, "plot_run", "--validation")

    @pytest.mark.parametrize("content, code, says", [
        (None, 66, "No such file"), ("text", 65, "no run log"), ("[1]\n", 65, "no run log"),
        ('{"event": "stop"}\n', 65, "no run log"), ("", 65, "no run log"),
        ('{"event": "start"}\n', 65, "no evaluation yet"),
        ('{"event": "start"}\n{"event": "eval', 65, "no evaluation yet")])
    def test_files_that_are_no_logs(self, content, code, says):
        if content is not None:
            (self.dir / "a.jsonl").write_text(content)
        outcome = self.plot("a.jsonl")
        self.check_refused(outcome, code, "plot_run", "a.jsonl", says)
        assert not (self.dir / "run.png").exists()

    def test_outputs_that_cannot_be(self):
        log = self.log("one.jsonl", log_rows(1.0))
        self.check_refused(self.plot(log, "--output", "a.jpg"), 2, "plot_run", ".svg")
        self.check_refused(self.plot(log, "--output", "none/a.png"), 73, "plot_run", "none/a.png")
        assert subprocess.run([SCRIPT, "--help"], capture_output=True).returncode == 0
