"""`hogwild train` on text: from text to accuracy in one command."""
import gzip
import signal
import time

import pytest

import command
import processes
from train_case import LEARN, TrainTest

pytestmark = [pytest.mark.mpi]


def svmlight(documents, positive="+1", negative="-1"):
    return "".join(
        " ".join([positive if "CCAT" in d.topics else negative, *(f"{t}:{v}" for t, v in d.terms)])
        + "\n" for d in documents)


class TestText(TrainTest):
    def setup_method(self):
        self.tmp = self.dir / "tmp"
        self.tmp.mkdir()
        self.texts = (self.write("a.svm", self.documents), self.write("b.svm", self.test_documents))

    def write(self, name, documents, *labels):
        return command.write_text(self.dir / name, svmlight(documents, *labels))

    def command(self, ranks, *options):
        words = command.hogwild_command(ranks, "train", *options)
        at = words.index("train") - 1
        words[at:at] = ["env", f"TMPDIR={self.tmp}"]  # not that of mpirun itself
        return words

    def run(self, ranks, *options):
        return command.hogwild(ranks, "train", *options, rank_env={"TMPDIR": self.tmp},
                               cwd=self.dir)

    def run_text(self, ranks, *options, name="text", code=0):
        log = self.dir / f"{name}.jsonl"
        outcome = self.run(ranks, *LEARN, "--log", log, "--model", f"{name}.h5", *options)
        self.check(outcome, code)
        assert list(self.tmp.iterdir()) == [], "something is left"
        return outcome, command.read_json_lines(log) if code == 0 else None

    def convert(self, text, name, *options):
        self.check(command.tool("svmlight_to_hdf5", "--input", text, "--output", self.dir / name,
                                "--quiet", *options))
        return self.dir / name

    @pytest.mark.parametrize("ranks", [None, 2])
    def test_the_same_as_from_datasets(self, ranks):
        once = ("--strategy", "synchronous")
        outcome, text = self.run_text(ranks, "--train", "a.svm", "--test", "b.svm", *once)
        _, data = self.run_text(ranks, "--train", self.convert(self.texts[0], "a.h5"), "--test",
                                self.convert(self.texts[1], "b.h5"), *once, name="data")
        assert text[0]["dataset_digests"] == data[0]["dataset_digests"]
        assert text[-1]["test_accuracy"] == data[-1]["test_accuracy"] > 0.9
        assert self.model("text.h5") == self.model("data.h5")
        assert "svmlight_to_hdf5 --input a.svm" in outcome.err
        assert text[0]["options"]["train"] == "a.svm"

    def test_compressed_and_quiet(self):
        packed = self.dir / "a.svm.gz"
        packed.write_bytes(gzip.compress(self.texts[0].read_bytes()))
        outcome, _ = self.run_text(None, "--train", packed, "--quiet")
        assert outcome.err == ""

    def test_the_test_text_has_the_labels_of_the_training_text(self):
        self.write("a.svm", self.documents, "2", "1")
        only = [d for d in self.test_documents if "CCAT" in d.topics]
        self.write("b.svm", only, "2", "1")
        _, log = self.run_text(None, "--train", "a.svm", "--test", "b.svm")
        assert log[-1]["test_accuracy"] == log[-1]["test_accuracy_positive"] > 0.8
        train_set = self.convert(self.dir / "a.svm", "a.h5")
        _, log = self.run_text(None, "--train", train_set, "--test", "b.svm")
        assert log[-1]["test_accuracy"] > 0.8

    CLASSES = "".join(f"{k % 4} {k % 4 + 1}:1 9:0.5\n" for k in range(400))

    @pytest.mark.parametrize("labels", [(0, 1), (1, 2), (2, 3), (2,), (1,), (0, 3), (3, 1)])
    def test_few_of_several_classes_are_the_same_classes(self, labels):
        """Classes 0 and 1 alone would be two signs, 1 and 2 two classes of which 2 is positive."""
        command.write_text(self.dir / "a.svm", self.CLASSES)
        command.write_text(self.dir / "b.svm",
                           "".join(f"{k} {k + 1}:1 9:0.5\n" for k in labels * 10) + "? 1:1\n")
        for category in ("2", "1"):
            _, log = self.run_text(None, "--train", "a.svm", "--test", "b.svm", "--category",
                                   category)
            assert log[-1]["test_accuracy"] == 1.0
            told = self.check(command.hogwild(
                None, "predict", "--model", "text.h5", "--input", "b.svm", "--output", "o.txt",
                cwd=self.dir)).out
            positives = labels.count(int(category)) * 10
            negatives = len(labels) * 10 - positives
            assert f"{positives + negatives} with a label: accuracy 1 (" in told
            shares = [f"+1: {1 if positives else 'nan'}", f"-1: {1 if negatives else 'nan'}"]
            assert ", ".join(shares) in told

    def test_a_training_text_has_the_classes_of_the_initial_model(self):
        command.write_text(self.dir / "a.svm", self.CLASSES)
        command.write_text(self.dir / "b.svm", "2 3:1 9:0.5\n3 4:1 9:0.5\n" * 50)
        self.run_text(None, "--train", "a.svm", "--category", "2", name="first")
        _, log = self.run_text(None, "--train", "b.svm", "--test", "b.svm", "--category", "2",
                               "--initial-model", "first.h5")
        assert log[-1]["test_accuracy"] == 1.0

    def test_a_class_that_was_not_in_the_training_text(self):
        command.write_text(self.dir / "a.svm", self.CLASSES)
        command.write_text(self.dir / "b.svm", "7 1:1 9:0.5\n2 3:1 9:0.5\n")
        outcome, log = self.run_text(None, "--train", "a.svm", "--test", "b.svm", "--category", "2")
        assert "b.svm: labels that the training data do not have: 7" in outcome.err
        assert log[-1]["test_accuracy"] == 1.0

    @pytest.mark.parametrize("train, test, options, says", [
        ("1 1:1\n2 2:1\n", "# none\n", (), "b.svm: no documents in the input"),
        ("1 1:1\n2 2:1\n", "x 1:1\n", (), "b.svm:1:1: expected label"),
        ("1 1:1\n0 2:1\n", "1 1:1\n2 2:1\n", (),
         "b.svm: label 2 is positive, in a.svm label 1;"),
        ("0.1 1:1\n0.2 2:1\n0.3 1:1\n", "", (), "a.svm: labels are real numbers"),
        ("-1 1:1\n0 2:1\n", "", (), "a.svm: label 0 (1 document) beside -1"),
        ("5 1:1\n", "", (), "a.svm: all documents have the label 5"),
        ("1 1:1\n1 2:1\n", "1 1:1\n", (), "a.svm: all training documents have the same label"),
        ("1 1:1\n? 2:1\n-1 1:1\n", "1 1:1\n", (), "document 2 has no label"),
        ("1 1:1\n? 2:1\n-1 1:1\n", "1 1:1\n", (), "a.svm: row"),
        ("1 1:1\n2 2:1\n3 2:1\n", "1 1:1\n", (), "a.svm: has topics (1, 2, 3)"),
        ("1 1:1\n2 2:1\n3 2:1\n", "1 1:1\n", ("--category", "4"), "a.svm: no category '4'"),
        ("1 1:1\n2 2:1\n", "1 1:1\n", ("--category", "1"), "a.svm: has labels of its own"),
        ("1 1:1\n-1 2:1\n", "1 1:1\n", ("--validation-fraction", "0.99"),
         "a.svm: no documents are left to train on")])
    def test_messages_name_the_text(self, train, test, options, says):
        command.write_text(self.dir / "a.svm", train)
        command.write_text(self.dir / "b.svm", test)
        outcome = self.run(2, "--train", "a.svm", "--test", "b.svm", *options)
        assert outcome.code in (2, 65), str(outcome)
        assert says in outcome.err and ".hogwild-" not in outcome.err
        assert list(self.tmp.iterdir()) == []

    def test_ids_that_begin_at_0(self):
        text = "".join(f"{1 - 2 * (k % 2)} {k % 2}:1\n" for k in range(200))
        command.write_text(self.dir / "a.svm", text)
        command.write_text(self.dir / "b.svm", "-1 1:1\n" * 50 + "+1 1:-1\n")
        _, log = self.run_text(None, "--train", "a.svm", "--test", "b.svm")
        assert log[0]["features"] == 2
        assert log[-1]["test_accuracy"] > 0.9

    def test_the_norm_of_the_training_data_or_the_initial_model(self):
        """Texts of large values are read as the data that the run started from."""
        large = command.write_text(self.dir / "c.svm", "".join(
            " ".join(["+1" if "CCAT" in d.topics else "-1",
                      *(f"{t}:{100 * float(v):g}" for t, v in d.terms)]) + "\n"
            for d in self.documents))
        train_set = self.convert(large, "l2.h5", "--normalize", "l2")
        _, log = self.run_text(2, "--train", train_set, "--test", large, name="first")
        digest = command.inspect(train_set)[0]["digest"]
        assert log[0]["dataset_digests"] == [digest, digest]
        _, log = self.run_text(2, "--train", large, "--initial-model", "first.h5",
                               "--validation-fraction", "0")
        assert log[0]["dataset_digests"] == [digest]
        assert command.inspect(self.dir / "text.h5")[0]["normalization"] == "l2"

    def test_what_is_no_svmlight_text(self):
        (self.dir / "a.svm").write_text("a,b,c\n1,2,3\n")
        outcome, _ = self.run_text(2, "--train", "a.svm", code=65)
        assert "a.svm:1" in outcome.err and "CSV" in outcome.err

    def test_a_text_is_not_staged(self):
        outcome, _ = self.run_text(2, "--train", "a.svm", "--stage", self.dir / "place", code=2)
        assert "--stage is for datasets" in outcome.err

    def test_a_signal_leaves_nothing(self):
        process = processes.start(
            self.command(None, "--train", "a.svm", "--quiet", "--iterations", "100000000",
                         "--evaluate-every", "1000", "--patience", "0"), cwd=self.dir)
        deadline = time.monotonic() + 30
        while not any(p.name.startswith("a.svm.hogwild-")
                      for p in self.tmp.iterdir()) and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.3)
        assert list(self.tmp.iterdir()) != []
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == -signal.SIGTERM
        assert list(self.tmp.iterdir()) == []
