"""`hogwild predict --input`: text scored as it comes, without a dataset in between."""
import gzip
import subprocess

import pytest

import command
from test_predict import CCAT, PredictTest

pytestmark = [pytest.mark.mpi]


class TestText(PredictTest):
    @classmethod
    def setup_class(cls):
        super().setup_class()
        cls.text = cls.shared / "data.svm"
        outcome = command.tool("hdf5_to_svmlight", "--input", cls.data, *CCAT, "--output", cls.text)
        assert outcome.code == 0, outcome

    def predict_text(self, ranks, *options, text=None, code=0, output="scores.txt"):
        return self.check(command.hogwild(ranks, "predict", "--model", self.model, "--input",
                                          text or self.text, "--output", output, *options,
                                          cwd=self.dir), code)

    def write(self, lines):
        return command.write_text(self.dir / "some.svm", lines)

    @pytest.mark.parametrize("ranks", [None, 2])
    def test_the_same_to_the_last_bit_as_from_a_dataset(self, ranks):
        told = self.predict(2, output="dataset.txt").out
        assert self.predict_text(ranks).out == told
        scored = self.read()
        assert [row[1:] for row in scored] == [row[1:] for row in self.read("dataset.txt")]
        assert [row[0] for row in scored] == list(range(1, len(self.documents) + 1))

    def test_a_pipe_and_compressed_text(self):
        self.predict_text(None)
        packed = self.dir / "data.gz"
        packed.write_bytes(gzip.compress(self.text.read_bytes()))
        self.predict_text(None, text=packed, output="packed.txt")
        with open(packed, "rb") as file:
            outcome = subprocess.run(
                command.hogwild_command(None, "predict", "--model", self.model, "--input", "-",
                                        "--output", "-", "--quiet"),
                stdin=file, capture_output=True, text=True, timeout=60)
        assert outcome.stdout == (self.dir / "scores.txt").read_text()
        assert self.read("packed.txt") == self.read()

    def test_labels_that_say_nothing(self):
        bodies = [line.split(" ", 1)[1] for line in self.text.read_text().splitlines()]
        for label in ("?", "0"):
            told = self.predict_text(
                None, "--force", text=self.write("".join(f"{label} {b}\n" for b in bodies))).out
            assert told == f"{len(bodies)} documents scored\n"
        dummy = self.write("".join(f"1 {b}\n" for b in bodies))
        assert "accuracy" not in self.predict_text(None, "--force", text=dummy).out
        self.check(command.tool("svmlight_to_hdf5", "--input", self.write("".join(
            f"{1 + k % 2} {b}\n" for k, b in enumerate(bodies))), "--output", "two.h5", "--quiet",
            cwd=self.dir))
        self.check(command.hogwild(None, "train", "--train", "two.h5", "--model", "two.model.h5",
                                   "--quiet", cwd=self.dir))
        told = self.check(command.hogwild(
            None, "predict", "--model", "two.model.h5", "--input", self.text, "--output", "-",
            cwd=self.dir))
        assert "accuracy" not in told.out + told.err  # of classes 1 and -1, in a model of 2
        some = "".join(f"{'?' if k % 2 else '+1'} {b}\n" for k, b in enumerate(bodies))
        told = self.predict_text(None, text=self.write(some)).out
        assert f"{len(bodies)} documents scored; {len(bodies) // 2} with a label: " in told

    def test_labels_are_compared_as_numbers(self):
        body = self.text.read_text().splitlines()
        told = self.predict_text(None, text=self.text).out
        for one in ("1.0", "01", "1e0"):
            text = "".join(line.replace("+1", one, 1) + "\n" for line in body)
            assert self.predict_text(None, text=self.write(text)).out == told

    def test_weights_count_as_in_a_dataset(self):
        lines = [line.split(" ", 1) for line in self.text.read_text().splitlines()]
        text = "".join(f"{label}:{k % 4 or 0.5} {body}\n" for k, (label, body) in enumerate(lines))
        self.check(command.tool("svmlight_to_hdf5", "--input", self.write(text), "--output",
                                self.dir / "w.h5", "--quiet"))
        told = [self.check(command.hogwild(
            None, "predict", "--model", self.model, *source, "--output", "o.txt",
            cwd=self.dir)).out for source in (
                ("--data", "w.h5"), ("--input", "some.svm"), ("--input", self.text))]
        assert told[0] == told[1] != told[2]
        some = "".join(f"{label}:{k % 2} {body}\n" for k, (label, body) in enumerate(lines))
        assert f"{len(lines)} documents scored; {len(lines) // 2} with a label: " in \
            self.predict_text(None, text=self.write(some)).out

    def test_classes_by_name(self):
        text = "".join(f"{1 + k % 3} {1 + k % 3}:1 {4 + k % 5}:0.1\n" for k in range(300))
        self.check(command.tool("svmlight_to_hdf5", "--input", self.write(text), "--output",
                                self.dir / "c.h5", "--quiet"))
        self.check(command.hogwild(None, "train", "--train", "c.h5", "--category", "3", "--model",
                                   "c.model.h5", "--quiet", cwd=self.dir))
        told = [self.check(command.hogwild(
            None, "predict", "--model", "c.model.h5", *source, "--output", "o.txt",
            cwd=self.dir)).out for source in (("--data", "c.h5"), ("--input", "some.svm"))]
        assert told[0] == told[1] and "accuracy 1 " in told[0]

    def test_features_that_the_model_lacks(self):
        lines = self.text.read_text().splitlines()
        self.predict_text(None)
        self.predict_text(None, text=self.write("".join(f"{x} 5000:2\n" for x in lines)),
                          output="wide.txt")
        assert self.read("wide.txt") == self.read()
        outcome = self.predict_text(None, text=self.write("1 5000:1\n-1 6000:1\n"), code=65,
                                    output="none.txt")
        assert "none of the data's 2 entries" in outcome.err
        assert not (self.dir / "none.txt").exists()

    def test_a_bad_line_is_named_and_nothing_is_written(self):
        outcome = self.predict_text(2, text=self.write("1 1:1\n1 2:x\n"), code=65)
        assert "some.svm:2:5" in outcome.err
        assert not (self.dir / "scores.txt").exists()

    def test_one_source(self):
        self.predict_text(None, "--data", self.data, code=2)
        self.check(command.hogwild(None, "predict", "--model", self.model, "--output", "o"), 2)
        self.predict_text(None, "--stage", self.dir / "s", code=2)
