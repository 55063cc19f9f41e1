"""`hogwild predict` as a user runs it."""
import concurrent.futures
import fcntl
import os
import random
import re
import shutil
import struct
from pathlib import Path

import pytest

import command

pytestmark = [pytest.mark.mpi]
CCAT = ("--category", "CCAT")


class PredictTest(command.Case):
    @classmethod
    def setup_class(cls):
        cls.documents = command.make_documents(200, seed=2, first_id=50_000)
        # noise, so that the accuracy is not 1
        draw = random.Random(4)
        cls.documents = [d if draw.random() < 0.9 else d._replace(
            topics=("ECAT" if "CCAT" in d.topics else "CCAT",)) for d in cls.documents]
        cls.train_set = command.convert(command.make_documents(500), cls.shared / "train.h5")
        cls.data = command.convert(cls.documents, cls.shared / "data.h5")
        cls.model = cls.shared / "model.h5"
        outcome = command.hogwild(
            None, "train", "--train", cls.train_set, "--test", cls.data, *CCAT, "--batch-size",
            "20", "--iterations", "100", "--model", cls.model, "--quiet")
        assert outcome.code == 0, outcome

    def predict(self, ranks, *options, data=None, model=None, output="scores.txt"):
        outcome = command.hogwild(ranks, "predict", "--model", model or self.model, "--data",
                                  data or self.data, "--output", output, *options, cwd=self.dir)
        return self.check(outcome)

    def read(self, name="scores.txt"):
        """(id, score, label) per line."""
        rows = []
        for line in (self.dir / name).read_text().splitlines():
            assert re.search(r"^\d+\t-?\d[^\t]*\t(\+1|-1|0)$", line)
            document_id, score, label = line.split("\t")
            rows.append((int(document_id), float(score), int(label)))
        return rows

    def weights(self, model=None):
        h5py = command.need("h5py")
        with h5py.File(model or self.model, "r") as file:
            return file["weights"][:], float(file["bias"][()].ravel()[0])

    def accuracy(self, rows, documents=None):
        truth = [1 if "CCAT" in d.topics else -1 for d in documents or self.documents]
        return sum(label == y for (_, _, label), y in zip(rows, truth)) / len(truth)


class TestScores(PredictTest):
    def test_one_line_per_document_in_order(self):
        self.predict(2)
        rows = self.read()
        assert [row[0] for row in rows] == [d.id for d in self.documents]
        for _, score, label in rows:
            assert label == (1 if score > 0 else -1)
        assert self.names() == ["scores.txt"]

    def test_scores_that_are_not_finite_are_refused(self):
        h5py = command.need("h5py")
        model = self.dir / "huge.h5"
        shutil.copy(self.model, model)
        with h5py.File(model, "r+") as file:
            file["weights"][:] = 1.7e308
        for ranks in (None, 3):
            outcome = command.hogwild(ranks, "predict", "--model", model, "--data", self.data,
                                      "--output", "scores.txt", cwd=self.dir)
            self.check_refused(outcome, 65, "hogwild", "has the score inf by", "huge.h5")
            assert self.names() == ["huge.h5"], "nothing half-written"

    def test_scores_are_those_of_the_model(self):
        weights, bias = self.weights()
        np = command.need("numpy")
        self.predict(None)
        for (_, score, _), document in zip(self.read(), self.documents):
            expected = bias + sum(weights[t - 1] * float(np.float32(w)) for t, w in document.terms)
            assert abs(score - expected) < 1e-12

    def test_accuracy_is_that_of_training(self):
        metrics = command.inspect(self.model)[0]["metrics"]
        outcome = self.predict(2)
        rows = self.read()
        assert abs(self.accuracy(rows) - metrics["test_accuracy"]) < 5e-8
        assert 0.8 < metrics["test_accuracy"] < 1
        said = re.search(r"accuracy (\S+)", outcome.out).group(1)
        assert abs(float(said) - metrics["test_accuracy"]) < 5e-5
        assert "200 documents" in outcome.out

    def test_ranks_and_shards_make_no_difference(self):
        """Also in several rounds, with documents of all lengths."""
        draw = random.Random(5)
        documents = [command.Document(
            10 * n, tuple((t, str(draw.randint(1, 9))) for t in
                          sorted(draw.sample(range(1, 300), draw.choice((0, 1, 3, 7))))),
            ("CCAT",) if n % 3 else ("ECAT",)) for n in range(13_000)]
        data = command.convert(documents, self.dir / "many.h5")
        shards = command.convert(documents, self.dir / "shards.h5", "--shards", "4")
        said = {self.predict(ranks, data=source, output=f"{ranks}-{source.stem}").out
                for ranks, source in ((1, data), (3, data), (3, shards))}
        assert len(said) == 1
        rows = self.read("1-many")
        assert [row[0] for row in rows] == [d.id for d in documents]
        alone = (self.dir / "1-many").read_bytes()
        assert (self.dir / "3-many").read_bytes() == alone
        assert (self.dir / "3-shards").read_bytes() == alone

    def test_more_ranks_than_documents(self):
        data = command.convert(self.documents[:2], self.dir / "two.h5")
        self.predict(4, data=data)
        assert len(self.read()) == 2

    def test_unknown_features_weigh_nothing(self):
        self.predict(None)
        expected = self.read()
        wide = command.convert([d._replace(terms=(*d.terms, (9000, "0.7")))
                                for d in self.documents], self.dir / "wide.h5")
        self.predict(2, data=wide)
        assert self.read() == expected

    def test_fewer_features_than_the_model(self):
        weights, bias = self.weights()
        data = command.convert([command.Document(1, ((3, "1"),), ("CCAT",)),
                                command.Document(2, (), ("ECAT",))], self.dir / "narrow.h5")
        self.predict(2, data=data)
        assert [row[1] for row in self.read()] == [weights[2] + bias, bias]

    def test_a_score_of_zero_is_negative(self):
        model = self.dir / "no_bias.h5"
        self.check(command.hogwild(None, "train", "--train", self.train_set, *CCAT, "--bias", "off",
                                   "--model", model, "--quiet"))
        data = command.convert([command.Document(5, (), ("CCAT",))], self.dir / "empty.h5")
        self.predict(None, model=model, data=data)
        assert (self.dir / "scores.txt").read_text() == "5\t0\t-1\n"


class TestLabelsOfTheData(PredictTest):
    def test_data_without_the_category(self):
        data = command.convert([d._replace(topics=("ECAT",)) for d in self.documents],
                               self.dir / "others.h5")
        outcome = self.predict(2, data=data)
        assert "accuracy" not in outcome.out
        assert len(self.read()) == 200
        # asked for, it must be there
        outcome = command.hogwild(2, "predict", "--model", self.model, "--data", data, "--output",
                                  "other.txt", *CCAT, cwd=self.dir)
        self.check_refused(outcome, 65, "hogwild", "others.h5", "CCAT")
        assert "other.txt" not in self.names()

    def test_another_category(self):
        outcome = self.predict(None, "--category", "ECAT")
        said = float(re.search(r"accuracy (\S+)", outcome.out).group(1))
        truth = [1 if "ECAT" in d.topics else -1 for d in self.documents]
        found = sum(row[2] == y for row, y in zip(self.read(), truth)) / 200
        assert abs(said - found) < 5e-5

    def test_labels_of_their_own(self):
        (self.dir / "a.txt").write_text(
            "".join(d.svmlight_line("CCAT") for d in self.documents))
        self.check(command.tool("svmlight_to_hdf5", "--input", "a.txt", "--no-shuffle", "--quiet",
                                "--output", "own.h5", cwd=self.dir))
        plain = self.predict(None)
        expected = self.read()
        outcome = self.predict(2, data=self.dir / "own.h5")
        assert outcome.out == plain.out
        assert [row[1:] for row in self.read()] == [row[1:] for row in expected]
        assert [row[0] for row in self.read()] == list(range(1, 201))

    def test_quiet(self):
        outcome = self.predict(2, "--quiet")
        assert (outcome.out, outcome.err) == ("", "")


class TestRefused(PredictTest):
    """What cannot work, without mpirun where ranks make no difference."""

    @classmethod
    def setup_class(cls):
        super().setup_class()
        # It waits ten seconds for a reader: the other tests go on meanwhile.
        cls.pipe = cls.shared / "pipe"
        os.mkfifo(cls.pipe)
        waiting = concurrent.futures.ThreadPoolExecutor(1)
        cls.at_class_end(waiting.shutdown)
        cls.unread = waiting.submit(command.hogwild, None, "predict", "--model", cls.model,
                                    "--data", cls.data, "--output", cls.pipe)

    def refuse(self, ranks, code, *arguments, says=()):
        (self.dir / "scores.txt").write_text("17\t0.5\t+1\n")
        before = self.names()
        outcome = command.hogwild(ranks, "predict", *arguments, cwd=self.dir)
        self.check_refused(outcome, code, "hogwild", *says)
        assert self.names() == before
        assert (self.dir / "scores.txt").read_text() == "17\t0.5\t+1\n"

    def refuse_files(self, ranks, code, says, model=None, data=None, output="scores.txt"):
        self.refuse(ranks, code, "--model", model or self.model, "--data", data or self.data,
                    "--output", output, says=(says,))

    def test_models_that_are_none(self):
        data = self.model.read_bytes()
        (self.dir / "cut.h5").write_bytes(data[:-50])
        (self.dir / "text.h5").write_text("weights")
        (self.dir / "empty.h5").write_text("")
        flipped = Path(shutil.copy(self.model, self.dir / "flipped.h5"))
        weights, _ = self.weights()
        command.flip_byte(flipped, command.offset_of(flipped, struct.pack("<4d", *weights[9:13])))
        for code, name in [(66, "none.h5"), (66, "none/none.h5"), (65, "cut.h5"), (65, "text.h5"),
                           (65, "empty.h5"), (65, "flipped.h5")]:
            with self.subtests.test(model=name):
                self.refuse_files(None, code, name, model=name)
        self.refuse_files(2, 66, "none.h5", model="none.h5")
        self.refuse_files(2, 65, "flipped.h5", model="flipped.h5")

    def test_flipped_bytes_of_the_models_attributes(self):
        content = {"category": b"CCAT", "regularizer": b"regularizer = seed", "strategy":
                   b"lock-free", "digest": command.inspect(self.data)[0]["digest"].encode()}
        for name, words in content.items():
            with self.subtests.test(attribute=name):
                flipped = self.dir / "flipped.h5"
                data = bytearray(self.model.read_bytes())
                data[data.index(words) + 1] ^= 0x10
                flipped.write_bytes(data)
                outcome = command.tool("hdf5_inspect", "--verify", flipped)
                self.check_refused(outcome, 65, "hdf5_inspect", "flipped.h5")

    def test_a_dataset_is_no_model_and_a_model_no_dataset(self):
        self.refuse_files(2, 65, "data.h5", model=self.data)
        self.refuse_files(2, 65, "model.h5", data=self.model)

    def test_data_that_is_none(self):
        flipped = Path(shutil.copy(self.data, self.dir / "flipped.h5"))
        terms = self.documents[190].terms
        command.flip_byte(flipped, command.offset_of(
            flipped, struct.pack("<12f", *(float(w) for _, w in terms))) + 2)
        self.refuse_files(2, 65, "flipped.h5", data=flipped)
        self.refuse_files(None, 66, "none.h5", data="none.h5")
        shards = command.shards_of(command.convert(self.documents, self.dir / "set.h5", "--shards",
                                                   "2"), 2)
        self.refuse_files(None, 65, shards[0].name, data=shards[0])

    def test_outputs(self):
        (self.dir / "folder").mkdir()
        for output in ("none/scores.txt", "folder", "scores.txt/scores.txt"):
            with self.subtests.test(output=output):
                self.refuse_files(None, 73, output, output=output)
        with open(self.dir / ".scores.txt.hogwild-lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.refuse_files(2, 73, "scores.txt", output="scores.txt")

    @pytest.mark.parametrize("name", ("model.h5", "data.h5"))
    def test_output_named_like_an_input(self, name):
        copies = {n: Path(shutil.copy(self.shared / n, self.dir)) for n in
                  ("model.h5", "data.h5")}
        before = copies[name].read_bytes()
        outcome = command.hogwild(None, "predict", "--model", "model.h5", "--data",
                                  "data.h5", "--output", name, cwd=self.dir)
        assert copies[name].read_bytes() == before, str(outcome)[:500]
        self.check_refused(outcome, 2, "hogwild", name)

    def test_full_disk(self):
        outcome, left = command.on_small_disk(self.dir, 4096, command.prompt_command(
            2, "predict", "--model", self.model, "--data", self.data, "--output", "scores.txt"))
        self.check_refused(outcome, 74, "hogwild", "scores.txt", "No space left")
        assert left == []

    def test_usage(self):
        good = ("--model", self.model, "--data", self.data, "--output", "scores.txt")
        self.refuse(2, 2, *good[2:], says=("--model",))
        for arguments in [(), good[:4], (*good[:2], *good[4:]), (*good, "--no-such-option"),
                          (*good, "--qui"), (*good, "stray"), (*good, *good[:2])]:
            with self.subtests.test(arguments=arguments[-2:]):
                self.refuse(None, 2, *arguments)

    def test_pipe_that_nobody_reads(self):
        self.check_refused(self.unread.result(), 73, "hogwild", "no program reads")
        assert self.pipe.is_fifo()
