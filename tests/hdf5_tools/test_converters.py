"""The tools around the datasets as a user runs them: rcv1_to_hdf5, svmlight_to_hdf5,
hdf5_to_svmlight, hdf5_inspect and rcv1_synthesize."""
import collections
import fcntl
import gzip
import hashlib
import json
import math
import os
import random
import re
import signal
import struct
import subprocess
import time

import pytest

import command

pytestmark = [pytest.mark.slow]


def read_csr(path):
    """As docs/formats.md tells SciPy's users to."""
    h5py, sparse = command.need("h5py", "scipy.sparse")
    with h5py.File(path, "r") as file:
        g = file["X"]
        return sparse.csr_matrix((g["data"], g["indices"], g["indptr"]), shape=g.attrs["shape"])


def read_ids(*paths):
    h5py = command.need("h5py")
    ids = []
    for path in paths:
        with h5py.File(path, "r") as file:
            ids += [int(i) for i in file["document_id"][:]]
    return ids


def as_text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def read_topics(path):
    """Every document's topics, by name."""
    h5py = command.need("h5py")
    with h5py.File(path, "r") as file:
        g = file["topics"]
        names = [as_text(name) for name in g["names"][:]]
        indices, indptr = g["indices"][:], g["indptr"][:]
        return [{names[k] for k in indices[a:b]} for a, b in zip(indptr[:-1], indptr[1:])]


class ConverterTest(command.Case):
    program = "rcv1_to_hdf5"

    def text(self, documents, vectors="vectors.dat", topics="topics.qrels"):
        """Writes the text and returns the options that name it."""
        return ("--vectors", command.write_vectors(self.dir / vectors, documents),
                "--topics", command.write_topics(self.dir / topics, documents))

    def convert(self, *arguments, code=0):
        return self.check(command.tool(self.program, *arguments, cwd=self.dir), code)

    def refuse(self, code, *arguments, says=(), leaves=None):
        """The tool must refuse, and leave the folder as it found it (or with just `leaves`)."""
        before = self.names() if leaves is None else leaves
        outcome = command.tool(self.program, *arguments, cwd=self.dir)
        self.check_refused(outcome, code, self.program, *says)
        assert self.names() == before, str(outcome)
        return outcome

    def digest(self, name):
        return command.inspect(self.dir / name)[0]["digest"]


class TestRows(ConverterTest):
    """What ends up in the dataset, and in which order."""

    def setup_method(self):
        self.documents = command.make_documents(200)
        self.ids = [d.id for d in self.documents]

    def check_matrix(self, matrix, documents):
        np = command.need("numpy")
        assert matrix.shape[0] == len(documents)
        for row, document in enumerate(documents):
            part = slice(matrix.indptr[row], matrix.indptr[row + 1])
            terms = sorted(document.terms)
            assert [int(i) + 1 for i in matrix.indices[part]] == [t for t, _ in terms]
            expected = np.array([np.float32(w) for _, w in terms], dtype=np.float32)
            assert matrix.data[part].tobytes() == expected.tobytes(), f"row {row}"

    def test_scipy_reads_the_text_back_exactly(self):
        self.convert(*self.text(self.documents), "--output", "a.h5", "--no-shuffle")
        matrix = read_csr(self.dir / "a.h5")
        self.check_matrix(matrix, self.documents)
        assert matrix.shape[1] == max(d.terms[-1][0] for d in self.documents)
        assert read_ids(self.dir / "a.h5") == self.ids
        assert read_topics(self.dir / "a.h5") == [set(d.topics) for d in self.documents]

    def test_notation_of_numbers_and_order_of_terms_do_not_matter(self):
        strange = [command.Document(7, ((9, "1e-3"), (2, "0.333333333333333"), (1, "-2")), ("A",)),
                   command.Document(8, (), ("A",)),
                   command.Document(9, ((4, "3.4e38"), (3, "1e-40")), ("B",))]
        self.convert(*self.text(strange), "--output", "a.h5", "--no-shuffle")
        self.check_matrix(read_csr(self.dir / "a.h5"), strange)

    def test_other_line_ends_and_empty_lines(self):
        options = self.text(self.documents)
        self.convert(*options, "--output", "a.h5")
        for path in (options[1], options[3]):
            path.write_bytes(b"\r\n" + path.read_bytes().replace(b"\n", b" \r\n\n").rstrip())
        self.convert(*options, "--output", "b.h5")
        assert self.digest("a.h5") == self.digest("b.h5")

    def test_packed_text_gives_the_same_dataset(self):
        self.convert(*self.text(self.documents), "--output", "plain.h5")
        self.convert(*self.text(self.documents, "v.dat.gz", "t.qrels.gz"), "--output", "packed.h5")
        assert self.digest("plain.h5") == self.digest("packed.h5")
        assert read_ids(self.dir / "plain.h5") == read_ids(self.dir / "packed.h5")

    def test_several_vector_files_are_one_text(self):
        whole = self.text(self.documents)
        self.convert(*whole, "--output", "whole.h5")
        parts = [command.write_vectors(self.dir / f"part{k}.dat{gz}", documents)
                 for k, (gz, documents) in enumerate([("", self.documents[:1]),
                                                      (".gz", self.documents[1:120]),
                                                      ("", self.documents[120:])])]
        self.convert("--vectors", *parts, *whole[2:], "--output", "parts.h5")
        assert self.digest("whole.h5") == self.digest("parts.h5")
        assert read_ids(self.dir / "whole.h5") == read_ids(self.dir / "parts.h5")
        assert command.inspect(self.dir / "parts.h5")[0]["sources"] == [
            "topics.qrels",
            "part0.dat",
            "part1.dat.gz",
            "part2.dat",
        ]

    def test_shuffle_is_a_permutation_of_the_whole_set(self):
        self.convert(*self.text(self.documents), "--output", "a.h5")
        ids = read_ids(self.dir / "a.h5")
        assert sorted(ids) == self.ids
        place = {document_id: row for row, document_id in enumerate(self.ids)}
        ranks = [place[document_id] for document_id in ids]
        for quarter in range(4):  # every part of the output comes from all of the text
            part = ranks[50 * quarter:50 * quarter + 50]
            assert min(part) < 40
            assert max(part) > 160
        # the documents keep what is theirs
        by_id = {d.id: d for d in self.documents}
        self.check_matrix(read_csr(self.dir / "a.h5"), [by_id[i] for i in ids])
        assert read_topics(self.dir / "a.h5") == [set(by_id[i].topics) for i in ids]

    def test_shuffle_depends_on_the_seed_alone(self):
        def order(documents, *options):
            self.convert(*self.text(documents), "--output", "a.h5", *options)
            place = {d.id: row for row, d in enumerate(documents)}
            return [place[i] for i in read_ids(self.dir / "a.h5")]
        others = command.make_documents(200, seed=99, first_id=90000, length=3)
        first = order(self.documents, "--shuffle-seed", "5")
        assert first == order(self.documents, "--shuffle-seed", "5", "--compress")
        assert first == order(others, "--shuffle-seed", "5")
        assert first != order(self.documents, "--shuffle-seed", "6")
        assert order(self.documents) == order(self.documents, "--shuffle-seed", "1")

    def test_shards_hold_the_same_rows_in_the_same_order(self):
        options = self.text(self.documents)
        self.convert(*options, "--output", "one.h5")
        self.convert(*options, "--output", "three.h5", "--shards", "3")
        assert "three.h5" not in self.names()
        shards = command.shards_of(self.dir / "three.h5", 3)
        sparse = command.need("scipy.sparse")
        whole = read_csr(self.dir / "one.h5")
        parts = sparse.vstack([read_csr(shard) for shard in shards], format="csr")
        assert (whole != parts).nnz == 0
        assert whole.shape == parts.shape
        assert read_ids(self.dir / "one.h5") == read_ids(*shards)
        assert read_topics(self.dir / "one.h5") == sum(map(read_topics, shards), [])
        facts = command.inspect(self.dir / "three.h5")
        assert sum(f["rows"] for f in facts) == 200
        assert max(f["rows"] for f in facts) - min(f["rows"] for f in facts) <= 1
        for fact in facts:
            assert fact["digest"] == self.digest("one.h5")
            assert fact["total_rows"] == 200

    def test_more_shards_than_documents(self):
        self.convert(*self.text(self.documents[:2]), "--output", "a.h5", "--shards", "5")
        shards = command.shards_of(self.dir / "a.h5", 5)
        assert sorted(read_ids(*shards)) == self.ids[:2]
        self.check(command.tool("hdf5_inspect", "--verify", self.dir / "a.h5"))
        for shard in shards:
            read_csr(shard)

    def test_compression_changes_the_size_only(self):
        options = self.text(command.make_documents(3000))
        self.convert(*options, "--output", "a.h5")
        self.convert(*options, "--output", "b.h5", "--compress")
        assert self.digest("a.h5") == self.digest("b.h5")
        assert (read_csr(self.dir / "a.h5") != read_csr(self.dir / "b.h5")).nnz == 0
        assert (self.dir / "b.h5").stat().st_size < (self.dir / "a.h5").stat().st_size

    def test_features_widens_the_matrix(self):
        options = self.text(self.documents)
        self.convert(*options, "--output", "a.h5", "--features", "1000")
        assert read_csr(self.dir / "a.h5").shape == (200, 1000)
        self.refuse(65, *options, "--output", "b.h5", "--features", "100",
                    says=("vectors.dat:", "100"))

    def test_odd_names(self):
        folder = self.dir / "größer als gedacht"
        folder.mkdir()
        options = self.text(self.documents)
        self.convert(*options, "--output", folder / "a.b.h5")
        self.convert(*options, "--output", folder / "no extension", "--shards", "2")
        assert sorted(path.name for path in folder.iterdir()) == [
            "a.b.h5",
            "no extension.shard-00000-of-00002",
            "no extension.shard-00001-of-00002",
        ]
        self.check(command.tool("hdf5_inspect", folder / "a.b.h5", folder / "no extension"))


class TestFileFormat(ConverterTest):
    """The layout that design.md promises to other programs."""

    def setup_method(self):
        self.h5py, self.np = command.need("h5py", "numpy")
        self.documents = command.make_documents(150)
        self.convert(*self.text(self.documents), "--output", "a.h5", "--shuffle-seed", "3")

    def test_attributes(self):
        with self.h5py.File(self.dir / "a.h5", "r") as file:
            assert as_text(file.attrs["schema"]) == "hogwild.dataset"
            assert int(file.attrs["version"]) == 1
            assert int(file.attrs["complete"]) == 1
            assert int(file.attrs["feature_id_base"]) == 1
            assert int(file.attrs["shuffle_seed"]) == 3
            assert int(file.attrs["rows"]) == 150
            assert int(file.attrs["nonzeros"]) == 150 * 12
            assert [as_text(name) for name in file.attrs["sources"]] == [
                "topics.qrels",
                "vectors.dat",
            ]
            assert len(set(map(as_text, file.attrs["source_digests"]))) == 2
            assert "rcv1_to_hdf5" in as_text(file.attrs["tool"])
            x = file["X"].attrs
            assert as_text(x["encoding-type"]) == "csr_matrix"
            assert as_text(x["encoding-version"]) == "0.1.0"
            assert list(x["shape"]) == [150, int(file.attrs["features"])]

    def test_types_on_disk(self):
        types = {"X/data": "<f4", "X/indices": "<i4", "X/indptr": "<i8", "document_id": "<i8",
                 "topics/indices": "<i4", "topics/indptr": "<i8", "feature_counts": "<i8"}
        with self.h5py.File(self.dir / "a.h5", "r") as file:
            for name, dtype in types.items():
                assert file[name].dtype.str == dtype, name
                assert file[name].fletcher32, name

    def test_feature_counts(self):
        counts = collections.Counter(t for d in self.documents for t, _ in d.terms)
        with self.h5py.File(self.dir / "a.h5", "r") as file:
            assert list(file["feature_counts"][:]) == \
                             [counts[k + 1] for k in range(int(file.attrs["features"]))]
        self.convert(*self.text(self.documents), "--output", "b.h5", "--shards", "4")
        for shard in command.shards_of(self.dir / "b.h5", 4):
            matrix = read_csr(shard)
            with self.h5py.File(shard, "r") as file:
                assert list(file["feature_counts"][:]) == list(matrix.getnnz(axis=0))

    def test_topics(self):
        with self.h5py.File(self.dir / "a.h5", "r") as file:
            names = [as_text(name) for name in file["topics/names"][:]]
        assert sorted(names) == ["CCAT", "ECAT", "MCAT"]
        by_id = {d.id: set(d.topics) for d in self.documents}
        assert read_topics(self.dir / "a.h5") == [by_id[i] for i in read_ids(self.dir / "a.h5")]
        counts = collections.Counter(t for d in self.documents for t in d.topics)
        assert command.inspect(self.dir / "a.h5")[0]["topics"] == counts


class TestLabels(ConverterTest):
    """Documents and topic lines that do not belong together."""

    def setup_method(self):
        self.documents = command.make_documents(20)

    def test_topic_lines_of_other_documents_are_counted(self):
        options = self.text(self.documents)
        others = command.make_documents(30, seed=2, first_id=500000)
        with open(options[3], "a") as file:
            file.writelines(d.topic_lines() for d in others)
        lines = sum(len(d.topics) for d in others)
        outcome = self.convert(*options, "--output", "a.h5")
        assert f"{lines} topic lines belong to other documents" in outcome.out

    def test_document_without_topic_is_refused(self):
        options = self.text(self.documents)
        command.write_topics(options[3], self.documents[:7] + self.documents[8:])
        self.refuse(65, *options, "--output", "a.h5",
                    says=("vectors.dat:8", str(self.documents[7].id), "--allow-unlabelled"))

    def test_documents_without_topic_are_taken_when_allowed(self):
        options = self.text(self.documents)
        command.write_topics(options[3], self.documents[:7] + self.documents[9:])
        outcome = self.convert(*options, "--output", "a.h5", "--allow-unlabelled", "--no-shuffle")
        assert "2 documents without topics" in outcome.out
        topics = read_topics(self.dir / "a.h5")
        assert [row for row, own in enumerate(topics) if not own] == [7, 8]

    def test_repeated_document_is_refused(self):
        options = self.text(self.documents + self.documents[3:4])
        self.refuse(65, *options, "--output", "a.h5",
                    says=("vectors.dat:21", str(self.documents[3].id), "twice"))

    def test_repeated_document_in_another_file_is_refused(self):
        options = self.text(self.documents)
        again = command.write_vectors(self.dir / "more.dat.gz", self.documents[5:6])
        self.refuse(65, "--vectors", options[1], again, *options[2:], "--output", "a.h5",
                    says=("more.dat.gz:1", str(self.documents[5].id)))

    def test_repeated_document_without_topic_is_refused(self):
        stray = command.Document(77, ((1, "1"),), ())
        self.refuse(65, *self.text(self.documents + [stray, stray]), "--output", "a.h5",
                    "--allow-unlabelled", says=("vectors.dat:22", "77", "twice"))

    def test_repeated_topic_lines_are_one(self):
        options = self.text(self.documents)
        options[3].write_text(2 * options[3].read_text())
        self.convert(*options, "--output", "a.h5", "--no-shuffle")
        assert read_topics(self.dir / "a.h5") == [set(d.topics) for d in self.documents]

    def test_damaged_text_is_refused_with_its_place(self):
        good = self.text(self.documents)
        for line, column in [("9000  5", 8), ("9000  5:", 9), ("9000  5:x", 9), ("9000  0:1", 7),
                             ("9000  5:nan", 9), ("9000  5:inf", 9), ("9000  5:1e99", 9),
                             ("9000  5:1 5:1", 11), ("9000  7:1 5:1 7:2", None),
                             ("9000  2147483648:1", 7), ("9000  99999999999999999999:1", 7),
                             ("x  5:1", 1), ("-3  5:1", 1), ("9000  5:1x", None),
                             ("9000  5 :1", 8), ("9000  5: 1", 9), ("9000  -5:1", 7)]:
            with self.subtests.test(line=line):
                vectors = self.dir / "bad.dat"
                vectors.write_text("".join(d.vector_line() for d in self.documents) + line + "\n")
                place = "bad.dat:21:" + ("" if column is None else f"{column}:")
                self.refuse(65, "--vectors", vectors, *good[2:], "--output", "a.h5", says=(place,))
        for line in ["CCAT", "CCAT 9000", "CCAT 9000 2", "CCAT x 1", "CCAT 9000 1 1", "CCAT 1.5 1"]:
            with self.subtests.test(line=line):
                topics = self.dir / "bad.qrels"
                topics.write_text("ECAT 1 1\n" + line + "\n")
                self.refuse(65, *good[:2], "--topics", topics, "--output", "a.h5",
                            says=("bad.qrels:2:",))

    def test_damaged_packed_text_is_refused(self):
        good = self.text(command.make_documents(500))
        packed = bytearray(gzip.compress(good[1].read_bytes()))
        damaged = packed.copy()
        damaged[len(damaged) // 2] ^= 0x55
        for name, content in [("cut.gz", packed[:-2000]), ("flipped.gz", damaged),
                              ("sum.gz", packed[:-8] + b"\0\0\0\0" + packed[-4:])]:
            with self.subtests.test(name=name):
                (self.dir / name).write_bytes(content)
                self.refuse(65, "--vectors", name, *good[2:], "--output", "a.h5", says=(name,))

    def test_no_documents(self):
        options = self.text(self.documents)
        options[1].write_text("\n  \n")
        self.refuse(65, *options, "--output", "a.h5", says=("no documents",))


class TestOutputs(ConverterTest):
    """Which files are there afterwards, also when there were some before."""

    def setup_method(self):
        self.documents = command.make_documents(30)
        self.options = self.text(self.documents)
        self.inputs = self.names()

    def outputs(self):
        return [name for name in self.names() if name not in self.inputs]

    def test_one_file_and_shard_sets_replace_each_other(self):
        shards = {n: [path.name for path in command.shards_of(self.dir / "a.h5", n)]
                  for n in (2, 3)}
        for count, expected in [(1, ["a.h5"]), (3, shards[3]), (2, shards[2]), (1, ["a.h5"])]:
            with self.subtests.test(shards=count):
                self.convert(*self.options, "--output", "a.h5", "--shards", str(count))
                assert self.outputs() == expected
                self.check(command.tool("hdf5_inspect", "--verify", self.dir / "a.h5"))

    def test_files_of_other_names_stay(self):
        others = ["a.h5.txt", "a.shard-00000-of-00002.txt", "a.shard-0-of-2.h5", "a2.h5",
                  "ba.shard-00000-of-00002.h5"]
        for name in others:
            (self.dir / name).write_text(name)
        self.convert(*self.options, "--output", "a.h5", "--shards", "2")
        self.convert(*self.options, "--output", "a.h5")
        assert self.outputs() == sorted(others + ["a.h5"])

    def test_a_refused_conversion_keeps_what_was_there(self):
        self.convert(*self.options, "--output", "a.h5")
        before = (self.dir / "a.h5").read_bytes()
        command.write_topics(self.options[3], self.documents[1:])
        self.refuse(65, *self.options, "--output", "a.h5")
        assert (self.dir / "a.h5").read_bytes() == before

    def test_what_a_killed_conversion_left_is_no_obstacle(self):
        (self.dir / ".a.h5.hogwild-lock").touch()
        self.convert(*self.options, "--output", "a.h5")
        assert self.outputs() == ["a.h5"]

    def test_two_conversions_at_a_time_are_refused(self):
        with open(self.dir / ".a.h5.hogwild-lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.refuse(73, *self.options, "--output", "a.h5", says=("a.h5", "still writing"))

    def test_quiet_says_nothing(self):
        outcome = self.convert(*self.options, "--output", "a.h5", "--quiet")
        assert (outcome.out, outcome.err) == ("", "")

    def test_output_that_cannot_be_created(self):
        (self.dir / "file").write_text("")
        (self.dir / "folder.h5").mkdir()
        for output in ["file/a.h5", "missing/a.h5", "/proc/a.h5", "folder.h5", "x" * 300 + ".h5"]:
            with self.subtests.test(output=output[:20]):
                self.refuse(73, *self.options, "--output", output, says=(output[:20],))

    def test_output_that_is_no_file(self):
        """/dev/null must not become one."""
        os.mkfifo(self.dir / "pipe.h5")
        self.refuse(73, *self.options, "--output", "pipe.h5", says=("pipe.h5",))
        assert (self.dir / "pipe.h5").is_fifo()

    def test_input_that_cannot_be_read(self):
        (self.dir / "folder").mkdir()
        (self.dir / "loop").symlink_to("loop")
        for name in ["missing.dat", "folder", "vectors.dat/x", "loop"]:
            with self.subtests.test(name=name):
                self.refuse(66, "--vectors", name, *self.options[2:], "--output", "a.h5",
                            says=(name,))
                self.refuse(66, *self.options[:2], "--topics", name, "--output", "a.h5",
                            says=(name,))

    def test_output_named_like_an_input_is_refused(self):
        before = self.options[1].read_bytes()
        outcome = command.tool(self.program, *self.options, "--output", self.options[1])
        assert self.options[1].read_bytes() == before, str(outcome)
        self.check_refused(outcome, 2, self.program)

    def test_usage(self):
        output = ("--output", "a.h5")
        for arguments in [(), self.options,
                          (*self.options[:2], *output), (*self.options[2:], *output),
                          (*self.options, *output, "--no-such-option"),
                          (*self.options, *output, "--comp"),
                          (*self.options, "--out", "a.h5"),
                          (*self.options, *output, "stray"),
                          (*self.options, *output, *output),
                          (*self.options, *output, "--shards", "0"),
                          (*self.options, *output, "--shards=-1"),
                          (*self.options, *output, "--shards", "100000"),
                          (*self.options, *output, "--shards", "two"),
                          (*self.options, *output, "--shards", "%value%"),
                          (*self.options, *output, "--shards"),
                          (*self.options, *output, "--shuffle-seed=-1"),
                          (*self.options, *output, "--features=-1"),
                          (*self.options, *output, "--features", "2147483648"),
                          (*self.options, *output, "--no-shuffle", "--shuffle-seed", "1")]:
            with self.subtests.test(arguments=arguments):
                self.refuse(2, *arguments)

    @pytest.mark.parametrize(
        "program",
        ["rcv1_to_hdf5", "svmlight_to_hdf5", "hdf5_to_svmlight", "hdf5_inspect", "rcv1_synthesize"],
    )
    def test_help_and_version(self, program):
        outcome = self.check(command.tool(program, "--help"))
        assert outcome.out.startswith("usage: " + program), str(outcome)
        assert outcome.err == ""
        outcome = self.check(command.tool(program, "--version"))
        assert re.search(rf"^{program} \d+\.\d+.*HDF5 \d+\.\d+", outcome.out)


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
        (self.dir / "a.txt").write_text("# head\n1 1:1\n+1 qid:3 2:1 # more\n-1\n0 3:1 1:2\n\n"
                                        "-1.0 1:1\n+1.0 1:1\n")
        self.convert("--input", "a.txt", "--output", "a.h5", "--no-shuffle")
        h5py = command.need("h5py")
        with h5py.File(self.dir / "a.h5", "r") as file:
            assert list(file["y"][:]) == [1, 1, -1, -1, -1, 1]
            assert file["y"].dtype.str == "|i1"
            assert "topics" not in file
        assert read_ids(self.dir / "a.h5") == [1, 2, 3, 4, 5, 6]

    @pytest.mark.parametrize("line", ["2 1:1", "x 1:1", "1:1",
                             "nan 1:1", "+ 1:1", "1 0:1", "1 qid:x 1:1"])
    def test_bad_labels(self, line):
        (self.dir / "a.txt").write_text("+1 1:1\n" + line + "\n")
        self.refuse(65, "--input", "a.txt", "--output", "a.h5", says=("a.txt:2:",))

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


class TestLongConversions(ConverterTest):
    """A text of about 60 MB, whose documents do not fit into the spool's memory."""
    TERMS = 150

    @classmethod
    def setup_class(cls):
        draw = random.Random(7)
        bodies = ["  " + " ".join(f"{t}:{draw.randint(1, 9)}" for t in
                                  sorted(draw.sample(range(10, 500), cls.TERMS)))
                  for _ in range(200)]
        cls.count = 66_000
        with open(cls.shared / "vectors.dat", "w") as vectors, \
                open(cls.shared / "topics.qrels", "w") as topics:
            for n in range(cls.count):
                vectors.write(f"{1000 + n}{bodies[n % 200]}\n")
                topics.write(f"{'CCAT' if n % 2 else 'ECAT'} {1000 + n} 1\n")
        cls.command = [command.BIN / "rcv1_to_hdf5", "--vectors", cls.shared / "vectors.dat",
                       "--topics", cls.shared / "topics.qrels", "--quiet", "--output"]
        started = time.monotonic()
        code, cls.peak, cls.peak_before = command.peak_memory([*cls.command, cls.shared / "a.h5"])
        cls.seconds = time.monotonic() - started
        assert code == 0, "the conversion fails"
        cls.size = (cls.shared / "a.h5").stat().st_size

    def test_memory_is_bounded(self):
        megabytes = (self.shared / "vectors.dat").stat().st_size >> 20
        assert megabytes > 50
        if self.peak_before > 150 << 20:
            pytest.skip("this Python is too large to see what its children take")
        assert self.peak < 200 << 20, f"bytes for a text of {megabytes} MB"

    def test_shuffle_reaches_from_end_to_end(self):
        ids = read_ids(self.shared / "a.h5")
        assert sorted(ids) == list(range(1000, 1000 + self.count))
        for first in range(0, self.count, self.count // 8):
            part = ids[first:first + 500]
            assert min(part) < 1000 + self.count // 20
            assert max(part) > 1000 + self.count - self.count // 20

    def interrupt(self, number, delay, *options):
        """@return whether the conversion had been faster."""
        process = command.start([*self.command, self.dir / "a.h5", *options],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            time.sleep(delay)
            process.send_signal(number)
            code = process.wait(20)
        finally:
            command.end_group(process)
        if code == 0:
            self.check(command.tool("hdf5_inspect", self.dir / "a.h5"))
            return True
        assert code == -number
        assert [name for name in self.names() if name.endswith(".h5")] == []
        return False

    def check_interrupts(self, number, *options):
        """SIGKILL may leave temporary files and a lock that nobody holds, the others nothing."""
        draw = random.Random()
        shares = [0.02, 0.3, 0.6, 0.85, 0.95]
        if number == signal.SIGKILL:  # while the spool goes to disk, there is more to leave behind
            shares += [0.4, 0.45, 0.5, 0.55, 0.65]
        delays = [self.seconds * share * draw.uniform(0.9, 1.1) for share in shares]
        interrupted = 0
        for delay in delays:
            with self.subtests.test(delay=delay):
                finished = self.interrupt(number, delay, *options)
                interrupted += not finished
                left = self.names()
                for name in left:
                    (self.dir / name).unlink()
                if number == signal.SIGKILL:
                    left = [name for name in left if name not in command.own_files(left)]
                if not finished:
                    assert left == []
        assert interrupted > 0

    def test_interrupted_by_sigint(self):
        self.check_interrupts(signal.SIGINT)

    def test_interrupted_by_sigterm(self):
        self.check_interrupts(signal.SIGTERM)

    def test_interrupted_with_shards(self):
        self.check_interrupts(signal.SIGTERM, "--shards", "3")

    def test_interrupted_by_sigkill(self):
        self.check_interrupts(signal.SIGKILL)

    def test_interrupted_conversions_keep_the_old_dataset(self):
        documents = command.make_documents(20)
        for number in (signal.SIGTERM, signal.SIGKILL):
            with self.subtests.test(signal=number):
                delay = self.seconds
                code = 0
                while code == 0:  # done already: the machine has become faster
                    delay /= 2
                    old = command.convert(documents, self.dir / "a.h5").read_bytes()
                    process = command.start([*self.command, self.dir / "a.h5"])
                    time.sleep(delay)
                    process.send_signal(number)
                    code = process.wait(20)
                assert code == -number
                assert (self.dir / "a.h5").read_bytes() == old

    def check_full_disk(self, size, *options):
        outcome, left = command.on_small_disk(self.dir, size, [*self.command, "a.h5", *options])
        assert outcome.code in (73, 74), str(outcome)
        assert left == [], str(outcome)
        self.check_refused(outcome, outcome.code, "rcv1_to_hdf5", "No space left")

    def test_full_disk(self):
        megabyte = 1 << 20
        for size in (megabyte, 40 * megabyte, 70 * megabyte, self.size * 3 // 4,
                     self.size - megabyte):
            with self.subtests.test(size=size):
                self.check_full_disk(size)

    def test_full_disk_with_shards(self):
        self.check_full_disk(self.size * 3 // 4, "--shards", "3")

    def test_full_disk_with_a_small_text(self):
        """Disks that lack a few pages: the last bytes written are those of HDF5's closing."""
        documents = command.make_documents(1500)
        vectors = command.write_vectors(self.shared / "small.dat", documents)
        topics = command.write_topics(self.shared / "small.qrels", documents)
        base = [command.BIN / "rcv1_to_hdf5", "--vectors", vectors, "--topics", topics, "--quiet",
                "--output", "a.h5"]
        outcome, left = command.on_small_disk(self.dir, "4m", base)
        self.check(outcome)
        assert left == ["a.h5"]
        self.check(command.tool("rcv1_to_hdf5", *base[1:], cwd=self.dir))
        pages = -(-(self.dir / "a.h5").stat().st_size // 4096)
        for size in (1, 2, pages // 4, pages // 2, pages - 8, pages - 4, pages - 2, pages - 1):
            with self.subtests.test(pages=f"{size} of {pages}"):
                outcome, left = command.on_small_disk(self.dir, 4096 * size, base)
                if outcome.code == 0:  # it can be that the last page was never needed
                    assert left == ["a.h5"]
                    assert size > pages - 8
                    continue
                assert outcome.code in (73, 74), str(outcome)
                assert left == [], str(outcome)
                self.check_refused(outcome, outcome.code, "rcv1_to_hdf5", "a.h5", "No space left")


class TestSynthesize(ConverterTest):
    program = "rcv1_synthesize"
    FILES = ["lyrl2004_vectors_test_pt0.dat", "lyrl2004_vectors_test_pt1.dat",
             "lyrl2004_vectors_test_pt2.dat", "lyrl2004_vectors_test_pt3.dat",
             "lyrl2004_vectors_train.dat", "rcv1-v2.topics.qrels"]

    def synthesize(self, folder, *options):
        self.convert("--output-dir", folder, "--train-documents", "3000", "--test-documents", "403",
                     "--quiet", *options)
        return {path.name: path.read_bytes() for path in (self.dir / folder).iterdir()}

    def test_the_seed_decides(self):
        first = self.synthesize("a/new/folder", "--seed", "4")
        assert sorted(first) == self.FILES
        assert first == self.synthesize("b", "--seed", "4")
        other = self.synthesize("b", "--seed", "5")  # replaces
        for name in self.FILES:
            assert first[name] != other[name], name
        assert self.synthesize("c") == self.synthesize("c", "--seed", "1")

    def test_shape(self):
        files = self.synthesize("a")
        topics = collections.defaultdict(set)
        for line in files["rcv1-v2.topics.qrels"].decode().splitlines():
            topic, document_id, relevance = line.split(" ")
            assert relevance == "1"
            topics[int(document_id)].add(topic)
        last_id = 0
        largest = 0
        labels = []
        counts = []
        for name in [self.FILES[4], *self.FILES[:4]]:
            lines = files[name].decode().splitlines()
            counts.append(len(lines))
            for line in lines:
                match = re.fullmatch(r"(\d+)  (\d+:0\.\d{1,6}|\d+:1)( \d+:[01](\.\d{1,6})?)*", line)
                assert match, line[:100]
                document_id = int(match.group(1))
                assert document_id > last_id
                last_id = document_id
                terms = [(int(t), float(w)) for t, w in
                         (pair.split(":") for pair in line.split()[1:])]
                assert all(a[0] < b[0] for a, b in zip(terms, terms[1:])), line[:100]
                assert 4 <= len(terms) <= 800, len(terms)
                assert all(w > 0 for _, w in terms)
                assert abs(math.fsum(w * w for _, w in terms) - 1.0) < 1e-3
                largest = max(largest, terms[-1][0])
                assert topics[document_id]
                labels.append("CCAT" in topics[document_id])
        assert counts[0] == 3000
        assert sum(counts[1:]) == 403
        assert largest == 47236
        assert abs(sum(labels[:3000]) / 3000 - 0.47) < 0.04
        assert set().union(*topics.values()) >= {"CCAT", "ECAT", "GCAT", "MCAT"}

    def test_mean_terms(self):
        def mean_terms(files):
            lines = files["lyrl2004_vectors_train.dat"].decode().splitlines()
            return sum(line.count(":") for line in lines) / len(lines)
        plain = self.synthesize("a")
        assert plain == self.synthesize("b", "--mean-terms", "75.7")
        assert abs(mean_terms(plain) - 75.7) < 4
        assert abs(mean_terms(self.synthesize("c", "--mean-terms", "20")) - 20) < 2
        assert abs(mean_terms(self.synthesize("d", "--mean-terms=200")) - 200) < 15

    def test_the_default_does_not_change(self):
        # Results that were published with synthetic data must stay repeatable.
        digest = hashlib.sha256(b"".join(self.synthesize("a")[name] for name in self.FILES))
        assert digest.hexdigest() == \
            "cba7ba63a6720c55da46ff2a5cd873a1913f0f4ee9eb0c2411caef78b8a0b524"

    def test_it_converts(self):
        self.synthesize("a")
        self.check(command.tool(
            "rcv1_to_hdf5", "--vectors", *(f"a/{name}" for name in self.FILES[:5]),
            "--topics", "a/rcv1-v2.topics.qrels", "--output", "a.h5", cwd=self.dir))
        facts = command.inspect(self.dir / "a.h5")[0]
        assert (facts["rows"], facts["features"]) == (3403, 47236)

    def test_refused(self):
        (self.dir / "file").write_text("")
        for code, arguments in [(2, ()), (2, ("--output-dir", "a", "--train-documents", "0")),
                                (2, ("--output-dir", "a", "--seed=-1")),
                                (2, ("--output-dir", "a", "--test-documents=-1")),
                                (2, ("--output-dir", "a", "--mean-terms", "4")),
                                (2, ("--output-dir", "a", "--mean-terms", "nan")),
                                (2, ("--output-dir", "")), (2, ("--out", "a")),
                                (73, ("--output-dir", "file")), (73, ("--output-dir", "file/a")),
                                (73, ("--output-dir", "/proc/a"))]:
            with self.subtests.test(arguments=arguments):
                self.refuse(code, *arguments, leaves=["file"])

    @pytest.mark.parametrize("size", (4096, 200_000, 1_000_000))
    def test_full_disk(self, size):
        outcome, left = command.on_small_disk(
            self.dir, size, [command.BIN / self.program, "--output-dir", ".", "--quiet",
                             "--train-documents", "3000", "--test-documents", "100"])
        assert outcome.code in (73, 74), str(outcome)
        assert left == [], str(outcome)
        self.check_refused(outcome, outcome.code, self.program, "No space left")

    def test_interrupted(self):
        process = command.start([command.BIN / self.program, "--output-dir", self.dir / "a"],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == -signal.SIGTERM
        assert list((self.dir / "a").iterdir()) == []
