"""The examples work, and their outputs agree."""
import re

import command
import programs

EXAMPLES = command.SOURCE / "examples"


class TestExamples(command.Case):
    def setup_method(self):
        self.env = programs.environment(self.dir / "programs")

    def example(self, *words):
        return self.check(command.run([str(word) for word in words], env=self.env, timeout=120)).out

    def test_all(self):
        command.need("h5py", "scipy")
        folder = self.dir / "work"
        text = self.example("bash", EXAMPLES / "first_model.sh", folder)
        accuracy = float(re.search(r"by the run: ([\d.]+)", text)[1])
        assert "documents scored: 1000" in text
        assert accuracy > 0.85

        scores = self.example("/usr/bin/python3", EXAMPLES / "read_model.py",
                              folder / "model.h5", folder / "test.h5").splitlines()
        written = (folder / "scores.tsv").read_text().splitlines()
        assert len(scores) == len(written)
        for ours, theirs in zip(scores, written):
            ours, theirs = ours.split("\t"), theirs.split("\t")
            assert (ours[0], ours[2]) == (theirs[0], theirs[2])
            assert abs(float(ours[1]) - float(theirs[1])) < 1e-9

        table = self.example("bash", EXAMPLES / "compare_strategies.sh", folder).splitlines()
        assert [row.split()[0] for row in table] == [
            "strategy",
            "lock-free",
            "locked",
            "round-robin",
            "asynchronous",
        ]
        for row in table[1:]:
            assert float(row.split()[2]) > 0.8, row
