"""`svmlight_to_hdf5`, `hdf5_to_svmlight` and `hdf5_inspect`."""
import bz2
import collections
import gzip
import itertools
import json
import lzma
import os
import random
import struct
import subprocess
import time

import pytest

import command
from converter_case import ConverterTest, read_csr, read_ids


class TestSvmlight(ConverterTest):
    program = "svmlight_to_hdf5"

    def setup_method(self):
        self.documents = command.make_documents(100)

    def test_round_trip(self):
        text = "".join(d.svmlight_line("CCAT") for d in self.documents)
        (self.dir / "a.txt").write_text(text)
        self.convert("--input", "a.txt", "--output", "a.h5", "--no-shuffle")
        self.check(command.tool("hdf5_to_svmlight", "--input", self.dir / "a.h5",
                                "--output", self.dir / "b.txt"))
        self.convert("--input", "b.txt", "--output", "b.h5", "--no-shuffle")
        assert self.digest("a.h5") == self.digest("b.h5")
        again = (self.dir / "b.txt").read_text()
        assert len(again.splitlines()) == 100
        np = command.need("numpy")
        for old, new in zip(text.splitlines(), again.splitlines()):
            old, new = old.split(), new.split()
            assert old[0] == new[0]
            assert [w.split(":")[0] for w in old[1:]] == [w.split(":")[0] for w in new[1:]]
            assert [np.float32(w.split(":")[1]) for w in old[1:]] == [
                np.float32(w.split(":")[1]) for w in new[1:]
            ]
        assert self.names() == ["a.h5", "a.txt", "b.h5", "b.txt"]

    def test_of_a_category(self):
        command.convert(self.documents, self.dir / "a.h5", "--shards", "3")
        for category in ("CCAT", "MCAT"):
            self.check(command.tool("hdf5_to_svmlight", "--input", self.dir / "a.h5", "--category",
                                    category, "--output", self.dir / "a.txt"))
            labels = [line.split()[0] for line in (self.dir / "a.txt").read_text().splitlines()]
            assert labels == ["+1" if category in d.topics else "-1"
                              for d in self.documents]
        self.convert("--input", "a.txt", "--output", "b.h5", "--no-shuffle")
        sparse = command.need("scipy.sparse")
        whole = sparse.vstack([read_csr(p) for p in command.shards_of(self.dir / "a.h5", 3)])
        assert (whole != read_csr(self.dir / "b.h5")).nnz == 0

    def test_labels_comments_and_queries(self):
        (self.dir / "a.txt").write_text("# head\n1 1:1\n+1 qid:3 2:1 # more\n-1\n-1 3:1 1:2#end\n\n"
                                        "-1.0 1: 1\r\n+1.0 1:1\n")
        self.convert("--input", "a.txt", "--output", "a.h5", "--no-shuffle")
        h5py = command.need("h5py")
        with h5py.File(self.dir / "a.h5", "r") as file:
            assert list(file["y"][:]) == [1, 1, -1, -1, -1, 1]
            assert file["y"].dtype.str == "|i1"
            assert "topics" not in file
        assert read_ids(self.dir / "a.h5") == [1, 2, 3, 4, 5, 6]

    @pytest.mark.parametrize("line", ["x 1:1", "1:1", "1, 1:1",
                             "nan 1:1", "+ 1:1", "1 0:1", "1 qid:x 1:1"])
    def test_bad_lines(self, line):
        (self.dir / "a.txt").write_text("+1 1:1\n" + line + "\n")
        self.refuse(65, "--input", "a.txt", "--output", "a.h5", says=("a.txt:2:",))

    def labels_of(self, text, *options):
        """The labels of a text after conversion, or the topics of each document."""
        h5py = command.need("h5py")
        (self.dir / "l.txt").write_text(text)
        self.out = self.convert("--input", "l.txt", "--output", "l.h5", "--no-shuffle",
                                *options).out
        with h5py.File(self.dir / "l.h5", "r") as file:
            if "y" in file:
                return list(file["y"][:])
            names = [n.decode() for n in file["topics/names"][:]]
            ends, numbers = file["topics/indptr"][:], file["topics/indices"][:]
            return [[names[k] for k in numbers[a:b]] for a, b in zip(ends, ends[1:])]

    @pytest.mark.parametrize("labels, options, expected", [
        ("+1 -1 1.0", (), [1, -1, 1]),
        ("0 1 1e0", (), [-1, 1, 1]),
        ("1 1", (), [1, 1]),
        ("-1 -1", (), [-1, -1]),
        ("0 0", (), [-1, -1]),
        ("2 4 2", (), [-1, 1, -1]),                    # of two the larger is positive
        ("4 2 2", ("--positive", "2"), [-1, 1, 1]),
        ("1 2", (), [-1, 1]),
        ("0.5 -3", (), [1, -1]),
        ("+1 0 -1", ("--zero-label", "negative"), [1, -1, -1]),
        ("+1 0 -1", ("--zero-label", "unlabelled"), [1, 0, -1]),
        ("+1 0 -1 ?", ("--zero-label", "unlabelled", "--skip-unlabelled"), [1, -1]),
        ("? 1 -1", (), [0, 1, -1]),
        ("? ?", (), [0, 0]),
        ("3 1 2 3", ("--positive", "3"), [1, -1, -1, 1]),
        ("1 1", ("--positive", "2"), [-1, -1]),        # a test set of the other class
        ("16777216 16777217 16777218", ("--positive", "16777217"), [-1, 1, -1]),
        ("0.1 0.3", ("--positive", "0.1"), [1, -1]),
        ("+1 01 1.0 2", ("--positive", "1.00"), [1, 1, 1, -1]),
        ("1 2", ("--positive", "+01"), [1, -1]),
        ("1 0 -1", ("--positive", "1", "--zero-label", "unlabelled"), [1, 0, -1]),
        ("2 0 3", ("--zero-label", "unlabelled"), [-1, 0, 1]),
        ("1 0 2 3", ("--zero-label", "unlabelled", "--skip-unlabelled"), [["1"], ["2"], ["3"]]),
        ("1,3 2 3", ("--positive", "3"), [1, -1, 1]),
        ("10 2 1 2", (), [["10"], ["2"], ["1"], ["2"]]),
        ("1.0 1 2 3", (), [["1"], ["1"], ["2"], ["3"]]),
        ("16777216 1000000 16777217", (), [["16777216"], ["1000000"], ["16777217"]]),
        ("3,1 2 1", (), [["1", "3"], ["2"], ["1"]]),
        ("1 ? 2 3", ("--skip-unlabelled",), [["1"], ["2"], ["3"]]),
    ])
    def test_labels(self, labels, options, expected):
        text = "".join(f"{label} {k + 1}:1\n" for k, label in enumerate(labels.split()))
        assert self.labels_of(text, *options) == expected

    def test_documents_of_no_class(self):
        assert self.labels_of("1,2 1:1\n 2:1 3:1\n2 1:1\n") == [["1", "2"], [], ["2"]]
        assert self.labels_of(" 2:1 3:1\n 1:1\n") == [0, 0]

    def test_what_labels_mean_is_said(self):
        self.labels_of("2 1:1\n4 2:1\n2 3:1\n")
        assert ("label 4 (1 document) is positive, 2 (2 documents) is negative; --positive chooses"
                in self.out)
        self.labels_of("1 1:1\n2 2:1\n3 3:1\n")
        assert "3 classes" in self.out and "--category" in self.out
        self.labels_of("1 1:1\n0 2:1\n")
        assert self.out.count("\n") == 1, "0 and 1 need no word"
        self.labels_of("1 1:1\n? 2:1\n-1 3:1\n")
        assert "1 document without a label\n" in self.out
        self.labels_of("1 1:1\n? 2:1\n-1 3:1\n", "--skip-unlabelled")
        assert "1 document without a label, left out\n" in self.out

    @pytest.mark.parametrize("labels, options, says", [
        ("1 9007199254740993", (), "a.txt:2:1: label is too large"),
        ("0.1 0.25 0.7", (), "real numbers (0.1, 0.25, 0.7)"),
        ("+1 0 -1", (), "--zero-label negative"),
        ("-1 0", (), "--zero-label negative"),
        ("5 5", (), "--positive VALUE"),
        ("3 1 2 3", ("--positive", "7"),
         "no document has the label 7 of --positive; labels are 1, 2, 3"),
        ("9 8 7 6 5 4", ("--positive", "1"), "labels are 4, 5, 6, 7, 8, ..."),
        ("1 -1", ("--positive", "2"), "no document has the label 2"),
        ("1 0 2 3", ("--zero-label", "unlabelled"), "--skip-unlabelled"),
        ("1 ? 2 3", (), "--skip-unlabelled"),
        ("? ?", ("--skip-unlabelled",), "no document in the input has a label"),
    ])
    def test_labels_that_need_a_word(self, labels, options, says):
        (self.dir / "a.txt").write_text("".join(f"{label} 1:1\n" for label in labels.split()))
        self.refuse(65, "--input", "a.txt", "--output", "a.h5", *options, says=(says,))

    @pytest.mark.parametrize("options, ids", [((), (2147483647, 2147483648, 1 << 62)),
                                              (("--zero-based",), (2147483647,)),
                                              (("--zero-based=auto",), (2147483647,))])
    def test_ids_that_are_too_large(self, options, ids):
        for number in ids:
            (self.dir / "a.txt").write_text(f"+1 1:1\n-1 1:1 {number}:1\n")
            self.refuse(65, "--input", "a.txt", "--output", "a.h5", *options,
                        says=("a.txt:2:8: term id must lie in", "2147483646"))

    def test_the_largest_id(self):
        for options, features in (((), 2147483646), (("--zero-based",), 2147483647)):
            (self.dir / "a.txt").write_text("+1 1:1\n-1 1:1 2147483646:1\n")
            self.convert("--input", "a.txt", "--output", "a.h5", *options)
            assert command.inspect(self.dir / "a.h5")[0]["features"] == features

    def test_messages_about_all_documents_name_the_text(self):
        (self.dir / "a.txt").write_text("")
        self.refuse(65, "--input", "a.txt", "--output", "a.h5",
                    says=("svmlight_to_hdf5: a.txt: no documents in the input",))
        (self.dir / "a.txt").write_text("0.1 1:1\n0.2 1:1\n0.3 1:1\n")
        self.refuse(65, "--input", "a.txt", "a.txt", "--output", "a.h5",
                    says=("svmlight_to_hdf5: a.txt and 1 more: labels are real numbers",))

    @pytest.mark.parametrize("pack", [lambda text: text, gzip.compress, bz2.compress,
                                      lzma.compress])
    def test_an_error_ends_the_reading_of_a_pipe_that_stays_open(self, pack):
        os.mkfifo(self.dir / "fifo")
        for name in ("-", "fifo"):
            process = subprocess.Popen(
                [command.BIN / self.program, "--input", name, "--output", "a.h5"], cwd=self.dir,
                stdin=subprocess.PIPE, stderr=subprocess.PIPE)
            writer = process.stdin if name == "-" else open(self.dir / name, "wb")
            with writer:
                writer.write(pack(b"+1 1:1\n" * 1000 + b"nonsense\n"))
                writer.flush()
                assert process.wait(timeout=20) == 65
            assert b":1001:1: expected label" in process.stderr.read()
            process.stderr.close()

    def test_a_pipe_that_comes_in_pieces(self):
        text = "".join(d.svmlight_line("CCAT") for d in self.documents)
        (self.dir / "a.txt").write_text(text)
        self.convert("--input", "a.txt", "--output", "a.h5")
        for pack in (bytes, gzip.compress, lzma.compress):
            packed = pack(text.encode())
            process = subprocess.Popen([command.BIN / self.program, "--input", "-", "--output",
                                        "b.h5", "--quiet"], cwd=self.dir, stdin=subprocess.PIPE)
            for begin, end in itertools.pairwise((0, 1, 5, 7, 900, 901, -1, len(packed))):
                process.stdin.write(packed[begin:end])
                process.stdin.flush()
                time.sleep(0.02)
            process.stdin.close()
            assert process.wait(timeout=20) == 0
            assert self.digest("a.h5") == self.digest("b.h5")

    def test_text_without_any_feature_is_another_format(self):
        for text in ("5.1,3.5,1.4,1\n4.9,3.0,1.4,2\n", "1,2,3\n4,5,6\n", "1\n2\n"):
            (self.dir / "a.txt").write_text(text)
            self.refuse(65, "--input", "a.txt", "--output", "a.h5", says=("CSV",))
        (self.dir / "a.txt").write_text("0.5 1:1\n0.7 1:2\n0.9 1:3\n 1:3\n")
        self.refuse(65, "--input", "a.txt", "--output", "a.h5", says=("real numbers",))

    def test_digests_tell_datasets_apart(self):
        def digest(text, *options):
            self.labels_of(text, *options)
            return self.digest("l.h5")
        text = "1 1:1\n? 2:1\n-1 3:1\n"
        assert digest(text) != digest(text, "--skip-unlabelled")
        assert digest("1 1:1\n-1 2:1\n") == digest("1 1:1\n-1 2:1\n", "--zero-based=auto")
        assert digest("1 1:1\n-1 2:1\n", "--zero-based=auto") != digest("1 2:1\n-1 3:1\n")

    @pytest.mark.parametrize("options", [
        ("--positive", "x"), ("--positive", ""), ("--positive", "1,2"), ("--zero-label", "none"),
        ("--zero-based=maybe",)])
    def test_options_of_labels_and_ids(self, options):
        (self.dir / "a.txt").write_text("+1 1:1\n-1 2:1\n")
        self.refuse(2, "--input", "a.txt", "--output", "a.h5", *options, says=(options[0][:6],))

    def test_more_classes_than_can_be(self):
        (self.dir / "a.txt").write_text("".join(f"{k} 1:1\n" for k in range(65537)))
        self.refuse(65, "--input", "a.txt", "--output", "a.h5", says=("a.txt:65536:", "regression"))

    @pytest.mark.parametrize("option, ids, features, columns", [
        ("--zero-based", "0 2", 3, [0, 2]),
        ("--zero-based", "1 3", 4, [1, 3]),
        ("--zero-based=auto", "0 2", 3, [0, 2]),
        ("--zero-based=auto", "1 3", 3, [0, 2]),
        ("--zero-based=no", "1 3", 3, [0, 2]),
    ])
    def test_ids_that_begin_at_zero(self, option, ids, features, columns):
        (self.dir / "a.txt").write_text("".join(f"{2 * (k % 2) - 1} {i}:1\n"
                                                for k, i in enumerate(ids.split())))
        self.convert("--input", "a.txt", "--output", "a.h5", "--no-shuffle", option)
        matrix = read_csr(self.dir / "a.h5")
        assert (matrix.shape[1], list(matrix.indices)) == (features, columns)
        self.check(command.tool("hdf5_to_svmlight", "--input", "a.h5", "--output", "b.txt",
                                cwd=self.dir))
        assert [line.split()[1].split(":")[0]
                for line in (self.dir / "b.txt").read_text().splitlines()] == ids.split()

    def test_features_bound_ids_of_either_kind(self):
        (self.dir / "a.txt").write_text("+1 0:1\n-1 3:1\n")
        (self.dir / "b.txt").write_text("+1 1:1\n-1 4:1\n")
        for name, option, fits in [("a.txt", "--zero-based", 4), ("a.txt", "--zero-based=auto", 4),
                                   ("b.txt", "--zero-based=auto", 4),
                                   ("b.txt", "--zero-based=no", 4)]:
            self.convert("--input", name, "--output", "o.h5", option, "--features", str(fits))
            self.refuse(65, "--input", name, "--output", "p.h5", option,
                        "--features", str(fits - 1), says=("--features 3",))

    def test_standard_input(self):
        text = "".join(d.svmlight_line("CCAT") for d in self.documents)
        (self.dir / "a.txt").write_text(text)
        self.convert("--input", "a.txt", "--output", "a.h5")
        for content in (text.encode(), bz2.compress(text.encode()), lzma.compress(text.encode())):
            done = subprocess.run(
                [command.BIN / self.program, "--input", "-", "--output", self.dir / "b.h5"],
                input=content, capture_output=True)
            assert done.returncode == 0, done.stderr
            assert self.digest("b.h5") == self.digest("a.h5")
        done = subprocess.run(
            [command.BIN / self.program, "--input", "-", "--output", self.dir / "c.h5"],
            input=b"+1 1:1\nx\n", capture_output=True)
        assert (done.returncode, done.stderr.decode().splitlines()) == (
            65, ["svmlight_to_hdf5: standard input:2:1: expected label"])

    def test_back_to_text_refuses(self):
        command.convert(self.documents, self.dir / "topics.h5")
        (self.dir / "a.txt").write_text("+1 1:1\n-1 2:1\n")
        self.convert("--input", "a.txt", "--output", "own.h5")
        before = self.names()
        for code, arguments in [
                (2, ("--input", "topics.h5", "--output", "o.txt")),
                (65, ("--input", "topics.h5", "--output", "o.txt", "--category", "XCAT")),
                (2, ("--input", "own.h5", "--output", "o.txt", "--category", "CCAT")),
                (66, ("--input", "none.h5", "--output", "o.txt")),
                (65, ("--input", "a.txt", "--output", "o.txt")),
                (73, ("--input", "own.h5", "--output", "none/o.txt")),
                (2, ("--input", "own.h5"))]:
            with self.subtests.test(arguments=arguments):
                self.check_refused(command.tool("hdf5_to_svmlight", *arguments, cwd=self.dir),
                                   code, "hdf5_to_svmlight")
                assert self.names() == before


class TestInspect(ConverterTest):
    program = "hdf5_inspect"

    def setup_method(self):
        self.documents = command.make_documents(300)
        self.sound = command.convert(self.documents, self.dir / "a.h5")

    def test_sound_files(self):
        command.convert(self.documents, self.dir / "b.h5", "--shards", "2")
        outcome = self.convert("--json", "--verify", "a.h5", "b.h5")
        facts = [json.loads(line) for line in outcome.out.splitlines()]
        assert [fact["rows"] for fact in facts] == [300, 150, 150]
        assert all(fact["verified"] for fact in facts)
        assert facts[0]["schema"] == "hogwild.dataset"
        outcome = self.convert("a.h5")
        for words in ("hogwild.dataset", "300", "CCAT"):
            assert words in outcome.out
        self.convert("--json", command.shards_of(self.dir / "b.h5", 2)[1])  # one alone is fine here

    def test_full_standard_output(self):
        with open("/dev/full", "w") as full:
            process = command.start([command.BIN / self.program, self.sound], stdout=full,
                                    stderr=subprocess.PIPE)
            _, err = process.communicate()
        assert (process.returncode, err.count(b"\n")) == (74, 1), err

    def test_flipped_bytes_of_every_array_are_found(self):
        document = self.documents[150]
        pack = struct.pack
        n = len(document.terms)
        arrays = {
            "X/data": pack(f"<{n}f", *(float(w) for _, w in document.terms)),
            "X/indices": pack(f"<{n}i", *(t - 1 for t, _ in document.terms)),
            "X/indptr": pack("<3q", 12 * 149, 12 * 150, 12 * 151),
            "document_id": pack("<2q", self.documents[149].id, document.id),
        }
        counts = collections.Counter(t for d in self.documents for t, _ in d.terms)
        arrays["feature_counts"] = pack("<4q", *(counts[k] for k in range(101, 105)))
        arrays["topics/names"] = b"CCAT"
        for name, content in arrays.items():
            with self.subtests.test(array=name):
                copy = self.dir / "flipped.h5"
                copy.write_bytes(self.sound.read_bytes())
                command.flip_byte(copy, command.offset_of(copy, content) + 2)
                outcome = command.tool("hdf5_inspect", "--verify", copy)
                self.check_refused(outcome, 65, "hdf5_inspect", "flipped.h5")

    def test_flipped_bytes_of_the_provenance_are_found(self):
        facts = command.inspect(self.sound)[0]
        for words in ("vectors.dat", facts["source_digests"][1], facts["digest"], "rcv1_to_hdf5"):
            with self.subtests.test(words=words):
                copy = self.dir / "flipped.h5"
                copy.write_bytes(self.sound.read_bytes())
                command.flip_byte(copy, command.offset_of(copy, words.encode()) + 2)
                outcome = command.tool("hdf5_inspect", "--verify", copy)
                self.check_refused(outcome, 65, "hdf5_inspect", "flipped.h5")

    def test_a_flipped_byte_anywhere_is_found_or_harmless(self):
        """What --verify passes says the same as the sound file: never a crash, never other data."""
        h5py, np = command.need("h5py", "numpy")

        def content(path):
            with h5py.File(path, "r") as file:
                return {name: file[name][()].tobytes() for name in
                        ("X/data", "X/indices", "X/indptr", "document_id", "feature_counts",
                         "topics/indices", "topics/indptr")}

        def facts(outcome):  # the sources have a test of their own
            return {k: v for k, v in json.loads(outcome.out).items()
                    if k not in ("file", "sources", "source_digests")}

        sound = facts(self.convert("--json", "--verify", "a.h5"))
        expected = content(self.sound)
        data = self.sound.read_bytes()
        draw = random.Random(3)
        # Most of the file is arrays; metadata, where there are no checksums, comes first.
        places = [draw.randrange(len(data)) for _ in range(20)]
        places += [draw.randrange(4096) for _ in range(60)]
        for offset in places:
            with self.subtests.test(offset=offset):
                copy = self.dir / "flipped.h5"
                copy.write_bytes(data)
                command.flip_byte(copy, offset)
                outcome = command.tool("hdf5_inspect", "--json", "--verify", copy)
                if outcome.code == 0:
                    assert content(copy) == expected
                    assert facts(outcome) == sound
                else:
                    self.check_refused(outcome, 65, "hdf5_inspect", "flipped.h5")

    def test_other_files(self):
        (self.dir / "cut.h5").write_bytes(self.sound.read_bytes()[:-100])
        (self.dir / "text.h5").write_text("+1 1:1\n")
        (self.dir / "empty.h5").write_text("")
        (self.dir / "folder.h5").mkdir()
        for code, name in [(65, "cut.h5"), (65, "text.h5"), (65, "empty.h5"), (66, "none.h5"),
                           (66, "folder.h5"), (66, "none/none.h5")]:
            with self.subtests.test(name=name):
                self.refuse(code, name, says=(name,))
        for arguments in [(), ("a.h5", "--very"), ("a.h5", "--jsn")]:
            with self.subtests.test(arguments=arguments):
                self.refuse(2, *arguments)

    def test_incomplete_and_foreign_hdf5(self):
        h5py = command.need("h5py")
        with h5py.File(self.dir / "foreign.h5", "w") as file:
            file["x"] = [1, 2]
        self.refuse(65, "foreign.h5", says=("foreign.h5", "not a hogwild"))
        with h5py.File(self.sound, "r+") as file:
            del file.attrs["complete"]
        self.refuse(65, "a.h5", says=("a.h5", "never completed"))
