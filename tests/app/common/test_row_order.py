"""The order of the documents in a file must not matter: sorted text, and predict's lines."""
import random
import shutil

import pytest

import command

pytestmark = [pytest.mark.mpi]
AUTO = (
    "--learning-rate",
    "auto",
    "--regularizer",
    "l2",
    "--lambda",
    "1e-4",
    "--precision",
    "float",
    "--batch-size",
    "1",
    "--sampling",
    "permutation",
    "--schedule",
    "decay",
    "--decay",
    "0.81",
    "--evaluate-every",
    "0",
)


def label_of(line):
    return line.split(" ", 1)[0]


def make_lines(count, seed=5):
    """Documents of both classes by turns, as svmlight text. Eight of a document's words tell its
    class, the others say nothing; lengths differ."""
    draw = random.Random(seed)
    lines = []
    for n in range(count):
        positive = n % 2 == 1
        words = set(draw.sample(range(1, 60), draw.choice((8, 12, 16))))
        words |= set(draw.sample(range(60, 160) if positive else range(100, 200), 8))
        lines.append(("+1 " if positive else "-1 ") + " ".join(
            f"{word}:{draw.uniform(0.1, 0.5):.4f}" for word in sorted(words)))
    return lines


class RowOrderTest(command.Case):
    def convert(self, lines, name, *options):
        text = command.write_text(self.dir / "text.svm", "".join(line + "\n" for line in lines))
        self.check(command.tool("svmlight_to_hdf5", "--input", text, "--output", name, "--quiet",
                                *options, cwd=self.dir))
        return self.dir / name

    def train(self, ranks, data, *options):
        """The log's start and end."""
        self.check(command.hogwild(ranks, "train", "--train", data, "--log", "log.jsonl",
                                   "--quiet", *options, cwd=self.dir))
        lines = command.read_json_lines(self.dir / "log.jsonl")
        (self.dir / "log.jsonl").unlink()
        return lines[0], lines[-1]


class TestSortedText(RowOrderTest):
    def test_every_rank_sees_both_classes(self):
        """Sums over ranks that each saw one class would cancel out."""
        data = self.convert(sorted(make_lines(3000), key=label_of), "sorted.h5", "--no-shuffle")
        for ranks in (1, 2, 4):
            accuracies = []
            for seed in range(1, 6):
                _, result = self.train(ranks, data, "--seed", str(seed), "--iterations", "100",
                                       "--batch-size", "20", "--validation-fraction", "0")
                accuracies.append(result["train_accuracy"])
            with self.subtests.test(ranks=ranks):
                assert min(accuracies) > 0.85, str(accuracies)

    def test_the_learning_rate_depends_neither_on_ranks_nor_on_shards_nor_on_the_layout(self):
        lines = sorted(make_lines(9000), key=label_of)
        whole = self.convert(lines, "whole.h5", "--no-shuffle")
        shards = self.convert(lines, "set.h5", "--no-shuffle", "--shards", "3")
        for seed in ("1", "2"):
            rates = set()
            for ranks, data, *options in (
                    (1, whole), (2, whole), (4, shards), (2, shards, "--balance", "nonzeros"),
                    (2, whole, "--hot-features", "0"), (1, whole, "--hot-features", "7"),
                    (3, whole, "--strategy", "locked"),
                    (2, whole, "--strategy", "asynchronous")):
                start, _ = self.train(ranks, data, *AUTO, "--epochs", "1", "--seed", seed,
                                      *options)
                rates.add(f"{start['learning_rate']:.9g}")  # sums in another order
            with self.subtests.test(seed=seed):
                assert len(rates) == 1, str(rates)

    def test_the_model_is_as_good_as_that_of_mixed_text(self):
        mixed = make_lines(9000)
        objectives = {}
        for name, lines in (("mixed", mixed), ("sorted", sorted(mixed, key=label_of)),
                            ("by_length", sorted(mixed, key=len))):
            data = self.convert(lines, name + ".h5", "--no-shuffle")
            for ranks in (1, 2):
                _, result = self.train(ranks, data, *AUTO, "--epochs", "24")
                objectives[name, ranks] = result["train_objective"]
        best = min(objectives.values())
        for setting, objective in objectives.items():
            with self.subtests.test(setting=setting):
                assert objective < 1.1 * best, str(objectives)


class TestWhatIsRead(RowOrderTest):
    """That every row is read by exactly one rank: with one epoch in batches of a whole part, the
    sum over all documents is the same whichever rank reads which."""

    def test_all_documents_whatever_the_ranks(self):
        lines = make_lines(2000)
        whole = self.convert(lines, "whole.h5", "--no-shuffle")
        shards = self.convert(lines, "set.h5", "--no-shuffle", "--shards", "5")
        place = self.dir / "node"
        place.mkdir()
        found = set()
        for ranks, data, *options in ((1, whole), (2, whole), (4, shards),
                                      (4, whole, "--balance", "nonzeros"),
                                      (3, shards, "--stage", place)):
            start, result = self.train(
                ranks, data, "--strategy", "synchronous", "--regularizer", "none",
                "--batch-fraction", "1", "--sampling", "permutation", "--epochs", "1",
                "--precision", "double", "--learning-rate", "0.001", *options)
            assert start["training_documents"] == 1800
            found.add((round(result["train_objective"], 9),
                       round(result["validation_objective"], 9)))
        assert len(found) == 1, str(found)

    def test_staging_copies_what_the_ranks_read(self):
        data = self.convert(make_lines(600), "set.h5", "--no-shuffle", "--shards", "3")
        place = self.dir / "node"
        place.mkdir()
        start, _ = self.train(2, data, "--stage", place, "--iterations", "5")
        assert sum(node["files"] for node in start["stage"]) == 3


class TestPredictedLines(RowOrderTest):
    @classmethod
    def setup_class(cls):
        cls.lines = make_lines(500)
        text = command.write_text(
            cls.shared / "text.svm", "".join(f"{line}\n" for line in cls.lines)
        )
        for name, *options in (("shuffled",), ("plain", "--no-shuffle"),
                               ("shards", "--shards", "3")):
            outcome = command.tool("svmlight_to_hdf5", "--input", text, "--output",
                                   cls.shared / f"{name}.h5", "--quiet", *options)
            assert outcome.code == 0, outcome
        outcome = command.hogwild(None, "train", "--train", cls.shared / "shuffled.h5", "--model",
                                  cls.shared / "model.h5", "--quiet")
        assert outcome.code == 0, outcome

    def predict(self, ranks, data, *options):
        """The outcome, and what was written."""
        outcome = command.hogwild(ranks, "predict", "--model", self.shared / "model.h5", "--data",
                                  self.shared / f"{data}.h5", "--output", "scores.tsv", *options,
                                  cwd=self.dir)
        return self.check(outcome), (self.dir / "scores.tsv").read_text()

    def test_order_of_the_text(self):
        _, expected = self.predict(1, "plain")
        assert [line.split("\t")[0] for line in expected.splitlines()] == [
            str(n) for n in range(1, 501)
        ]
        for ranks, data in ((1, "shuffled"), (2, "shuffled"), (4, "shards"), (2, "plain")):
            for options in ((), ("--order", "text"), ("--order", "id")):
                with self.subtests.test(ranks=ranks, data=data, options=options):
                    outcome, written = self.predict(ranks, data, *options)
                    assert written == expected
                    assert outcome.err == ""

    def test_text_whose_ids_are_in_no_order(self):
        documents = [command.Document(id, ((n + 1, "1"),), ("CCAT",) if n % 2 else ())
                     for n, id in enumerate((70, 3, 900, 12, 5, 41))]
        command.convert(documents, self.dir / "ids.h5", "--allow-unlabelled", "--shards", "2",
                        "--shuffle-seed", "3")
        for options, expected in (((), [70, 3, 900, 12, 5, 41]),
                                  (("--order", "id"), [3, 5, 12, 41, 70, 900])):
            self.check(command.hogwild(2, "predict", "--model", self.shared / "model.h5", "--data",
                                       self.dir / "ids.h5", "--output", "ids.tsv", *options,
                                       cwd=self.dir))
            lines = (self.dir / "ids.tsv").read_text().splitlines()
            assert [int(line.split("\t")[0]) for line in lines] == expected

    def test_order_of_the_file(self):
        shuffled = self.predict(2, "shuffled", "--order", "file")[1]
        assert self.predict(4, "shards", "--order", "file")[1] == shuffled
        assert self.predict(2, "plain", "--order", "file")[1] != shuffled

    def test_files_of_older_programs_kept_no_order(self):
        h5py = command.need("h5py")
        shutil.copy(self.shared / "shuffled.h5", self.dir / "old.h5")
        with h5py.File(self.dir / "old.h5", "r+") as file:
            del file["text_position"]
        outcome = self.check(command.hogwild(
            2, "predict", "--model", self.shared / "model.h5", "--data", "old.h5", "--output",
            "scores.tsv", cwd=self.dir))
        assert len(outcome.own_lines()) == 1 and "sorted by document id" in outcome.err
        assert (self.dir / "scores.tsv").read_text() == self.predict(1, "plain")[1]

    def test_refused(self):
        outcome = command.hogwild(2, "predict", "--model", self.shared / "model.h5", "--data",
                                  self.shared / "plain.h5", "--output", "scores.tsv", "--order",
                                  "none", cwd=self.dir)
        self.check_refused(outcome, 2, "hogwild", "--order", "text", "file", "id")
        assert self.names() == []
