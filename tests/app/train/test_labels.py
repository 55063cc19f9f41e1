"""Labels and ids as people write them: several classes, no label at all, ids that begin at 0."""
import re

import command
from train_case import Run


class TestLabels(command.Case):
    def convert(self, text):
        command.write_text(self.dir / "a.txt", text)
        self.check(command.tool("svmlight_to_hdf5", "--input", "a.txt", "--output", "a.h5",
                                "--no-shuffle", "--quiet", cwd=self.dir))

    def train(self, ranks, *options):
        log = self.dir / "a.jsonl"
        outcome = command.hogwild(ranks, "train", "--train", "a.h5", "--epochs", "20",
                                  "--log", log, *options, cwd=self.dir)
        return Run(self.check(outcome), log)

    def test_several_classes_are_trained_one_against_the_rest(self):
        self.convert("".join(f"{k % 3 + 1} {k % 3 + 1}:1 {4 + k % 5}:0.1\n" for k in range(90)))
        for category in "123":
            result = self.train(1, "--category", category, "--learning-rate", "0.1",
                                "--test", "a.h5").result
            assert (result["train_accuracy"], result["test_accuracy_positive"]) == (1.0, 1.0)
        outcome = command.hogwild(1, "train", "--train", "a.h5", "--quiet", cwd=self.dir)
        self.check_refused(outcome, 2, "hogwild", "has topics (1, 2, 3)", "--category")

    def test_documents_without_label_are_scored_not_learnt(self):
        self.convert("+1 1:1\n-1 2:1\n" * 20)
        self.train(1, "--model", "m.h5", "--learning-rate", "0.1")
        text = "? 1:1\n+1 1:1\n? 2:1\n-1 1:1\n"
        self.convert(text)
        outcome = self.check(command.hogwild(2, "predict", "--model", "m.h5", "--data", "a.h5",
                                             "--output", "scores.tsv", cwd=self.dir))
        lines = (self.dir / "scores.tsv").read_text().splitlines()
        assert [line.split("\t")[2] for line in lines] == ["+1", "+1", "-1", "+1"]
        assert "4 documents scored; 2 with a label: accuracy 0.5 (+1: 1, -1: 0)" in outcome.out
        outcome = command.hogwild(2, "train", "--train", "a.h5", "--quiet", cwd=self.dir)
        self.check_refused(outcome, 65, "hogwild", "has no label", "--skip-unlabelled")
        self.check(command.tool("hdf5_to_svmlight", "--input", "a.h5", "--output", "back.txt",
                                cwd=self.dir))
        assert (self.dir / "back.txt").read_text() == text

    def test_text_without_any_label_is_scored(self):
        self.convert("+1 1:1\n-1 2:1\n" * 20)
        self.train(1, "--model", "m.h5", "--learning-rate", "0.1")
        command.write_text(self.dir / "v.dat", "7  1:0.5\n8  2:0.5\n")
        self.check(command.tool("rcv1_to_hdf5", "--vectors", "v.dat", "--output", "v.h5",
                                "--no-shuffle", cwd=self.dir))
        outcome = self.check(command.hogwild(1, "predict", "--model", "m.h5", "--data", "v.h5",
                                             "--output", "scores.tsv", cwd=self.dir))
        lines = [line.split("\t") for line in (self.dir / "scores.tsv").read_text().splitlines()]
        assert [(line[0], line[2]) for line in lines] == [("7", "+1"), ("8", "-1")]
        assert "accuracy" not in outcome.out

    def test_labels_that_mean_something_else(self):
        """Training labels 1 and 2, of which 2 is positive; a test set with label 1 alone."""
        self.convert("2 1:1\n1 2:1\n" * 20)
        self.train(1, "--model", "m.h5", "--learning-rate", "0.1")
        for name, *options in (("one",), ("told", "--positive", "2")):
            command.write_text(self.dir / "one.txt", "1 2:1\n1 2:0.5\n")
            self.check(command.tool("svmlight_to_hdf5", "--input", "one.txt", "--output",
                                    f"{name}.h5", "--quiet", *options, cwd=self.dir))
        outcome = command.hogwild(2, "train", "--train", "a.h5", "--test", "one.h5", "--quiet",
                                  cwd=self.dir)
        self.check_refused(outcome, 65, "hogwild", "one.h5: label 1 is positive", "--positive 2")
        predict = ("predict", "--model", "m.h5", "--output", "s.tsv", "--force", "--data")
        outcome = self.check(command.hogwild(1, *predict, "one.h5", cwd=self.dir))
        assert "accuracy" not in outcome.out, "of labels that mean something else"
        outcome = self.check(command.hogwild(1, *predict, "told.h5", cwd=self.dir))
        assert "accuracy 1 " in outcome.out
        result = self.train(2, "--test", "told.h5", "--learning-rate", "0.1").result
        assert result["test_accuracy"] == 1.0

    def test_test_documents_without_label_are_left_out(self):
        self.convert("+1 1:1\n-1 2:1\n" * 20)
        command.write_text(self.dir / "t.txt", "? 1:1\n-1 2:1\n? 2:1\n")
        self.check(command.tool("svmlight_to_hdf5", "--input", "t.txt", "--output", "t.h5",
                                "--quiet", cwd=self.dir))
        run = self.train(2, "--test", "t.h5", "--learning-rate", "0.1")
        assert run.result["test_accuracy"] == 1.0
        assert re.search(r"(?m)^test +1 ", run.outcome.out)

    def test_ids_that_begin_elsewhere(self):
        text = "+1 1:1\n-1 2:1\n" * 20
        self.convert(text)
        self.train(1, "--model", "m.h5")
        command.write_text(self.dir / "z.txt", text)
        self.check(command.tool("svmlight_to_hdf5", "--input", "z.txt", "--output", "z.h5",
                                "--zero-based", "--quiet", cwd=self.dir))
        says = ("z.h5: feature ids begin at 0", "at 1", "--zero-based")
        outcome = command.hogwild(2, "train", "--train", "a.h5", "--test", "z.h5", "--quiet",
                                  cwd=self.dir)
        self.check_refused(outcome, 65, "hogwild", *says)
        outcome = command.hogwild(2, "predict", "--model", "m.h5", "--data", "z.h5",
                                  "--output", "s.tsv", cwd=self.dir)
        self.check_refused(outcome, 65, "hogwild", *says)
        self.check(command.hogwild(1, "train", "--train", "z.h5", "--test", "z.h5", "--model",
                                   "zero.h5", "--quiet", cwd=self.dir))
        self.check(command.hogwild(1, "predict", "--model", "zero.h5", "--data", "z.h5",
                                   "--output", "s.tsv", cwd=self.dir))
        assert command.inspect(self.dir / "zero.h5")[0]["feature_id_base"] == 0
